import { readFileSync, rmSync } from 'node:fs';
import type { Endpoint } from '../fixtures/endpoint';
import { waitUntilIdle } from '../fixtures/idle';
import { workerFlag } from '../src/order/worker-flag';
import { watchedExecutable } from './made';
import { execute, fromServer, onNewPc, watchFileOf } from './windows-pc';

/** One process of the program, as it was seen from within. Times are milliseconds since 1970, to the microsecond. */
interface Watched {
  readonly args: readonly string[];
  /** When Node had started, before the first line of the program. */
  readonly begun: number;
  readonly started: readonly { readonly at: number; readonly program: string }[];
  /** Bytes of each part of the program that it loaded. */
  readonly loaded: readonly number[];
  /** MiB that it had in memory at the most. */
  readonly peak: number;
}

/** An order: when it was given, and its two processes. */
export interface WatchedOrder {
  readonly givenAt: number;
  readonly front: Watched;
  readonly worker: Watched;
}

/**
 * Runs the executable on a PC that the stand-in plays. Returns what its processes were seen to do, in the order of
 * their ends.
 */
async function watch(pc: Endpoint, args: readonly string[]): Promise<Watched[]> {
  const file = watchFileOf(pc);
  rmSync(file, { force: true });
  // A process begins with the memory of whoever started it as its peak, so a small one does.
  const start = ['-c', '"$@"; exit $?', 'sh', watchedExecutable, ...args];
  const exitCode = await execute('/bin/sh', start, {
    ...pc.environment(),
    OSSECPATH: pc.home,
    WATCH_FILE: file,
  });
  if (exitCode !== 0) throw new Error(`${args.join(' ')} ended with ${exitCode}`);
  // The worker goes on after its outcome.
  await waitUntilIdle(`SystemRoot=${pc.machine.systemRoot}`);
  return readWatched(file);
}

/** What processes under watch left in a file, in the order of their ends. */
export function readWatched(file: string): Watched[] {
  return readFileSync(file, 'utf8')
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as Watched);
}

/** An ADD on a PC with so many rules, on which a netsh call takes 100 ms. */
export function watchOrder(rules: number): Promise<WatchedOrder> {
  return onNewPc({ rules, callMs: 100, importMs: 100 }, async (pc) => {
    pc.setSettings({ evidence: 'none' });
    const givenAt = performance.timeOrigin + performance.now();
    const seen = await watch(pc, ['ADD', '-', '192.0.2.50', ...fromServer]);
    const isWorker = ({ args }: Watched): boolean => args[0] === workerFlag;
    const [worker, front] = [seen.find(isWorker), seen.find((process) => !isWorker(process))];
    if (worker === undefined || front === undefined) throw new Error('an order has a front and a worker');
    return { givenAt, front, worker };
  });
}

/** A command that is one process. */
export function watchCommand(rules: number, args: readonly string[]): Promise<Watched> {
  return onNewPc({ rules, callMs: 100, importMs: 100 }, async (pc) => {
    const [only] = await watch(pc, args);
    if (only === undefined) throw new Error(`${args.join(' ')} left nothing`);
    return only;
  });
}
