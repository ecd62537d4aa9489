import { mkdtempSync, renameSync } from 'node:fs';
import { join } from 'node:path';
import type { RunResult } from '../../process/run';
import { readingPrefix, tidyUp } from '../../windows/registry';
import type { Site } from '../firewall';
import { exportPolicy, type NetshCommand } from './netsh';
import { startNetsh } from './tools';

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
