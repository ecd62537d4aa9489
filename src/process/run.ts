import { type ChildProcess, spawn } from 'node:child_process';
import { closeSync, openSync, readFileSync } from 'node:fs';
import { errorText } from './error-code';

export interface RunOptions {
  /** After so many milliseconds we kill the process. Absent: we wait for it, however long it takes. */
  readonly limitMs?: number;
  /** An open file that the process reads as its standard input. Absent: its input is empty. */
  readonly inputFd?: number;
  /** How much of the output is kept, in bytes; absent: 64 KiB. */
  readonly keepBytes?: number;
  /** An open file that the process keeps open as its descriptor 3 as long as it lives: so it shares our lock. */
  readonly holdFd?: number;
  /** The process may outlive us. Its output goes to this file, because a pipe would break when we end. */
  readonly outliveInto?: string;
  /** Ctrl-C at our terminal does not reach the process: what it has begun it ends. */
  readonly isOutOfReach?: boolean;
  /**
   * Windows: the process gets no console. Otherwise it gets one that nobody sees, and each console is a process more
   * (conhost.exe), before which the new one does not run. Only for what does not change the firewall, since such a
   * process may outlive us, and for what starts no other console program, which would then open a window.
   */
  readonly noConsole?: boolean;
  /**
   * What it writes is for people only. So its success is told when it has ended: on Windows its console (conhost.exe)
   * holds the pipes longer.
   */
  readonly isJudgedByExit?: boolean;
  readonly env?: NodeJS.ProcessEnv;
  /** Aborted: nobody needs the process any more, and we kill it. */
  readonly signal?: AbortSignal;
}

export interface RunResult {
  /** Null when the process was killed, never started, or did not end in time. */
  readonly exitCode: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly timedOut: boolean;
  /** Why the process could not be started, such as ENOENT. */
  readonly startError?: string;
  /** The beginning of standard output and error, as raw bytes: tools write in any code page. */
  readonly output: Buffer;
  /** The part of `output` that came on standard output. Empty with `outliveInto`. */
  readonly stdout: Buffer;
  readonly durationMs: number;
}

const keptOutput = 64 * 1024;

/** How long we wait for a killed process to end, and for the pipes of an ended one, before we go on without them. */
const graceMs = 1000;
/** Enough to read what an ended process has written. */
const readMs = 5;

/**
 * Runs one program by its absolute path with an array of arguments: no shell, no window, no console input. Never
 * throws. With a limit it never waits without end. Drains both pipes, however much comes.
 */
export async function runProcess(
  program: string,
  args: readonly string[],
  options: RunOptions = {},
): Promise<RunResult> {
  const startedAt = performance.now();
  const started = start(program, args, options);
  if ('startError' in started) return resultOf({ ...notEnded, startError: started.startError }, nothing, startedAt);
  const { child, outputFd } = started;
  const collected = collect(child, options.keepBytes ?? keptOutput);
  const end = await endOf(child, options);
  child.stdout?.destroy();
  child.stderr?.destroy();
  if (outputFd !== undefined) closeQuietly(outputFd);
  const { outliveInto } = options;
  const { output, stdout } = collected();
  return resultOf(end, { output: outliveInto === undefined ? output : readKept(outliveInto), stdout }, startedAt);
}

type Started = { readonly child: ChildProcess; readonly outputFd: number | undefined };

function start(program: string, args: readonly string[], options: RunOptions): Started | { startError: string } {
  const { inputFd = 'ignore', holdFd, outliveInto, isOutOfReach = false, noConsole = false, env } = options;
  const outputFd = outliveInto === undefined ? undefined : openQuietly(outliveInto);
  const output = outliveInto === undefined ? 'pipe' : (outputFd ?? 'ignore');
  try {
    const child = spawn(program, args, {
      stdio: [inputFd, output, output, ...(holdFd === undefined ? [] : [holdFd])],
      windowsHide: true,
      // libuv starts a detached process without a console (DETACHED_PROCESS).
      detached: isOutOfReach || outliveInto !== undefined || (noConsole && process.platform === 'win32'),
      ...(env === undefined ? {} : { env }),
    });
    return { child, outputFd };
  } catch (error) {
    if (outputFd !== undefined) closeQuietly(outputFd);
    return { startError: errorText(error) };
  }
}

type Output = Pick<RunResult, 'output' | 'stdout'>;

const nothing: Output = { output: Buffer.alloc(0), stdout: Buffer.alloc(0) };

/** Drains both pipes and keeps their first `most` bytes. Returns a function that gives the bytes kept so far. */
function collect({ stdout, stderr }: ChildProcess, most: number): () => Output {
  const chunks: { readonly bytes: Buffer; readonly isStdout: boolean }[] = [];
  let kept = 0;
  const keep = (chunk: Buffer, isStdout: boolean): void => {
    if (kept >= most) return;
    chunks.push({ bytes: chunk.subarray(0, most - kept), isStdout });
    kept += chunk.length;
  };
  stdout?.on('data', (chunk: Buffer) => keep(chunk, true)).on('error', () => {});
  stderr?.on('data', (chunk: Buffer) => keep(chunk, false)).on('error', () => {});
  return () => ({
    output: Buffer.concat(chunks.map(({ bytes }) => bytes)),
    stdout: Buffer.concat(chunks.filter(({ isStdout }) => isStdout).map(({ bytes }) => bytes)),
  });
}

type End = Pick<RunResult, 'exitCode' | 'signal' | 'timedOut' | 'startError'>;

const notEnded: End = { exitCode: null, signal: null, timedOut: false };

/** Waits until the process and its pipes have ended, or until a little after it ended or was killed. */
function endOf(child: ChildProcess, { limitMs, signal: given, isJudgedByExit = false }: RunOptions): Promise<End> {
  return new Promise((resolve) => {
    let end = notEnded;
    const timers: NodeJS.Timeout[] = [];
    const settle = (): void => {
      for (const timer of timers) clearTimeout(timer);
      given?.removeEventListener('abort', kill);
      resolve(end);
    };
    const settleWithin = (ms: number): void => {
      timers.push(setTimeout(settle, ms));
    };
    const kill = (): void => {
      child.kill('SIGKILL');
      settleWithin(graceMs);
    };
    child.on('error', (error) => {
      end = { ...end, startError: errorText(error) };
      settle();
    });
    child.on('exit', (exitCode, signal) => {
      end = { ...end, exitCode, signal };
      settleWithin(isJudgedByExit && exitCode === 0 ? readMs : graceMs);
    });
    child.on('close', settle);
    given?.addEventListener('abort', kill);
    if (given?.aborted) kill();
    if (limitMs === undefined) return;
    const stop = (): void => {
      end = { ...end, timedOut: true };
      kill();
    };
    timers.push(setTimeout(stop, limitMs));
  });
}

function resultOf(end: End, output: Output, startedAt: number): RunResult {
  const exitCode = end.timedOut ? null : end.exitCode;
  return { ...end, exitCode, ...output, durationMs: Math.round(performance.now() - startedAt) };
}

/** On a full disk the process runs all the same, without its output. */
function openQuietly(file: string): number | undefined {
  try {
    return openSync(file, 'w');
  } catch {
    return undefined;
  }
}

/** An error of a failing disk, thrown from an event, would end this process. */
function closeQuietly(fd: number): void {
  try {
    closeSync(fd);
  } catch {
    // The descriptor is closed all the same.
  }
}

function readKept(file: string): Buffer {
  try {
    return readFileSync(file).subarray(0, keptOutput);
  } catch {
    return Buffer.alloc(0);
  }
}
