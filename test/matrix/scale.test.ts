import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { bigHost } from '../../fixtures/standin/hosts';
import { add, addOther, Bench, release } from './bench';
import { reportFigures } from './report';
import { truthOf } from './truth';

/** KiB. */
const mostMemory = 200 * 1024;

/**
 * What a run makes of the system. Calls and tools depend on nothing but the host; processor time is the program's own.
 */
async function measure(rules: number) {
  const bench = Bench.create(bigHost(rules));
  const before = bench.machine.fingerprint();
  const effort = join(bench.folder, 'effort');
  const calls: number[] = [];
  const tools: number[] = [];
  for (const order of [add, addOther, release]) {
    bench.machine.forgetCalls();
    const record = await bench.record(order, { tools: 'real', effort });
    calls.push(record.length);
    tools.push(bench.machine.calls().length);
    if (order !== release) expect(truthOf(bench.machine)).toBe('contained');
  }
  expect(bench.machine.fingerprint()).toBe(before);
  const lines = readFileSync(effort, 'utf8').trim().split('\n');
  const efforts = lines.map((line) => line.split(' ').map(Number));
  bench.remove();
  return { calls, tools, peaks: column(efforts, 0), milliseconds: column(efforts, 1) };
}

function column(rows: readonly (readonly number[])[], index: number): number[] {
  return rows.map((row) => row[index] ?? Number.NaN);
}

test('30,000 rules take as many calls and processes as 3,000, ten times the work at most, and little memory', async () => {
  const few = await measure(3_000);
  const many = await measure(30_000);
  expect(many.tools).toEqual(few.tools);
  expect(many.calls).toEqual(few.calls);
  expect(Math.max(...many.peaks)).toBeLessThan(mostMemory);
  for (const [index, ms] of many.milliseconds.entries()) expect(ms).toBeLessThan(10 * (few.milliseconds[index] ?? 0));
  const mebibytes = many.peaks.map((peak) => Math.round(peak / 1024));
  const times = many.milliseconds.map((ms, index) => (ms / (few.milliseconds[index] ?? 0)).toFixed(1)).join(', ');
  const sentence = `30,000 rules: ${many.tools.join(', ')} processes and ${mebibytes.join(', ')} MiB for ADD, second ADD, DELETE; ${times} x the processor time of 3,000`;
  reportFigures('scale', sentence, { processes: many.tools, mebibytes, milliseconds: many.milliseconds });
}, 600_000);
