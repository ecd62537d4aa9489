import { chmodSync, closeSync, constants, copyFileSync, existsSync, fsyncSync, openSync, renameSync } from 'node:fs';
import { join } from 'node:path';
import { Failure } from '../../outcome/failure';
import { isFull } from '../../process/error-code';
import { isThere, removeIfPossible } from '../../state/files';
import { freshPath } from '../../state/stamp';
import type { Context, Recorder } from '../firewall';
import { type BackupFile, checkBackup, isAsRecorded } from './backup-file';
import { type PolicyExport, prepareExport, takeExport } from './export';
import { type BackupFacts, findBackup, readBackupFile, readRecordFile } from './find-backup';
import { homeBackup } from './home-backup';
import { compareToRecord } from './read/stored-policy';

/** Windows may add a rule by itself between our reading and the export. */
const fewMissing = 3;

/** What a backup needs to know of the reading from before the first change. */
export interface BeforeBackup {
  readonly ids: readonly string[];
  /** The registry file that it was read from. */
  readonly localFile?: string;
  readonly blocks: boolean;
}

/**
 * True where an ADD will most probably make a backup: no case is open, and no backup lies where the batch script puts
 * it.
 */
export function needsBackup({ home, openCase }: Context): boolean {
  return openCase === undefined && home !== undefined && !existsSync(homeBackup(home));
}

/**
 * Exports the policy to a fresh file in the state folder, checks it against what the registry showed, and copies it to
 * the agent's home. The file decides whether that succeeded, not netsh's exit code. `early`: an export that was begun
 * earlier; it is used if it is fresh. Nothing has been changed when this throws `Failure('no-backup')`.
 */
export async function makeBackup(
  context: Context,
  recorder: Recorder,
  before: BeforeBackup,
  early: PolicyExport | undefined,
): Promise<BackupFacts> {
  const { home, stateFolder } = context;
  const { localFile } = before;
  if (localFile === undefined) throw noBackup('what the registry showed was not kept');
  if (home === undefined) throw noBackup('the agent has no folder to keep it in');
  let problem = '';
  let cause: unknown;
  for (const begun of [...(early?.isFresh() === true ? [early] : []), undefined, undefined]) {
    if (problem !== '') context.makeRoom?.();
    const policyExport = begun ?? prepareWithRoom(context);
    if (policyExport === undefined) throw noBackup('the state folder takes no files');
    const backup = freshPath((stamp) => join(stateFolder, `fw-backup-${stamp}.wfw`));
    await takeExport(context, recorder, policyExport, { step: 'backup', file: backup });
    const checked = checkBackup(backup);
    problem = 'bad' in checked ? checked.bad : compareToLive(checked, before, recorder, begun === undefined);
    const since = 'bad' in checked || problem !== '' ? undefined : changesSince(backup, localFile);
    if (begun !== undefined && since !== 'none') problem ||= 'the policy was changed after it was exported';
    if ('bad' in checked || problem !== '') {
      removeIfPossible(backup);
      continue;
    }
    // What a release compares its result with is what the backup holds, where somebody has changed the policy since.
    const isRecordTrue = since !== 'changed';
    const record = freshPath((stamp) => join(stateFolder, `before-${stamp}.reg`));
    try {
      if (isRecordTrue) copyToDisk(localFile, record);
      const copy = copyToHome(context, recorder, backup, homeBackup(home));
      if (!isAsRecorded(copy, checked.mark)) throw noBackup("the copy in the agent's folder is not whole");
      return { ...checked.mark, backup, copy, ...(isRecordTrue ? { record } : {}) };
    } catch (error) {
      if (error instanceof Failure) throw error;
      problem = 'it could not be put on disk';
      cause = error;
      if (!isFull(error)) break;
      for (const file of [backup, record]) removeIfPossible(file);
    }
  }
  throw noBackup(problem, cause);
}

/**
 * What differs between the reading and an export of about the same time, beside rules that Windows does not export.
 */
function changesSince(backup: string, localFile: string): 'none' | 'new-rules' | 'changed' {
  try {
    const read = readRecordFile(localFile);
    if (read === undefined) return 'changed';
    const { changed, profiles, extra } = compareToRecord(read, readBackupFile(backup));
    if (changed.length > 0 || profiles.length > 0) return 'changed';
    return extra.length > 0 ? 'new-rules' : 'none';
  } catch {
    // Such as a disk that fails once.
    return 'changed';
  }
}

/** Undefined where the state folder takes no more files. */
function prepareWithRoom(context: Context): PolicyExport | undefined {
  return prepareExport(context) ?? (context.makeRoom?.() === true ? prepareExport(context) : undefined);
}

/**
 * Copies a backup to where the batch script puts it. Where that is on another disk than the state folder, and that one
 * is full, the copy lies in the state folder too. Throws the file system's error.
 */
function copyToHome({ stateFolder }: Context, recorder: Recorder, backup: string, place: string): string {
  const free = makeWay(place, recorder);
  try {
    copyToDisk(backup, free);
    return free;
  } catch (error) {
    removeIfPossible(free);
    if (!isFull(error)) throw error;
    const copy = freshPath((stamp) => join(stateFolder, `fw-backup-${stamp}.wfw`));
    copyToDisk(backup, copy);
    recorder.warn(`The disk of ${place} is full, so the second copy of the backup is ${copy}.`);
    return copy;
  }
}

/**
 * Takes over the backup of a host that the batch script contained: if it is good, it is the first backup of the case,
 * and a second copy of it is kept. Without a good backup, a host that blocks by default still gets our rules; a host
 * that does not is left alone.
 */
export function adoptBackup(context: Context, recorder: Recorder, { blocks }: BeforeBackup): void {
  const found = findBackup(context, {});
  if ('bad' in found) {
    if (!blocks) throw noBackup(`rules of a containment are active, and ${found.bad}`);
    recorder.warn(`This host was contained without us, and there is no good backup to release it from: ${found.bad}`);
    return;
  }
  const backup = freshPath((stamp) => join(context.stateFolder, `fw-backup-${stamp}.wfw`));
  try {
    copyToDisk(found.file, backup);
  } catch (error) {
    throw noBackup('the second copy could not be put on disk', error);
  }
  recorder.note({ ...found.mark, backup });
}

/**
 * The reason why a backup does not hold the live policy, or an empty text. `isLater`: the export began after the
 * reading, so Windows has left out whatever it lacks; an export that began earlier may lack a rule because that rule is
 * new.
 */
function compareToLive({ ids }: BackupFile, before: BeforeBackup, recorder: Recorder, isLater: boolean): string {
  const missing = before.ids.filter((id) => !ids.has(id));
  if (missing.length === 0) return '';
  const text = `${missing.length} of ${before.ids.length} live rules are not in the exported policy`;
  const tolerated = isLater ? Math.max(fewMissing, before.ids.length / 10) : 0;
  if (missing.length > tolerated || missing.length === before.ids.length) return text;
  recorder.warn(`${text}: ${missing.join(', ')}`);
  return '';
}

/**
 * Finds where a backup can be put: at the place itself or, where another program holds the old file open, beside it.
 */
function makeWay(place: string, recorder: Recorder): string {
  try {
    putAside(place);
    return place;
  } catch (error) {
    const beside = stamped(place);
    recorder.warn(
      `${place} is of an earlier case and cannot be put aside, so this backup is ${beside}: ${String(error)}`,
    );
    return beside;
  }
}

/**
 * Renames a backup of an earlier case, since it may be somebody's only way back. Where there are many, the oldest are
 * removed in the end (old-cases.ts).
 */
export function putAside(file: string): void {
  if (isThere(file)) renameSync(file, stamped(file));
}

function stamped(file: string): string {
  return freshPath((stamp) => file.replace(/\.wfw$/, `-${stamp}.wfw`));
}

/**
 * Copies a file and flushes the copy. The mode is set because Windows copies the attribute "read-only" too, and flushes
 * no file that has it.
 */
function copyToDisk(from: string, to: string): void {
  copyFileSync(from, to, constants.COPYFILE_EXCL);
  chmodSync(to, 0o600);
  const fd = openSync(to, 'r+');
  try {
    fsyncSync(fd);
  } finally {
    closeSync(fd);
  }
}

function noBackup(why: string, cause?: unknown): Failure {
  return new Failure(
    'no-backup',
    `No safe backup of the firewall policy could be made: ${why}. Nothing was changed. What the tools said is in contain-host.log in the state folder; mend that and repeat ADD.`,
    cause,
  );
}
