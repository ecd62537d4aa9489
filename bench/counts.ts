import { readFileSync, rmSync, statSync } from 'node:fs';
import { resolve } from 'node:path';
import { waitUntilIdle } from '../fixtures/idle';
import type { Call } from '../fixtures/standin/calls';
import { readWatched } from './watched';
import { onNewPc, runOurs, watchFileOf } from './windows-pc';

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
  /**
   * What the two processes of an ADD load of the program: parts that are a script of their own, and bytes. It is what
   * its users wait for first.
   */
  readonly parts: number;
  readonly bytes: number;
}

interface Committed extends Counts {
  /** Bytes of the whole program without the Node in it, and what they were last spent on. Nobody waits for them. */
  readonly bundle: { readonly bytes: number; readonly why: string };
}

/** Says which count has grown beyond the committed one; empty when none has. The size of the bundle is only told. */
export async function grownCounts(): Promise<string[]> {
  const { bundle, ...allowed } = JSON.parse(readFileSync(resolve('bench', 'counts.json'), 'utf8')) as Committed;
  const found = await count();
  console.log('Counts:', found);
  console.log(describeBundle(bundle, statSync(resolve('dist', 'contain-host.js')).size));
  return (Object.keys(allowed) as (keyof Counts)[])
    .filter((name) => found[name] > allowed[name])
    .map((name) => `${name}: ${found[name]}, where ${allowed[name]} was committed`);
}

function describeBundle({ bytes, why }: Committed['bundle'], found: number): string {
  const text = `The whole program has ${found} bytes; ${bytes} were committed, for: ${why}.`;
  return found > bytes
    ? `Warning: ${text} If the rest is wanted, commit it to bench/counts.json with its reason.`
    : text;
}

function count(): Promise<Counts> {
  return onNewPc({ rules: 300, callMs: 100, importMs: 100 }, async (pc) => {
    rmSync(watchFileOf(pc), { force: true });
    // Nobody waits for what collects it, and it would be counted or not as it happens to end.
    pc.setSettings({ evidence: 'none' });
    const { processes } = await runOurs(pc, 'add');
    // The worker goes on after its outcome.
    await waitUntilIdle(`SystemRoot=${pc.machine.systemRoot}`);
    const loaded = readWatched(watchFileOf(pc)).flatMap((process) => process.loaded);
    const calls = pc.machine
      .calls()
      .map(({ argv, lines }) => [argv.join(' '), ...lines.map(({ text }) => text)].join('\n'));
    const off = calls.findIndex((call) => call.includes('rule all new enable=no'));
    const block = calls.findIndex((call) => call.includes('blockoutbound'));
    return {
      add: processes,
      beforeBlock: block,
      waits: roundsUntil(
        pc.machine
          .calls()
          .slice(0, block + 1)
          .filter(isWaitedFor),
      ),
      delete: (await runOurs(pc, 'delete')).processes,
      exposure: block - off + 1,
      parts: loaded.filter((bytes) => bytes >= smallPart).length,
      bytes: loaded.reduce((sum, bytes) => sum + bytes, 0),
    };
  });
}

/** In bytes; smaller parts are one script (scripts/package/inject.cjs). */
const smallPart = 4096;

/** The process that the agent started reads some keys for its worker, while that one's Node starts. */
function isWaitedFor({ argv }: Call): boolean {
  return !argv.some((word) => word.includes('reading-begun-'));
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
