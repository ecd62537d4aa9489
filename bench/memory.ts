import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { Namespace } from './linux';
import { nodeOf, nodeVersion } from './nodes';
import type { Table } from './report';
import { interleave, median, type Samples, show } from './samples';
import { watchCommand, watchOrder } from './watched';

const mebibyte = 1024 * 1024;

/** The program on a PC that the stand-in plays. `rules`: how many rules the PC has, in turn. */
export async function memory(rules: readonly number[], runs: number): Promise<Table> {
  const onPcs = await interleave(
    Object.fromEntries(
      rules.map((count) => [
        String(count),
        async () => ({ order: await watchOrder(count), status: await watchCommand(count, ['status']) }),
      ]),
    ),
    runs,
  );
  const { bare } = await interleave({ bare: () => peakOf(nodeOf('linux-x64'), ['-e', '0']) }, runs);
  const row = (name: string, samples: Samples): string[] => [name, show(samples), above(samples, bare)];
  return {
    title: 'Memory on Windows',
    note: 'MiB at the most, of the executable for Linux on the stand-in for Windows.',
    columns: ['', 'peak', 'above bare Node'],
    rows: [
      row('bare Node', bare),
      ...Object.entries(onPcs).flatMap(([count, seen]) => [
        row(
          `ADD, the process that the agent waits for, ${count} rules`,
          seen.map(({ order }) => order.front.peak),
        ),
        row(
          `ADD, its worker, ${count} rules`,
          seen.map(({ order }) => order.worker.peak),
        ),
        row(
          `status, ${count} rules`,
          seen.map(({ status }) => status.peak),
        ),
      ]),
    ],
  };
}

/** The executable for Linux, as the kernel counts it. */
export async function memoryOfExecutable(runs: number): Promise<Table> {
  const folder = mkdtempSync(join(tmpdir(), 'memory-'));
  const there = await new Namespace().ready();
  try {
    // The kernel maps more at once of a file that was written in one piece; copies are alike in that.
    const copy = (file: string, name: string): string => {
      spawnSync('cp', [file, join(folder, name)]);
      return join(folder, name);
    };
    const node = copy(nodeOf('linux-x64'), 'node');
    const program = copy(resolve('dist', 'contain-host'), 'contain-host');
    const results = await interleave(
      {
        'bare Node': () => peakOf(node, ['-e', '0']),
        'contain-host --version': () => peakOf(program, ['--version']),
        'ADD, the larger of its two processes': () => peakOf(program, ['ADD', '-', '192.0.2.50'], there),
        'status of a contained host': () => peakOf(program, ['status'], there),
        'DELETE, the larger of its two processes': () => peakOf(program, ['DELETE', '-', '-'], there),
      },
      runs,
    );
    return {
      title: 'Memory on Linux',
      note: 'MiB at the most, of the executable.',
      columns: ['', 'peak', 'above bare Node'],
      rows: Object.entries(results).map(([name, samples]) => [
        name,
        show(samples),
        above(samples, results['bare Node']),
      ]),
    };
  } finally {
    there.close();
    rmSync(folder, { recursive: true });
  }
}

/** MiB that a program, or one that it started and waited for, had in memory at the most. */
function peakOf(program: string, args: readonly string[], there?: Namespace): number {
  const folder = mkdtempSync(join(tmpdir(), 'peak-'));
  const file = join(folder, 'peak');
  const measure = ['--output', file, '--format', '%M', program, ...args];
  try {
    if (there !== undefined) there.run('/usr/bin/time', ...measure);
    else {
      const { status, error } = spawnSync('/usr/bin/time', measure, { stdio: 'ignore' });
      if (status !== 0) throw error ?? new Error(`${program} ${args.join(' ')} ended with ${status}`);
    }
    return Number(readFileSync(file, 'utf8')) / 1024;
  } finally {
    rmSync(folder, { recursive: true });
  }
}

const above = (samples: Samples, bare: Samples): string => (median(samples) - median(bare)).toFixed(1);

/** What `npm run package` has made. */
export function sizes(): Table {
  const files: [name: string, file: string][] = [
    [`Node ${nodeVersion} for Windows`, nodeOf('win32-x64')],
    ['contain-host.exe', join('dist', 'contain-host.exe')],
    ['contain-host.msi', join('dist', 'contain-host.msi')],
    [`Node ${nodeVersion} for Linux`, nodeOf('linux-x64')],
    ['contain-host', join('dist', 'contain-host')],
  ];
  return {
    title: 'Size',
    columns: ['', 'MiB'],
    rows: files.map(([name, file]) => [name, (statSync(file).size / mebibyte).toFixed(1)]),
  };
}
