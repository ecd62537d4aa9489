import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { watchRuns } from '../../fixtures/interpose/within';
import { damage } from '../damage';
import { add, Bench, type Order, release, udpServer } from './bench';
import { carryOut, expectOnlyNamed } from './hostile';
import { isLong, reportFigures } from './report';
import { truthOf } from './truth';

/** A contained host. */
let prepared: Bench;
let original = '';
let endWatching: () => void;
beforeAll(async () => {
  endWatching = watchRuns();
  prepared = Bench.create();
  original = prepared.machine.fingerprint();
  await prepared.workWithin(add);
});

let backups = 0;
let journals = 0;
afterAll(() => {
  endWatching();
  prepared.remove();
  const sentence = `${backups} damaged backups and ${journals} damaged journals: the first policy came back, or the host stayed contained`;
  reportFigures('damaged-files', sentence, { backups, journals });
});

async function onCopy(work: (bench: Bench) => Promise<void>): Promise<void> {
  const bench = prepared.copy();
  try {
    await work(bench);
  } finally {
    bench.remove();
  }
}

const change = (file: string, how: (bytes: Buffer) => Buffer): void => writeFileSync(file, how(readFileSync(file)));

/** Released, or contained and said to be so: never anything between, and never open without its policy. */
async function expectReleasedOrHeld(bench: Bench): Promise<number | null> {
  const { exitCode } = await carryOut(bench, release);
  if (exitCode === 0) expect(bench.machine.fingerprint()).toBe(original);
  else expect([exitCode, truthOf(bench.machine)]).toEqual([7, 'contained']);
  return exitCode;
}

test('backups with other bytes in them: the whole one is imported, or none', async () => {
  const both = fc.record({ home: fc.option(damage), state: fc.option(damage) });
  await fc.assert(
    fc.asyncProperty(both, ({ home, state }) =>
      onCopy(async (bench) => {
        const files = [join(bench.home, 'fw-backup.wfw'), secondCopy(bench)] as const;
        const whole = readFileSync(files[0]);
        if (home !== null) change(files[0], home);
        if (state !== null) change(files[1], state);
        const isWholeThere = files.some((file) => readFileSync(file).equals(whole));
        const exitCode = await expectReleasedOrHeld(bench);
        expect(exitCode === 0).toBe(isWholeThere);
        if (exitCode !== 0) {
          writeFileSync(files[0], whole);
          expect(await expectReleasedOrHeld(bench)).toBe(0);
        }
        backups++;
      }),
    ),
    { numRuns: isLong ? 600 : 150 },
  );
}, 3_600_000);

test('a backup of which nothing is recorded, with other bytes in it: no exception, and no rule of ours is left on a host that is called released', async () => {
  await fc.assert(
    fc.asyncProperty(damage, (how) =>
      onCopy(async (bench) => {
        rmSync(join(bench.stateFolder, 'journal.jsonl'));
        change(join(bench.home, 'fw-backup.wfw'), how);
        const { exitCode } = await carryOut(bench, release);
        if (exitCode === 0)
          expect(bench.machine.activeNames().filter((name) => name.startsWith('Allow OSSEC'))).toEqual([]);
        else expect(exitCode).toBe(7);
        backups++;
      }),
    ),
    { numRuns: isLong ? 400 : 150 },
  );
}, 3_600_000);

test('a journal with other bytes, lines or values in it: nobody is let in who was not named, and the first policy is not lost', async () => {
  const hostile = fc.oneof(
    fc.constantFrom(
      '0.0.0.0/0',
      '198.51.100.9/32',
      '198.51.100.9,198.51.100.0/8',
      'any',
      '192.0.2.1|Name=x|',
      '',
      '..',
    ),
    fc.json(),
  );
  const lineChange = fc.oneof(
    fc.record({ line: fc.nat(), how: fc.constantFrom('missing' as const, 'twice' as const, 'first' as const) }),
    fc.record({ line: fc.nat(), how: fc.constant('other' as const), at: fc.nat(), value: hostile }),
  );
  const orders: Order[] = [
    add,
    ['ADD', '-', '192.0.2.51'],
    ['ADD', '-', '203.0.113.9', '1598432109.1 5710 (h)'],
    release,
  ];
  await fc.assert(
    fc.asyncProperty(
      fc.array(lineChange, { maxLength: 3 }),
      fc.option(damage),
      fc.constantFrom(...orders),
      (changes, bytes, order) =>
        onCopy(async (bench) => {
          const file = join(bench.stateFolder, 'journal.jsonl');
          change(file, (content) => Buffer.from(changes.reduce(changeLine, content.toString())));
          if (bytes !== null) change(file, bytes);
          const journal = readFileSync(file, 'latin1');
          const { exitCode } = await carryOut(bench, order);
          if (order[0] === 'ADD' && (exitCode === 0 || exitCode === 6)) {
            expect(truthOf(bench.machine)).toBe('contained');
            // Whoever was let in before stays in after an alert's order.
            expectOnlyNamed(bench, add[2], order[2], journal, udpServer);
          }
          await expectReleasedOrHeld(bench);
          journals++;
        }),
    ),
    { numRuns: isLong ? 1000 : 250 },
  );
}, 3_600_000);

function secondCopy(bench: Bench): string {
  const [, name = ''] = /"backup":"([^"]+)"/.exec(readFileSync(join(bench.stateFolder, 'journal.jsonl'), 'utf8')) ?? [];
  return name;
}

interface LineChange {
  readonly line: number;
  readonly how: 'missing' | 'twice' | 'first' | 'other';
  readonly at?: number;
  readonly value?: string;
}

/** A line that is gone, stands there twice or comes first, or one of the texts in it that is another. */
function changeLine(journal: string, { line, how, at = 0, value = '' }: LineChange): string {
  const lines = journal.split('\n');
  const index = line % lines.length;
  const chosen = String(lines[index]);
  const rest = lines.filter((_, other) => other !== index);
  if (how === 'missing') return rest.join('\n');
  if (how === 'first') return [chosen, ...rest].join('\n');
  if (how === 'twice') return lines.toSpliced(index, 0, chosen).join('\n');
  const texts = [...chosen.matchAll(/"[^"]*"/g)];
  const text = texts[at % Math.max(texts.length, 1)]?.[0] ?? '';
  return lines
    .with(
      index,
      chosen.replace(text, () => JSON.stringify(value)),
    )
    .join('\n');
}
