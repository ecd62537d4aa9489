import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { errorText } from '../process/error-code';
import type { Keep, Taken } from './source';

/** How a tool is run. */
export interface ToolRun {
  readonly program: string;
  readonly args: readonly string[];
  readonly env: NodeJS.ProcessEnv;
  /** After so many milliseconds it is ended. */
  readonly limitMs: number;
  /** Windows: it gets no console (see RunOptions). */
  readonly noConsole?: boolean;
  /** It is ended, too, when it writes nothing for so many milliseconds after it wrote something. */
  readonly silenceMs?: number;
}

/** So long we wait for the pipes of a tool that has ended, or that does not end although it was killed. */
const graceMs = 500;

/**
 * Runs one tool by its absolute path: no shell, no window, empty input. What it writes goes on as it comes. A tool that
 * writes more than is kept, or takes too long, is killed, and left to itself where that does not end it. Never throws.
 */
export async function runTool(
  { program, args, env, noConsole = false, limitMs, silenceMs }: ToolRun,
  keep: Keep,
): Promise<Taken> {
  // Where Wine or an application control forbids the start, the error is another one.
  if (!existsSync(program)) return { end: 'missing' };
  let child: ChildProcess;
  try {
    child = spawn(program, args, {
      stdio: ['ignore', 'pipe', 'pipe'],
      windowsHide: true,
      detached: noConsole && process.platform === 'win32',
      env,
    });
  } catch (error) {
    return { end: 'failed', why: errorText(error) };
  }
  return new Promise((resolve) => {
    let stopped: Taken['end'] | undefined;
    let exitCode: number | null = null;
    let silence: NodeJS.Timeout | undefined;
    const timers: NodeJS.Timeout[] = [];
    const settle = (taken: Taken): void => {
      for (const timer of [...timers, silence]) clearTimeout(timer);
      for (const pipe of [child.stdout, child.stderr]) pipe?.destroy();
      child.unref();
      resolve(taken);
    };
    const over = (): void => settle({ end: stopped ?? 'complete', exitCode });
    const stop = (end: Taken['end']): void => {
      if (stopped !== undefined) return;
      stopped = end;
      child.kill('SIGKILL');
      timers.push(setTimeout(over, graceMs));
    };
    const listen = (stream: 'stdout' | 'stderr'): void => {
      child[stream]?.on('data', (bytes: Buffer) => {
        clearTimeout(silence);
        if (silenceMs !== undefined) silence = setTimeout(stop, silenceMs, 'timed-out');
        if (stopped === undefined && !keep(stream, bytes)) stop('truncated');
      });
      child[stream]?.on('error', () => {});
    };
    listen('stdout');
    listen('stderr');
    timers.push(setTimeout(stop, limitMs, 'timed-out'));
    child.on('error', (error) => settle({ end: 'failed', why: errorText(error) }));
    child.on('exit', (code) => {
      exitCode = stopped === undefined ? code : null;
      timers.push(setTimeout(over, graceMs));
    });
    child.on('close', over);
  });
}
