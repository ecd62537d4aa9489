import { readFileSync, statSync } from 'node:fs';
import { resolve } from 'node:path';
import type { Call } from '../fixtures/standin/calls';
import { onNewPc, runOurs } from './windows-pc';

/** What may only shrink: the same on every machine, unlike a time. */
interface Counts {
  /** Processes of an ADD and of a DELETE, ours included. */
  readonly add: number;
  readonly delete: number;
  /** Processes that are started before the block, and so many rounds of them that each waits for the one before. */
  readonly beforeBlock: number;
  readonly waits: number;
  /** Processes between the last moment with the old rules and the block in force. */
  readonly exposure: number;
  /** Bytes of the program without the Node in it. */
  readonly bundle: number;
}

/** Says which count has grown beyond the committed one; empty when none has. */
export async function grownCounts(): Promise<string[]> {
  const allowed = JSON.parse(readFileSync(resolve('bench', 'counts.json'), 'utf8')) as Counts;
  const found = await count();
  console.log('Counts:', found);
  return (Object.keys(allowed) as (keyof Counts)[])
    .filter((name) => found[name] > allowed[name])
    .map((name) => `${name}: ${found[name]}, where ${allowed[name]} was committed`);
}

function count(): Promise<Counts> {
  return onNewPc({ rules: 300, callMs: 100, importMs: 100 }, async (pc) => {
    const { processes } = await runOurs(pc, 'add');
    const calls = pc.machine
      .calls()
      .map(({ argv, lines }) => [argv.join(' '), ...lines.map(({ text }) => text)].join('\n'));
    const off = calls.findIndex((call) => call.includes('rule all new enable=no'));
    const block = calls.findIndex((call) => call.includes('blockoutbound'));
    return {
      add: processes,
      beforeBlock: block,
      waits: roundsUntil(pc.machine.calls().slice(0, block + 1)),
      delete: (await runOurs(pc, 'delete')).processes,
      exposure: block - off + 1,
      bundle: statSync(resolve('dist', 'contain-host.js')).size,
    };
  });
}

/** The longest chain of calls of which each began when the one before had ended, up to the last of these. */
function roundsUntil(calls: readonly Call[]): number {
  const rounds: number[] = [];
  for (const [index, call] of calls.entries()) {
    const before = calls
      .slice(0, index)
      .map((other, at) => ((other.endedAt ?? Number.POSITIVE_INFINITY) <= call.startedAt ? (rounds[at] ?? 0) : 0));
    rounds.push(1 + Math.max(0, ...before));
  }
  return rounds.at(-1) ?? 0;
}
