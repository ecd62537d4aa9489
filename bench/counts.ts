import { readFileSync, statSync } from 'node:fs';
import { resolve } from 'node:path';
import { onNewPc, runOurs } from './windows-pc';

/** What may only shrink: the same on every machine, unlike a time. */
interface Counts {
  /** Processes of an ADD and of a DELETE, ours included. */
  readonly add: number;
  readonly delete: number;
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
  return onNewPc({ rules: 300, callMs: 0, importMs: 0 }, async (pc) => {
    const { processes } = await runOurs(pc, 'add');
    const calls = pc.machine
      .calls()
      .map(({ argv, lines }) => [argv.join(' '), ...lines.map(({ text }) => text)].join('\n'));
    const off = calls.findIndex((call) => call.includes('rule all new enable=no'));
    const block = calls.findIndex((call) => call.includes('blockoutbound'));
    return {
      add: processes,
      delete: (await runOurs(pc, 'delete')).processes,
      exposure: block - off + 1,
      bundle: statSync(resolve('dist', 'contain-host.js')).size,
    };
  });
}
