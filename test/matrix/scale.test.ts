import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { bigHost } from '../../fixtures/standin/hosts';
import { add, addOther, Bench, release } from './bench';
import { isLong, reportFigures } from './report';
import { truthOf } from './truth';

/** KiB. */
const mostMemory = 200 * 1024;

/** What a run makes of the system: everything but the memory depends on nothing but the host. */
async function measure(rules: number) {
  const bench = Bench.create(bigHost(rules));
  const before = bench.machine.fingerprint();
  const memory = join(bench.folder, 'memory');
  const calls: number[] = [];
  const tools: number[] = [];
  for (const order of [add, addOther, release]) {
    bench.machine.forgetCalls();
    const record = await bench.record(order, { tools: 'real', memory });
    calls.push(record.length);
    tools.push(bench.machine.calls().length);
    if (order !== release) expect(truthOf(bench.machine)).toBe('contained');
  }
  expect(bench.machine.fingerprint()).toBe(before);
  const peaks = readFileSync(memory, 'utf8').trim().split('\n').map(Number);
  bench.remove();
  return { calls, tools, peaks };
}

test('30,000 rules take as many calls and processes as 300, and little memory', async () => {
  const few = await measure(300);
  const many = await measure(30_000);
  expect(many.tools).toEqual(few.tools);
  expect(many.calls).toEqual(few.calls);
  expect(Math.max(...many.peaks)).toBeLessThan(mostMemory);
  const mebibytes = many.peaks.map((peak) => Math.round(peak / 1024));
  const sentence = `30,000 rules: ${many.tools.join(', ')} processes and ${mebibytes.join(', ')} MiB for ADD, second ADD, DELETE`;
  reportFigures('scale', sentence, { processes: many.tools, mebibytes, isLong });
}, 600_000);
