import type { Endpoint } from '../fixtures/endpoint';
import type { Table } from './report';
import { interleave, ratio, show } from './samples';
import { type Case, onNewPc, runBatchScript, runImport, runOurs, type Timing } from './windows-pc';

const of = (timings: readonly Timing[], what: keyof Timing): number[] => timings.map((timing) => timing[what]);

/** One row for each contender, with what was measured of it between its name and the number of its processes. */
function rowsOf(
  first: readonly number[],
  contenders: Readonly<Record<string, readonly Timing[]>>,
  cells: (timings: readonly Timing[]) => readonly string[],
): string[][] {
  return Object.entries(contenders).map(([name, timings]) => [
    ...first.map(String),
    name,
    ...cells(timings),
    String(timings[0]?.processes),
  ]);
}

/** The two against each other: from the order to the block in force. */
export async function timeToContainment(cases: readonly Case[], runs: number): Promise<Table> {
  const rows: string[][] = [];
  for (const one of cases) {
    const { batch, ours } = await interleave(
      {
        batch: () => onNewPc(one, (pc) => runBatchScript(pc, 'add')),
        ours: () => onNewPc(one, (pc) => runOurs(pc, 'add')),
      },
      runs,
    );
    const cells = (timings: readonly Timing[]): string[] => [
      show(of(timings, 'effect')),
      ratio(of(timings, 'effect'), of(batch, 'effect')),
      show(of(timings, 'exposure')),
      ratio(of(timings, 'exposure'), of(batch, 'exposure')),
      show(of(timings, 'total')),
    ];
    rows.push(...rowsOf([one.rules, one.callMs], { 'batch script': batch, 'contain-host': ours }, cells));
  }
  return {
    title: 'Time to containment',
    note: 'Milliseconds on the stand-in for Windows. "netsh" is how long one call of netsh takes, also with a script of many lines; a call of reg takes 20. With many rules a real netsh takes seconds for a call that touches each of them. The stand-in does not, so those rows show the cost of our own reading and checking.',
    columns: ['rules', 'netsh', '', 'block in force', 'x', 'old rules off, no block', 'x', 'total', 'processes'],
    rows,
  };
}

/** The release against the import alone, which is all that the batch script does. */
export async function timeToRelease(cases: readonly Case[], runs: number): Promise<Table> {
  const rows: string[][] = [];
  for (const one of cases) {
    const release = (work: (pc: Endpoint) => Promise<Timing>) => () =>
      onNewPc(one, async (pc) => {
        await runOurs(pc, 'add');
        return work(pc);
      });
    const { alone, ours } = await interleave(
      { alone: release(runImport), ours: release((pc) => runOurs(pc, 'delete')) },
      runs,
    );
    const cells = (timings: readonly Timing[]): string[] => [
      show(of(timings, 'effect')),
      show(of(timings, 'total')),
      ratio(of(timings, 'total'), of(alone, 'total')),
    ];
    const first = [one.rules, one.callMs, one.importMs];
    rows.push(...rowsOf(first, { 'import alone': alone, 'contain-host': ours }, cells));
  }
  return {
    title: 'Release',
    note: 'Milliseconds, as above. A real import adds rule by rule and is said to take seconds. Nobody has published a figure; the first pairs assume three seconds. In the others the import takes as long as any call of netsh. There a release must take longer than the import alone: it starts Node twice, and first exports the present policy, which takes as long as that import.',
    columns: ['rules', 'netsh', 'import', '', 'old policy in force', 'total', 'x', 'processes'],
    rows,
  };
}
