import { constants, copyFileSync, mkdtempSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { RunResult } from '../../process/run';
import { Journal, journalMark } from '../../state/journal';
import { readingPrefix, takeOver, tidyUp } from '../../windows/closed-folder';
import {
  exportBegunCall,
  exportPolicy,
  exportPolicyCall,
  firstLookCall,
  runExportPolicy,
} from '../../windows/tool-calls';
import type { Context, Recorder } from '../firewall';
import type { NetshCommand } from './netsh';
import { netshPath } from './tools';

/**
 * An export of the policy. It changes nothing, so it may run beside everything else that is read before the first
 * change. The exported file is deleted with the order unless it is put where it is to stay.
 */
export interface PolicyExport {
  readonly command: NetshCommand;
  /** Starts it, where it has not been started yet, and waits for its end. */
  run(): Promise<RunResult>;
  /** False when it ended so long ago that somebody may well have changed the policy since. */
  isFresh(): boolean;
  /** Throws the file system's error. */
  putAt(place: string): void;
}

/** An export of this process. */
export interface OwnExport extends PolicyExport {
  /**
   * Starts the export ahead of its step. The case may not be open yet, so a journal in the folder of the export itself
   * notes the start first. Where that journal cannot be written, the export starts with its step.
   */
  begin(step: string): void;
}

/** Undefined where the state folder takes no more files. */
export function prepareExport(context: Context): OwnExport | undefined {
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
    running ??= runExportPolicy(context.host, file, context.over).finally(() => {
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
  const isFresh = (): boolean => performance.now() - endedAt < context.host.timeouts.exportAge;
  return { command, begin, run, isFresh, putAt: (place) => put(file, place) };
}

/** Copied, not moved: a file that was just written may be open elsewhere, and then Windows does not let it be moved. */
function put(file: string, place: string): void {
  copyFileSync(file, place, constants.COPYFILE_EXCL);
  tidyUp(dirname(file));
}

/** What the process that the agent started has begun for us before we had the lock. */
export interface BegunPolicy {
  readonly policyExport: PolicyExport;
  /** The registry file of the local store; undefined where it is too old, or was not made. */
  readonly localFile: Promise<string | undefined>;
}

/** Undefined where that is nothing, or where an order had its turn since: the policy may have been another one then. */
export async function takeBegunPolicy({ host, stateFolder, over }: Context): Promise<BegunPolicy | undefined> {
  const { begun } = host;
  const mark = journalMark(stateFolder);
  const { file, output } = (await begun?.take(exportBegunCall)) ?? {};
  if (begun === undefined || file === undefined || mark === undefined || output !== mark) return undefined;
  const isYoung = (endedAt: number): boolean => {
    const age = Date.now() - endedAt;
    return age >= 0 && age < host.timeouts.exportAge;
  };
  let place = file;
  let isFresh = (): boolean => true;
  const running = begun.take(exportPolicyCall, host.timeouts.netsh).then((call): RunResult => {
    // Where nobody told its end, nobody knows how old it is.
    isFresh = () => call !== undefined && isYoung(call.endedAt);
    // At the end of an order no reading may be left that nobody removes.
    place = over?.aborted === true ? file : (takeOver(file) ?? file);
    const said = Buffer.from(call?.output ?? '', 'latin1');
    const timedOut = call === undefined;
    return { exitCode: call?.exitCode ?? null, signal: null, timedOut, output: said, stdout: said, durationMs: 0 };
  });
  const policyExport: PolicyExport = {
    command: exportPolicy(file),
    run: () => running,
    isFresh: () => isFresh(),
    putAt: (target) => {
      if (!isFresh()) throw new Error('nobody knows how old that export is');
      put(place, target);
    },
  };
  const localFile = begun.take(firstLookCall).then((call) => {
    const isGood = call?.exitCode === 0 && call.file !== undefined && isYoung(call.endedAt);
    return isGood && over?.aborted !== true ? takeOver(call.file) : undefined;
  });
  return { policyExport, localFile };
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
