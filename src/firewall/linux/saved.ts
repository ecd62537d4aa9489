import { closeSync, existsSync, fsyncSync, openSync, renameSync, rmSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { type Gap, gapOf } from '../../outcome/gaps';
import { errorText } from '../../process/error-code';
import { runProcess } from '../../process/run';
import { readIfAny } from '../../state/files';
import type { Context, Recorder } from '../firewall';

/** The unit that loads the saved rules before the network is up. */
const unitName = 'contain-host.service';

const systemctlFolders = ['/usr/bin', '/bin'];

/** The rules as the unit loads them at the next start. */
function savedFile({ stateFolder }: Context): string {
  return join(stateFolder, 'contained.nft');
}

/**
 * Puts the rules on disk for the next start, whole or not at all. Where they are there already, nothing is written.
 * What could not be written is a gap, whether the unit is enabled or not: whoever enables it relies on the file.
 */
export async function save(context: Context, recorder: Recorder, transaction: string): Promise<Gap[]> {
  const file = savedFile(context);
  const before = readIfAny(file);
  if (before === transaction) return [];
  try {
    await recorder.act({ step: 'save', command: null }, async () => {
      const fresh = `${file}.new`;
      writeToDisk(fresh, transaction);
      renameSync(fresh, file);
      syncFolder(context.stateFolder);
    });
    return [];
  } catch (error) {
    // The host is contained all the same, until it is started again.
    const effect = before === undefined ? 'would lift the containment' : 'may bring back the rules of an earlier order';
    return [notSaved(`they could not be saved, so a restart ${effect}: ${errorText(error)}`)];
  }
}

/**
 * The gap of a containment that is not on disk. Which rules are saved is not checked: any rules of ours contain the
 * host.
 */
export function missingSave(context: Context): Gap[] {
  const file = savedFile(context);
  if (readIfAny(file) !== undefined) return [];
  return [notSaved(`a restart would lift the containment: there is no file ${file}`)];
}

function notSaved(why: string): Gap {
  return gapOf({ code: 'not-saved' }, why);
}

/** Takes the saved rules away. Returns what is left to do by hand, if that failed. */
export async function forget(context: Context, recorder: Recorder): Promise<string | undefined> {
  const file = savedFile(context);
  if (!existsSync(file)) return undefined;
  try {
    await recorder.act({ step: 'forget', command: null }, async () => {
      rmSync(file);
      syncFolder(context.stateFolder);
    });
    return undefined;
  } catch {
    return `${file} could not be removed: delete it, or this host may be contained again at its next start`;
  }
}

/** The program that is asked for the unit; undefined without systemd. */
export function findSystemctl(): string | undefined {
  return systemctlFolders.map((folder) => join(folder, 'systemctl')).find((file) => existsSync(file));
}

/** True when the unit is enabled, so that a containment that is saved survives a restart. */
export async function survivesRestart(systemctl: string | undefined): Promise<boolean> {
  if (systemctl === undefined) return false;
  const { exitCode } = await runProcess(systemctl, ['is-enabled', '--quiet', unitName], { limitMs: 5000 });
  return exitCode === 0;
}

/** The gap of a containment that nothing would load again. */
export async function missingUnit(systemctl: string | undefined): Promise<Gap[]> {
  if (await survivesRestart(systemctl)) return [];
  const why = systemctl === undefined ? 'there is no systemd' : `${unitName} is not there or not enabled`;
  return [notSaved(`a restart would lift the containment: ${why}`)];
}

function writeToDisk(file: string, text: string): void {
  const fd = openSync(file, 'w', 0o600);
  try {
    const bytes = Buffer.from(text);
    if (writeSync(fd, bytes) !== bytes.length) throw new Error(`only a part of ${file} was written`);
    fsyncSync(fd);
  } finally {
    closeSync(fd);
  }
}

/** A new or removed name is on disk only when its folder is. */
function syncFolder(folder: string): void {
  const fd = openSync(folder, 'r');
  try {
    fsyncSync(fd);
  } finally {
    closeSync(fd);
  }
}
