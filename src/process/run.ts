import { spawn } from 'node:child_process';
import { closeSync, openSync, readFileSync } from 'node:fs';
import { errorText } from './error-code';

export interface RunOptions {
  /** After so many milliseconds the process is killed. Absent: it is waited for, however long it takes. */
  readonly limitMs?: number;
  /** An open file that the process reads on standard input; absent: nothing at all. */
  readonly inputFd?: number;
  /** How much of the output is kept, in bytes; absent: 64 KiB. */
  readonly keepBytes?: number;
  /** An open file that the process keeps open as long as it lives, as its descriptor 3: it takes part in our lock. */
  readonly holdFd?: number;
  /** The process outlives us. Its output then goes to this file instead of a pipe that would break with our end. */
  readonly outliveInto?: string;
  readonly env?: NodeJS.ProcessEnv;
  /** Aborted: nobody needs the process any more, and it is killed. */
  readonly signal?: AbortSignal;
}

export interface RunResult {
  /** Null when the process was killed, never started, or did not end in time. */
  readonly exitCode: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly timedOut: boolean;
  /** Why it could not be started, such as ENOENT. */
  readonly startError?: string;
  /** The beginning of standard output and error, as raw bytes: tools write in any code page. */
  readonly output: Buffer;
  /** What of that came on standard output. Empty where the process outlives us. */
  readonly stdout: Buffer;
  readonly durationMs: number;
}

const keptOutput = 64 * 1024;

/** How long after a process ended, or was killed, we wait for its pipes or its end before we go on without. */
const graceMs = 1000;

/**
 * Runs one program by absolute path with an argument array: no shell, no window, no console input. Never throws and never
 * waits without end when a limit is given; both pipes are drained, however much comes.
 */
export function runProcess(program: string, args: readonly string[], options: RunOptions = {}): Promise<RunResult> {
  const started = performance.now();
  return new Promise((resolve) => {
    const chunks: Buffer[] = [];
    const stdoutChunks: Buffer[] = [];
    const most = options.keepBytes ?? keptOutput;
    let kept = 0;
    let timedOut = false;
    let settled = false;
    let ended: { code: number | null; signal: NodeJS.Signals | null } = { code: null, signal: null };
    const timers: NodeJS.Timeout[] = [];

    const settle = (startError?: string): void => {
      if (settled) return;
      settled = true;
      for (const timer of timers) clearTimeout(timer);
      options.signal?.removeEventListener('abort', kill);
      child?.stdout?.destroy();
      child?.stderr?.destroy();
      if (outputFd !== undefined) closeQuietly(outputFd);
      resolve({
        exitCode: timedOut ? null : ended.code,
        signal: ended.signal,
        timedOut,
        ...(startError === undefined ? {} : { startError }),
        output: options.outliveInto === undefined ? Buffer.concat(chunks) : readKept(options.outliveInto),
        stdout: Buffer.concat(stdoutChunks),
        durationMs: Math.round(performance.now() - started),
      });
    };
    const keep = (chunk: Buffer, ...into: readonly Buffer[][]): void => {
      if (kept >= most) return;
      for (const list of into) list.push(chunk.subarray(0, most - kept));
      kept += chunk.length;
    };

    const kill = (): void => {
      child?.kill('SIGKILL');
      timers.push(setTimeout(settle, graceMs));
    };

    let outputFd: number | undefined;
    let child: ReturnType<typeof spawn> | undefined;
    try {
      outputFd = options.outliveInto === undefined ? undefined : openQuietly(options.outliveInto);
      const output = options.outliveInto === undefined ? 'pipe' : (outputFd ?? 'ignore');
      child = spawn(program, args, {
        stdio: [options.inputFd ?? 'ignore', output, output, ...(options.holdFd === undefined ? [] : [options.holdFd])],
        windowsHide: true,
        detached: options.outliveInto !== undefined,
        ...(options.env === undefined ? {} : { env: options.env }),
      });
    } catch (error) {
      settle(errorText(error));
      return;
    }
    child.stdout?.on('data', (chunk: Buffer) => keep(chunk, chunks, stdoutChunks)).on('error', () => {});
    child.stderr?.on('data', (chunk: Buffer) => keep(chunk, chunks)).on('error', () => {});
    child.on('error', (error) => settle(error.message));
    child.on('exit', (code, signal) => {
      ended = { code, signal };
      timers.push(setTimeout(settle, graceMs));
    });
    child.on('close', () => settle());
    options.signal?.addEventListener('abort', kill);
    if (options.signal?.aborted) kill();
    if (options.limitMs !== undefined) {
      timers.push(
        setTimeout(() => {
          timedOut = true;
          kill();
        }, options.limitMs),
      );
    }
  });
}

/** On a full disk the process runs all the same, without its output. */
function openQuietly(file: string): number | undefined {
  try {
    return openSync(file, 'w');
  } catch {
    return undefined;
  }
}

/** Thrown from an event, the error of a failing disk would end this process. */
function closeQuietly(fd: number): void {
  try {
    closeSync(fd);
  } catch {
    // It is closed all the same.
  }
}

function readKept(file: string): Buffer {
  try {
    return readFileSync(file).subarray(0, keptOutput);
  } catch {
    return Buffer.alloc(0);
  }
}
