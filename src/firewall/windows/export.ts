import { constants, copyFileSync, mkdtempSync } from 'node:fs';
import { join } from 'node:path';
import type { RunResult } from '../../process/run';
import { Journal } from '../../state/journal';
import { readingPrefix, tidyUp } from '../../windows/closed-folder';
import type { Context, Recorder } from '../firewall';
import { exportPolicy, type NetshCommand } from './netsh';
import { askNetsh, netshPath } from './tools';

/**
 * An export of the policy. It changes nothing, so it may run beside everything else that is read before the first
 * change. The exported file is deleted with the order unless it is put where it is to stay.
 */
export interface PolicyExport {
  readonly command: NetshCommand;
  /**
   * Starts the export ahead of its step. The case may not be open yet, so a journal in the folder of the export itself
   * notes the start first. Where that journal cannot be written, the export starts with its step.
   */
  begin(step: string): void;
  /** Starts it, where it has not been started yet, and waits for its end. */
  run(): Promise<RunResult>;
  /** False when it ended so long ago that somebody may well have changed the policy since. */
  isFresh(): boolean;
  /** Throws the file system's error. */
  putAt(place: string): void;
}

/** Undefined where the state folder takes no more files. */
export function prepareExport(context: Context): PolicyExport | undefined {
  let folder: string;
  try {
    folder = mkdtempSync(join(context.stateFolder, readingPrefix));
  } catch {
    return undefined;
  }
  const file = join(folder, 'policy.wfw');
  const command = exportPolicy(file);
  let running: Promise<RunResult> | undefined;
  let endedAt = Number.POSITIVE_INFINITY;
  const run = (): Promise<RunResult> => {
    running ??= askNetsh(context, command).finally(() => {
      endedAt = performance.now();
    });
    return running;
  };
  const begin = (step: string): void => {
    try {
      new Journal(folder).append({ event: 'step', step, command: [netshPath(context), ...command] });
    } catch {
      return;
    }
    context.readings?.push(run());
  };
  // Copied, not moved: a file that was just written may be open elsewhere, and then Windows does not let it be moved.
  const putAt = (place: string): void => {
    copyFileSync(file, place, constants.COPYFILE_EXCL);
    tidyUp(folder);
  };
  const isFresh = (): boolean => performance.now() - endedAt < context.host.timeouts.exportAge;
  return { command, begin, run, isFresh, putAt };
}

/**
 * Waits for an export as a step of the case, and copies its result to `file`, whatever the exit code: the caller has to
 * check that file. False where there is no result, or netsh says that it failed.
 */
export async function takeExport(
  context: Context,
  recorder: Recorder,
  { command, run, putAt }: PolicyExport,
  { step, file }: { readonly step: string; readonly file: string },
): Promise<boolean> {
  const { exitCode } = await recorder.act({ step, command: [netshPath(context), ...command] }, run);
  try {
    putAt(file);
    return exitCode === 0;
  } catch (error) {
    recorder.warn(`The exported policy cannot be put in its place: ${String(error)}`);
    return false;
  }
}
