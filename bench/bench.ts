/**
 * Measures, against what there is to compare with, and writes docs/benchmarks.md.
 *
 *   npm run bench                  everything; needs Wine, nftables, GNU time and root; makes packages that are missing
 *   npm run bench -- --short       what npm test's machine can do, once, and fails where a count has grown
 */
import { writeFileSync } from 'node:fs';
import { cpus, release, totalmem } from 'node:os';
import { resolve } from 'node:path';
import { timeToContainment, timeToRelease } from './containment';
import { grownCounts } from './counts';
import { fleetStatus } from './fleet';
import { linux } from './linux';
import { makeNodeForWine, makeWatchedExecutable, makeWhatIsMissing } from './made';
import { memory, memoryOfExecutable, sizes } from './memory';
import { parsing } from './parsing';
import { markdown, type Table } from './report';
import { orderBreakdown, startUp } from './start-up';
import { triggerToBlock } from './trigger';
import type { Case } from './windows-pc';
import { makeAgentProgram } from './wine';

const runs = 5;

const pc = (rules: number, callMs: number, importMs = callMs): Case => ({ rules, callMs, importMs });
const pcs = [pc(300, 20), pc(300, 100), pc(300, 250), pc(5_000, 100), pc(30_000, 100)];
/** Real imports take seconds, as people say who ran them from scripts; nobody has published a figure. */
const slowImports = [pc(300, 20, 3_000), pc(300, 100, 3_000), pc(300, 250, 3_000)];

const machine = `${cpus().length} cores (${cpus()[0]?.model ?? 'unknown'}), ${Math.round(totalmem() / 2 ** 30)} GiB, Linux ${release()}, Node ${process.versions.node}`;

async function main(): Promise<void> {
  makeWatchedExecutable();
  const grown = await grownCounts();
  if (process.argv.includes('--short')) {
    show(await timeToContainment([pc(300, 100)], 1));
    show(await parsing(1));
    show(await fleetStatus([{ agents: 500, bytes: 1e8 }], 1));
    for (const what of grown) console.error(`It has grown: ${what}`);
    process.exitCode = grown.length > 0 ? 1 : 0;
    return;
  }
  makeWhatIsMissing();
  makeAgentProgram();
  makeNodeForWine();
  const sized = [300, 5_000, 30_000];
  const tables = [
    show(await triggerToBlock(runs)),
    show(await startUp(runs)),
    show(await orderBreakdown(runs)),
    show(await timeToContainment(pcs, runs)),
    show(await timeToRelease([...slowImports, ...pcs], runs)),
    show(await linux(runs)),
    show(await parsing(runs)),
    show(await fleetStatus([{ agents: 10_000, bytes: 5e9 }], 2)),
    show(await memory(sized, runs)),
    show(await memoryOfExecutable(runs)),
    show(sizes()),
  ];
  const head = [
    '# Benchmarks',
    '',
    `\`npm run bench\` on ${machine}, ${new Date().toISOString().slice(0, 10)}.`,
    `Medians of ${runs} runs, with the shortest and the longest; the contenders took turns. "x" is the ratio to the first line of the pair.`,
    'The times are those of a stand-in; on a real Windows one netsh call takes 50 to 200 ms.',
    '',
  ];
  writeFileSync(resolve('docs', 'benchmarks.md'), [...head, ...tables].join('\n'));
}

function show(table: Table): string {
  const text = markdown(table);
  console.log(text);
  return text;
}

main();
