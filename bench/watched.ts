import { spawnSync } from 'node:child_process';
import { readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { watchedExecutable } from './made';
import { newPc } from './windows-pc';

/** One process of the program, as it was seen from within. Times are milliseconds since 1970, to the microsecond. */
export interface Watched {
  readonly args: readonly string[];
  /** When Node had started, before the first line of the program. */
  readonly begun: number;
  readonly started: readonly { readonly at: number; readonly program: string }[];
  /** MiB that it had in memory at the most. */
  readonly peak: number;
}

/** An order: when it was given, and its two processes. */
export interface WatchedOrder {
  readonly givenAt: number;
  readonly front: Watched;
  readonly worker: Watched;
}

/** Runs the executable on a PC that the stand-in plays. Returns what its processes were seen to do, in the order of their ends. */
function watch(pc: ReturnType<typeof newPc>, args: readonly string[]): Watched[] {
  const file = join(pc.folder, 'watched');
  rmSync(file, { force: true });
  const { status, stdout, error } = spawnSync(watchedExecutable, args, {
    encoding: 'utf8',
    env: { ...pc.environment(), WATCH_FILE: file },
  });
  if (status !== 0) throw error ?? new Error(`${args.join(' ')} ended with ${status}: ${stdout}`);
  return readFileSync(file, 'utf8')
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as Watched);
}

/** An ADD on a PC with so many rules. */
export function watchOrder(rules: number): WatchedOrder {
  const pc = newPc(rules, 0);
  try {
    const givenAt = performance.timeOrigin + performance.now();
    const [worker, front] = watch(pc, ['ADD', '-', '192.0.2.50']);
    if (worker === undefined || front === undefined) throw new Error('an order has a front and a worker');
    return { givenAt, front, worker };
  } finally {
    pc.remove();
  }
}

/** A command that is one process. */
export function watchCommand(rules: number, args: readonly string[]): Watched {
  const pc = newPc(rules, 0);
  try {
    const [only] = watch(pc, args);
    if (only === undefined) throw new Error(`${args.join(' ')} left nothing`);
    return only;
  } finally {
    pc.remove();
  }
}
