import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { Endpoint } from '../fixtures/endpoint';
import type { Call } from '../fixtures/standin/calls';
import { bigHost, typicalHost } from '../fixtures/standin/hosts';
import { batchScriptCommands } from '../src/policy/batch-script';

const server = '10.0.0.5';
const handler = '192.0.2.50';

/** How one order went, seen from outside, in milliseconds since it was given. */
export interface Timing {
  readonly total: number;
  /** Until block by default was in force; for a release, until the import was done. */
  readonly effect: number;
  /** How long the old rules were off while the block was not in force yet. */
  readonly exposure: number;
  /** Processes that were started, the first included. */
  readonly processes: number;
}

/** A PC on which every netsh call takes so many milliseconds longer than the stand-in's own start. */
export function newPc(rules: number, callMs: number): Endpoint {
  const pc = new Endpoint(rules === 300 ? typicalHost() : bigHost(rules));
  pc.machine.setFaults({ kind: 'slow', tool: 'netsh', ms: callMs });
  return pc;
}

/** The batch script's plan: its two searches in the configuration, then its netsh calls, one after the other. */
export function runBatchScript(pc: Endpoint, action: 'add' | 'delete'): Timing {
  pc.machine.forgetCalls();
  const startedAt = Date.now();
  const searches = [
    ['-E', '<server-ip>.*</server-ip>', join(pc.home, 'ossec.conf')],
    ['-E', '[.]', join(pc.home, 'ossec.conf')],
  ];
  for (const search of searches) spawnSync('grep', search, { stdio: 'ignore' });
  for (const [, ...args] of batchScriptCommands(action, `${pc.home}/`, server, handler)) {
    const { status } = spawnSync(join(pc.machine.system32, 'netsh.exe'), args, {
      env: { SystemRoot: pc.machine.systemRoot },
      stdio: 'ignore',
    });
    if (status !== 0) throw new Error(`netsh ${args.join(' ')} ended with ${status}`);
  }
  return timing(startedAt, Date.now(), pc.machine.calls(), searches.length);
}

/** Our order, as an agent gives it. */
export async function runOurs(pc: Endpoint, action: 'add' | 'delete'): Promise<Timing> {
  pc.machine.forgetCalls();
  const startedAt = Date.now();
  const { exitCode, output } = await pc.run(action, '-', handler);
  if (exitCode !== 0) throw new Error(output);
  return timing(startedAt, Date.now(), pc.machine.calls(), 2);
}

/** The import of the backup, and nothing else. */
export function runImport(pc: Endpoint): Timing {
  return runBatchScript(pc, 'delete');
}

function timing(startedAt: number, endedAt: number, calls: readonly Call[], others: number): Timing {
  const says = (word: string) => (call: Call) =>
    call.argv.join(' ').toLowerCase().includes(word) || call.lines.some(({ text }) => text.includes(word));
  const blocked = calls.find(says('blockoutbound'))?.endedAt;
  const opened = calls.find(says(' import '))?.endedAt;
  const rulesOff = calls.find(says('rule all new enable=no'))?.startedAt;
  const inForce = blocked ?? opened ?? endedAt;
  return {
    total: endedAt - startedAt,
    effect: inForce - startedAt,
    exposure: rulesOff === undefined ? 0 : inForce - rulesOff,
    processes: calls.length + others,
  };
}
