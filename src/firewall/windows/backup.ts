import { createHash } from 'node:crypto';
import {
  closeSync,
  constants,
  copyFileSync,
  existsSync,
  fsyncSync,
  openSync,
  readdirSync,
  readFileSync,
  renameSync,
  statSync,
} from 'node:fs';
import { join } from 'node:path';
import { Failure } from '../../outcome/failure';
import { isOurName } from '../../policy/rules';
import { makeRoomFor } from '../../process/memory';
import { freshPath, isThere } from '../../state/stamp';
import { parseRegistryFile } from '../../windows/registry-file';
import type { Recorder, Site } from '../firewall';
import { type PolicyExport, prepareExport, takeExport } from './export';
import { readHive } from './read/hive';
import {
  type FirewallPolicy,
  type PolicyRecord,
  type RecordedRule,
  readHivePolicy,
  readLocalPolicy,
} from './read/policy-store';
import { readNameAndActive } from './read/rule-on-demand';

/** A policy file that passed every check. Of the policy in it only the ids of its rules are kept: it may be a large one. */
export interface GoodBackup {
  readonly file: string;
  readonly ids: ReadonlySet<string>;
  readonly facts: BackupFacts;
}

export interface BadBackup {
  readonly bad: string;
}

/** What the journal keeps of a backup. `record` is the registry file of the policy from before, in the state folder. */
export type BackupFacts = Readonly<{ backup: string; backupLength: number; backupSha256: string; record: string }>;

/** Real exports of bloated hosts have some tens of megabytes. */
const longestBackup = 256 * 1024 * 1024;

/** Windows may add a rule by itself between our reading and the export. */
const fewMissing = 3;

/** Where the batch script keeps its backup, and so do we. */
export function homeBackup(home: string): string {
  return join(home, 'fw-backup.wfw');
}

/** True where an ADD will most probably make a backup: no case is open, and none lies there as the batch script leaves it. */
export function needsBackup({ home, openCase }: Site): boolean {
  return openCase === undefined && home !== undefined && !existsSync(homeBackup(home));
}

/** Reads and checks a policy file: its structure, its hash where one was recorded, and that it is not a contained host's. */
export function checkBackup(
  file: string,
  recorded?: Pick<BackupFacts, 'backupSha256' | 'backupLength'>,
): GoodBackup | BadBackup {
  let bytes: Buffer;
  try {
    const { size } = statSync(file);
    if (size > longestBackup) return { bad: `${file} is too large for a policy` };
    makeRoomFor(size);
    bytes = readFileSync(file);
  } catch (error) {
    return { bad: `${file} cannot be read (${String(error)})` };
  }
  const sha256 = createHash('sha256').update(bytes).digest('hex');
  if (recorded !== undefined && (recorded.backupSha256 !== sha256 || recorded.backupLength !== bytes.length)) {
    return { bad: `${file} is not the file that was recorded` };
  }
  const hive = readHive(bytes);
  if ('damaged' in hive) return { bad: `${file} is damaged: ${hive.damaged}` };
  const ids = new Set<string>();
  for (const [id, text] of hive.keys.get('firewallrules')?.texts() ?? []) {
    const { active, name } = readNameAndActive(text);
    if (active && isOurName(name))
      return { bad: `${file} is the policy of a contained host: the rule "${name}" is active in it` };
    ids.add(id);
  }
  return { file, ids, facts: { backup: file, backupLength: bytes.length, backupSha256: sha256, record: '' } };
}

/** Byte for byte what passed every check when it was made: to read thousands of rules again takes longer than people wait. */
export function isAsRecorded(file: string, recorded: Readonly<Record<string, unknown>>): boolean {
  try {
    makeRoomFor(statSync(file).size);
    const bytes = readFileSync(file);
    const sha256 = createHash('sha256').update(bytes).digest('hex');
    return bytes.length === recorded.backupLength && sha256 === recorded.backupSha256;
  } catch {
    return false;
  }
}

/** What a reading from before the first change showed, as far as the backup has to do with it. */
export interface Before {
  readonly ids: readonly string[];
  /** The registry file that it was read from. */
  readonly localFile?: string;
  readonly blocks: boolean;
}

/**
 * Exports the policy to a fresh file in the state folder, checks it against what the registry showed, and copies it to the
 * agent's home. The file decides, not netsh's exit code. `early`: an export that was begun before, and counts if it is fresh.
 * Nothing has been changed when this throws `Failure('no-backup')`.
 */
export async function makeBackup(
  site: Site,
  recorder: Recorder,
  before: Before,
  early: PolicyExport | undefined,
): Promise<GoodBackup> {
  const { home, stateFolder } = site;
  const { localFile } = before;
  if (localFile === undefined) throw noBackup('what the registry showed was not kept');
  if (home === undefined) throw noBackup('the agent has no folder to keep it in');
  let problem = '';
  for (const begun of [...(early?.isFresh() === true ? [early] : []), undefined, undefined]) {
    const policyExport = begun ?? prepareExport(site);
    if (policyExport === undefined) throw noBackup('the state folder takes no files');
    const file = freshPath((stamp) => join(stateFolder, `fw-backup-${stamp}.wfw`));
    await takeExport(site, recorder, 'backup', policyExport, file);
    const checked = checkBackup(file);
    problem = 'bad' in checked ? checked.bad : compareToLive(checked, before, recorder, begun === undefined);
    if ('bad' in checked || problem !== '') continue;
    const record = freshPath((stamp) => join(stateFolder, `before-${stamp}.reg`));
    try {
      putOnDisk(record, (path) => copyFileSync(localFile, path, constants.COPYFILE_EXCL));
      putAside(homeBackup(home));
      putOnDisk(homeBackup(home), (path) => copyFileSync(file, path, constants.COPYFILE_EXCL));
    } catch (error) {
      throw noBackup('it could not be put on disk', error);
    }
    if (!isAsRecorded(homeBackup(home), checked.facts)) throw noBackup("the copy in the agent's folder is not whole");
    return { ...checked, facts: { ...checked.facts, record } };
  }
  throw noBackup(problem);
}

/**
 * A host that was contained without us, by the batch script: its backup is the first one of the case, if it is good. A second
 * copy is kept of it. Without a good one a host that blocks is still brought to the plan; one that does not is left alone.
 */
export function adoptBackup(site: Site, recorder: Recorder, { blocks }: Before): void {
  const found = findBackup(site);
  if ('bad' in found) {
    if (!blocks) throw noBackup(`rules of a containment are active, and ${found.bad}`);
    recorder.warn(`This host was contained without us, and there is no good backup to release it from: ${found.bad}`);
    return;
  }
  const copy = freshPath((stamp) => join(site.stateFolder, `fw-backup-${stamp}.wfw`));
  try {
    putOnDisk(copy, (path) => copyFileSync(found.file, path, constants.COPYFILE_EXCL));
  } catch (error) {
    throw noBackup('the second copy could not be put on disk', error);
  }
  recorder.note({ ...found.facts, backup: copy });
}

/** The backup to release from: the one in the agent's home, else the second copy. */
export function findBackup({ home, openCase }: Site): GoodBackup | BadBackup {
  const recorded = openCase === undefined ? undefined : factsOf(openCase.facts);
  const files = [
    ...(home === undefined ? [] : [homeBackup(home)]),
    ...(recorded === undefined ? [] : [recorded.backup]),
  ];
  const bad: string[] = [];
  for (const file of files) {
    const checked = checkBackup(file, recorded);
    if (!('bad' in checked)) return { ...checked, facts: recorded ?? checked.facts };
    bad.push(checked.bad);
  }
  return { bad: bad.join('; ') || 'the agent has no folder and the journal names no backup' };
}

/**
 * The newest second copy of a backup that passes every check, for people to look at: nothing says that it is not of an earlier
 * case.
 */
export function newestCopy(stateFolder: string): string | undefined {
  const copies = readdirSync(stateFolder).filter((name) => /^fw-backup-.*\.wfw$/.test(name));
  const files = copies.sort().map((name) => join(stateFolder, name));
  return files.findLast((file) => !('bad' in checkBackup(file)));
}

/** What an import of a backup is measured by. */
export interface Recorded {
  /** The policy that the import gives back: as the registry showed it before, or as the backup holds it where no record is left. */
  readonly policy: PolicyRecord;
  /** Rules that were there before and that Windows left out of its own export: they cannot come back. */
  readonly notExported: readonly RecordedRule[];
}

export function readRecord({ file, ids, facts }: GoodBackup): Recorded {
  const { profiles, rules: whole } = readRecordFile(facts.record) ?? readBackupFile(file);
  const rules = whole.map(({ id, raw, name }) => ({ id, raw, name }));
  return {
    policy: { profiles, rules: rules.filter(({ id }) => ids.has(id)) },
    notExported: rules.filter(({ id }) => !ids.has(id)),
  };
}

function readRecordFile(file: string): FirewallPolicy | undefined {
  try {
    makeRoomFor(statSync(file).size);
    const parsed = parseRegistryFile(readFileSync(file));
    return 'error' in parsed ? undefined : readLocalPolicy(parsed.keys);
  } catch {
    return undefined;
  }
}

/** It was read a moment ago, to be checked. */
function readBackupFile(file: string): FirewallPolicy {
  const hive = readHive(readFileSync(file));
  return readHivePolicy('damaged' in hive ? new Map() : hive.keys);
}

function factsOf(facts: Readonly<Record<string, unknown>>): BackupFacts | undefined {
  const { backup, backupLength, backupSha256, record } = facts;
  if (typeof backup !== 'string' || typeof backupSha256 !== 'string' || typeof backupLength !== 'number')
    return undefined;
  return { backup, backupLength, backupSha256, record: typeof record === 'string' ? record : '' };
}

/**
 * The reason why a backup does not hold the live policy, or nothing. `isLater`: the export began after the reading, so what it
 * lacks Windows has left out; from another one a rule may be missing because it is new.
 */
function compareToLive({ ids }: GoodBackup, before: Before, recorder: Recorder, isLater: boolean): string {
  const missing = before.ids.filter((id) => !ids.has(id));
  if (missing.length === 0) return '';
  const text = `${missing.length} of ${before.ids.length} live rules are not in the exported policy`;
  const tolerated = isLater ? Math.max(fewMissing, before.ids.length / 10) : 0;
  if (missing.length > tolerated || missing.length === before.ids.length) return text;
  recorder.warn(`${text}: ${missing.join(', ')}`);
  return '';
}

/** A backup of an earlier case is somebody's only way back: it is renamed, never deleted. */
export function putAside(file: string): void {
  if (isThere(file)) {
    renameSync(
      file,
      freshPath((stamp) => file.replace(/\.wfw$/, `-${stamp}.wfw`)),
    );
  }
}

function putOnDisk(file: string, write: (file: string) => void): void {
  write(file);
  const fd = openSync(file, 'r+');
  try {
    fsyncSync(fd);
  } finally {
    closeSync(fd);
  }
}

function noBackup(why: string, cause?: unknown): Failure {
  return new Failure(
    'no-backup',
    `No safe backup of the firewall policy could be made: ${why}. Nothing was changed.`,
    cause,
  );
}
