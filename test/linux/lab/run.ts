import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { setImmediate as nextTurn } from 'node:timers/promises';
import type { Ran } from './protocol';

/**
 * Runs a program on this host. With `killAt` its first child is killed when that starts so many-th program of its own.
 */
export async function run([program = '', ...args]: readonly string[], killAt?: number): Promise<Ran> {
  const child = spawn(program, args, { stdio: ['ignore', 'pipe', 'pipe'] });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) stream.setEncoding('utf8').on('data', (text) => (output += text));
  const ended = once(child, 'close');
  if (killAt !== undefined && child.pid !== undefined) await killWorker(child.pid, killAt);
  const [exitCode] = (await ended) as [number | null];
  return { exitCode, output };
}

/**
 * The process that the agent starts has a worker; a crash is the worker's, and of whatever program it runs just then.
 */
async function killWorker(pid: number, killAt: number): Promise<void> {
  const started = new Set<number>();
  while (isAlive(pid)) {
    const [worker] = childrenOf(pid);
    const running = worker === undefined ? [] : childrenOf(worker);
    for (const child of running) started.add(child);
    if (worker !== undefined && started.size >= killAt) {
      for (const victim of [worker, ...running]) kill(victim);
      return;
    }
    await nextTurn();
  }
}

function childrenOf(pid: number): number[] {
  try {
    return readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').split(' ').filter(Boolean).map(Number);
  } catch {
    return [];
  }
}

function kill(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    // It was faster.
  }
}

function isAlive(pid: number): boolean {
  try {
    return !readFileSync(`/proc/${pid}/stat`, 'utf8').includes(') Z ');
  } catch {
    return false;
  }
}
