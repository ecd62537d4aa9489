import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { nameText } from '../../fixtures/interpose/calls';
import { watchRuns } from '../../fixtures/interpose/within';
import { typicalHost } from '../../fixtures/standin/hosts';
import { ensureKey, paths } from '../../fixtures/standin/registry';
import { add, addOther, Bench, type Order, release } from './bench';

let endWatching: () => void;
beforeAll(() => {
  endWatching = watchRuns();
});
afterAll(() => endWatching());

/** The commands in the journals, in the words of the recordings. */
function journalled({ folder, stateFolder }: Bench): string[] {
  const files = readdirSync(stateFolder, { recursive: true, encoding: 'utf8' }).filter((name) =>
    name.endsWith('journal.jsonl'),
  );
  const lines = files.flatMap((name) => readFileSync(join(stateFolder, name), 'utf8').split('\n').slice(0, -1));
  return lines
    .map((line) => (JSON.parse(line) as { command?: string[] }).command)
    .filter((command) => command !== undefined)
    .map(([program, ...args]) => {
      const tool = program?.endsWith('System32/netsh.exe') ? 'netsh' : program;
      return ['start', tool, ...args.map((word) => nameText(word, folder))].join(' ');
    });
}

test.each<[string, readonly Order[], Order, atLeast: number]>([
  ['ADD', [], add, 3],
  ['a second ADD', [add], addOther, 1],
  ['DELETE', [add], release, 2],
])('%s: no netsh starts before its command is on disk', async (_title, ordersBefore, order, atLeast) => {
  const host = Bench.create();
  for (const earlier of ordersBefore) await host.work(earlier);
  const trial = host.copy();
  const starts = (await trial.record(order)).filter((name) => name.startsWith('start netsh'));
  trial.remove();
  expect(starts.length).toBeGreaterThanOrEqual(atLeast);
  for (const call of starts) {
    const bench = host.copy();
    await bench.workWithin(order, { kill: { call, when: 'before' }, lock: 'played' });
    expect(journalled(bench)).toContain(call.replace(/ #\d+$/, ''));
    bench.remove();
  }
  host.remove();
});

test('an ADD that is refused leaves no journal, although its export had begun', async () => {
  const { registry, ...rest } = typicalHost();
  ensureKey(registry, `${paths.services}\\MpsSvc`).Start = 4;
  const host = Bench.create({ registry, ...rest });
  expect(await host.record(add)).toContainEqual(expect.stringMatching(/^start netsh advfirewall export/));
  expect((await host.workWithin(add, { lock: 'played' })).exitCode).toBe(2);
  expect(readdirSync(host.stateFolder).filter((name) => /journal|reading/.test(name))).toEqual([]);
  host.remove();
});
