import { mkdtempSync, renameSync } from 'node:fs';
import { join } from 'node:path';
import type { RunResult } from '../../process/run';
import { readingPrefix, tidyUp } from '../../windows/registry';
import type { Recorder, Site } from '../firewall';
import { exportPolicy, type NetshCommand } from './netsh';
import { netshPath, startNetsh } from './tools';

/**
 * An export of the policy, as one of the readings, which changes nothing: it may run beside everything else that is read before
 * the first change, and it is gone with the order unless it is moved to where it is to stay.
 */
export interface PolicyExport {
  readonly command: NetshCommand;
  /** Starts it, where it has not been started yet, and waits for its end. */
  run(): Promise<RunResult>;
  /** Throws the file system's error. */
  moveTo(place: string): void;
}

/** Undefined where the state folder takes no more files. */
export function prepareExport(site: Site): PolicyExport | undefined {
  let folder: string;
  try {
    folder = mkdtempSync(join(site.stateFolder, readingPrefix));
  } catch {
    return undefined;
  }
  const file = join(folder, 'policy.wfw');
  const command = exportPolicy(file);
  let running: Promise<RunResult> | undefined;
  const run = (): Promise<RunResult> => {
    running ??= startNetsh(site, command, site.host.patience.netsh, site.over);
    return running;
  };
  const moveTo = (place: string): void => {
    renameSync(file, place);
    tidyUp(folder);
  };
  return { command, run, moveTo };
}

/**
 * Waits for an export as a step of the case, and moves what came of it to `file`, whatever its exit code: who asked has to
 * check it. False where nothing is there then, or netsh says that it failed.
 */
export async function takeExport(
  site: Site,
  recorder: Recorder,
  step: string,
  policyExport: PolicyExport | undefined,
  file: string,
): Promise<boolean> {
  if (policyExport === undefined) return false;
  const { command, run, moveTo } = policyExport;
  const { exitCode } = await recorder.act({ step, command: [netshPath(site), ...command] }, run);
  try {
    moveTo(file);
    return exitCode === 0;
  } catch (error) {
    recorder.warn(`The exported policy cannot be put in its place: ${String(error)}`);
    return false;
  }
}
