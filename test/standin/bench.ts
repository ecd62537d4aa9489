import { spawn, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createMachine, type HostDescription, type Machine } from '../../fixtures/standin/machine';
import { paths } from '../../fixtures/standin/registry';

export const policyKey = paths.local;

const folders: string[] = [];

/** A folder of this test's own. */
export function newFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'standin-'));
  folders.push(folder);
  return folder;
}

/** A machine of this test's own. */
export function newMachine(host: HostDescription): Machine {
  return createMachine(newFolder(), host);
}

/** Removes all machines; what still hangs on one of them ends then. */
export function removeMachines(): void {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true });
}

export interface Ended {
  readonly exitCode: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly output: Buffer;
  readonly text: string;
  readonly errors: string;
}

/** Runs a tool as the product does: by absolute path, arguments as they are, no shell, hardly any environment. */
export function run(machine: Machine, tool: 'netsh' | 'reg', ...args: string[]): Ended {
  const program = join(machine.system32, `${tool}.exe`);
  const { status, signal, stdout, stderr, error } = spawnSync(program, args, {
    env: { SystemRoot: machine.systemRoot },
    stdio: ['ignore', 'pipe', 'pipe'],
    maxBuffer: 1 << 24,
  });
  if (error) throw error;
  return { exitCode: status, signal, output: stdout, text: stdout.toString(), errors: stderr.toString() };
}

export const netsh = (machine: Machine, ...args: string[]): Ended => run(machine, 'netsh', ...args);
export const firewall = (machine: Machine, ...args: string[]): Ended =>
  netsh(machine, 'advfirewall', 'firewall', ...args);

/** Adds a rule with the least that netsh wants. */
export const addRule = (machine: Machine, name: string, ...more: string[]): Ended =>
  firewall(machine, 'add', 'rule', `name=${name}`, 'dir=in', 'protocol=tcp', 'action=allow', ...more);

export interface Running {
  /** Resolves once the run has reached this state, seen from outside. */
  until(state: () => boolean): Promise<void>;
  readonly ended: Promise<{ code: number | null; signal: NodeJS.Signals | null }>;
  stop(): void;
}

/** Starts a tool that does not end soon. */
export function start(machine: Machine, tool: 'netsh' | 'reg', ...args: string[]): Running {
  const child = spawn(join(machine.system32, `${tool}.exe`), args, { env: {}, stdio: 'ignore' });
  const ended = new Promise<{ code: number | null; signal: NodeJS.Signals | null }>((resolve) => {
    child.on('exit', (code, signal) => resolve({ code, signal }));
  });
  return {
    ended,
    stop: () => child.kill('SIGKILL'),
    async until(state) {
      while (!state()) await new Promise((resolve) => setTimeout(resolve, 10));
    },
  };
}
