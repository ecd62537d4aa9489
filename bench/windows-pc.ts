import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { Endpoint } from '../fixtures/endpoint';
import { waitUntilIdle } from '../fixtures/idle';
import type { Call } from '../fixtures/standin/calls';
import { bigHost, typicalHost } from '../fixtures/standin/hosts';
import { batchScriptCommands } from '../src/firewall/windows/batch-script';
import { watchedExecutable } from './made';
import { playTools } from './resident';

const server = '10.0.0.5';
const handler = '192.0.2.50';

/** How one order went, seen from outside, in milliseconds since it was given. */
export interface Timing {
  readonly total: number;
  /** Until block by default was in force; for a release, until the import was done. */
  readonly effect: number;
  /** Until netsh was first started, and until it was given the rules. */
  readonly begun: number;
  readonly rules: number;
  /** How long the old rules were off while the block was not in force yet. */
  readonly exposure: number;
  /** Processes that were started, the first included. */
  readonly processes: number;
}

/** Nobody has published what a reg call takes; it is a small program that asks no service. */
export const regMs = 20;

/** A PC that is measured: how many rules it has, and how many milliseconds a netsh call and an import take on it. */
export interface Case {
  readonly rules: number;
  readonly callMs: number;
  readonly importMs: number;
}

/** Each run has a PC of its own. */
export async function onNewPc<T>({ rules, callMs, importMs }: Case, work: (pc: Endpoint) => Promise<T>): Promise<T> {
  const pc = new Endpoint(rules === 300 ? typicalHost() : bigHost(rules));
  pc.tools = 'real';
  const stop = playTools(pc.machine, { netsh: callMs, import: importMs, reg: regMs });
  try {
    return await work(pc);
  } finally {
    await waitUntilIdle(`SystemRoot=${pc.machine.systemRoot}`);
    stop();
    pc.remove();
  }
}

/** The batch script's plan: its two searches in the configuration, then its netsh calls, one after the other. */
export async function runBatchScript({ machine, home }: Endpoint, action: 'add' | 'delete'): Promise<Timing> {
  machine.forgetCalls();
  const startedAt = Date.now();
  const configuration = join(home, 'ossec.conf');
  const searches = action === 'add' ? ['<server-ip>.*</server-ip>', '[.]'] : [];
  for (const pattern of searches) await execute('grep', ['-E', pattern, configuration]);
  for (const [, ...args] of batchScriptCommands(action, `${home}/`, server, handler)) {
    const exitCode = await execute(join(machine.system32, 'netsh.exe'), args);
    if (exitCode !== 0) throw new Error(`netsh ${args.join(' ')} ended with ${exitCode}`);
  }
  return timing(startedAt, Date.now(), machine.calls(), searches.length);
}

/** Runs a program to its end while this process goes on, for it may play the tools. Returns its exit code. */
export function execute(program: string, args: readonly string[], env = process.env): Promise<number | null> {
  return new Promise((resolve, reject) => {
    spawn(program, args, { stdio: 'ignore', env }).on('error', reject).on('exit', resolve);
  });
}

/** Where an executable under watch notes what it does. */
export function watchFileOf(pc: Endpoint): string {
  return join(pc.folder, 'watched');
}

/** What an agent puts behind an operator's order. */
export const fromServer = ['(from_the_server)', '(no_rule_id)'];

/** Our order, as an agent gives it, to an executable. */
export function runOurs(pc: Endpoint, action: 'add' | 'delete'): Promise<Timing> {
  // The executable is too large to be copied into each agent's folder, where it would find the agent by itself.
  const env = { ...pc.environment(), OSSECPATH: pc.home, WATCH_FILE: watchFileOf(pc) };
  return runCommand(pc, [watchedExecutable, action, '-', handler, ...fromServer], env);
}

/** An order, by whatever starts it. */
export async function runCommand(
  pc: Endpoint,
  [program = '', ...args]: readonly string[],
  env: Readonly<Record<string, string>>,
): Promise<Timing> {
  pc.machine.forgetCalls();
  const startedAt = Date.now();
  const exitCode = await execute(program, args, { PATH: process.env.PATH, ...env });
  if (exitCode !== 0) throw new Error(`${[program, ...args].join(' ')} ended with ${exitCode}`);
  return timing(startedAt, Date.now(), pc.machine.calls(), 2);
}

/** The import of the backup, and nothing else. */
export function runImport(pc: Endpoint): Promise<Timing> {
  return runBatchScript(pc, 'delete');
}

/** What the calls of an order say of it. `others`: how many processes it had besides them. */
export function timing(startedAt: number, endedAt: number, calls: readonly Call[], others: number): Timing {
  const says = (word: string) => (call: Call) =>
    call.argv.join(' ').toLowerCase().includes(word) || call.lines.some(({ text }) => text.includes(word));
  const blocked = calls.find(says('blockoutbound'))?.endedAt;
  const opened = calls.find(says(' import '))?.endedAt;
  const rulesOff = calls.find(says('rule all new enable=no'))?.startedAt;
  const inForce = blocked ?? opened ?? endedAt;
  const first = calls.find(({ tool }) => tool === 'netsh')?.startedAt ?? endedAt;
  return {
    total: endedAt - startedAt,
    effect: inForce - startedAt,
    begun: first - startedAt,
    rules: (rulesOff ?? inForce) - startedAt,
    exposure: rulesOff === undefined ? 0 : inForce - rulesOff,
    processes: calls.length + others,
  };
}
