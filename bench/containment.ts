import type { Table } from './report';
import { interleave, ratio, show } from './samples';
import { newPc, type Pc, runBatchScript, runImport, runOurs, type Timing } from './windows-pc';

const of = (timings: readonly Timing[], what: keyof Timing): number[] => timings.map((timing) => timing[what]);

/** One row for each contender, with what was measured of it between its name and the number of its processes. */
function rowsOf(
  rules: number,
  callMs: number,
  contenders: Readonly<Record<string, readonly Timing[]>>,
  cells: (timings: readonly Timing[]) => readonly string[],
): string[][] {
  return Object.entries(contenders).map(([name, timings]) => [
    ...[String(rules), String(callMs), name],
    ...cells(timings),
    String(timings[0]?.processes),
  ]);
}

/** Each run on a PC of its own. */
async function onNewPc<T>(rules: number, callMs: number, work: (pc: Pc) => T | Promise<T>): Promise<T> {
  const pc = newPc(rules, callMs);
  try {
    return await work(pc);
  } finally {
    pc.remove();
  }
}

/** The two against each other: from the order to the block in force. */
export async function timeToContainment(cases: readonly (readonly [rules: number, callMs: number])[], runs: number) {
  const rows: string[][] = [];
  for (const [rules, callMs] of cases) {
    const { batch, ours } = await interleave(
      {
        batch: () => onNewPc(rules, callMs, (pc) => runBatchScript(pc, 'add')),
        ours: () => onNewPc(rules, callMs, (pc) => runOurs(pc, 'add')),
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
    rows.push(...rowsOf(rules, callMs, { 'batch script': batch, 'contain-host': ours }, cells));
  }
  const table: Table = {
    title: 'Time to containment',
    note: 'Milliseconds on the stand-in for Windows. "netsh" is what one call takes, a script of many lines too; a call of reg takes 20.',
    columns: ['rules', 'netsh', '', 'block in force', 'x', 'old rules off, no block', 'x', 'total', 'processes'],
    rows,
  };
  return table;
}

/** The release against the import alone, which is all that the batch script does. */
export async function timeToRelease(cases: readonly (readonly [rules: number, callMs: number])[], runs: number) {
  const rows: string[][] = [];
  for (const [rules, callMs] of cases) {
    const release = (work: (pc: Pc) => Promise<Timing>) => () =>
      onNewPc(rules, callMs, async (pc) => {
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
    rows.push(...rowsOf(rules, callMs, { 'import alone': alone, 'contain-host': ours }, cells));
  }
  const table: Table = {
    title: 'Release',
    note: 'Milliseconds, as above.',
    columns: ['rules', 'netsh', '', 'old policy in force', 'total', 'x', 'processes'],
    rows,
  };
  return table;
}
