import { type ChildProcess, spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { text } from 'node:stream/consumers';
import type { Flooded } from './protocol';

let flooding: ChildProcess | undefined;

/**
 * Runs flood.pl until `endFlood`. It stays on one processor: packets from two overtake each other. Whatever else this
 * machine does comes after it.
 */
export async function flood(script: string, address: string, port: number): Promise<Flooded> {
  const onOne = ['nice', '-n', '-10', 'taskset', '--cpu-list', firstProcessor(), 'perl', script, address, String(port)];
  const [program = '', ...args] = onOne;
  const child = spawn(program, args, { stdio: ['ignore', 'pipe', 'inherit'] });
  flooding = child;
  return JSON.parse(await text(child.stdout)) as Flooded;
}

export function endFlood(): void {
  flooding?.kill('SIGTERM');
  flooding = undefined;
}

function firstProcessor(): string {
  return /^Cpus_allowed_list:\s*(\d+)/m.exec(readFileSync('/proc/self/status', 'utf8'))?.[1] ?? '0';
}
