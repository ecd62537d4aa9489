import { appendFileSync, mkdtempSync, readdirSync, readFileSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { type Asked, Journal } from '../../src/state/journal';
import { damaged } from '../damage';

const asked: Asked = { requestedBy: 'operator', handlers: ['192.0.2.50/32'], operatorAddress: '192.0.2.50/32' };

function newJournal(): { journal: Journal; folder: string; file: string } {
  const folder = mkdtempSync(join(tmpdir(), 'journal-'));
  return { journal: new Journal(folder), folder, file: join(folder, 'journal.jsonl') };
}

test('no case is open before the first order', () => {
  expect(newJournal().journal.read()).toBeUndefined();
});

test('an open case tells who asked, what is unfinished and what was judged', () => {
  const { journal } = newJournal();
  journal.append({ event: 'asked', ...asked });
  journal.append({ event: 'step', step: 'backup', command: null });
  expect(journal.read()).toMatchObject({ asked, unfinished: ['backup'] });
  expect(journal.read()).not.toHaveProperty('judged');
  journal.append({ event: 'noted', facts: { backup: 'a.wfw' } });
  journal.append({ event: 'judged', state: 'contained', gaps: [] });
  expect(journal.read()).toMatchObject({
    unfinished: [],
    facts: { backup: 'a.wfw' },
    judged: { state: 'contained', gaps: [] },
  });
});

test.each([
  { event: 'step', step: 'rules', command: null },
  { event: 'judged', state: 'contained', gaps: [] },
] as const)('what a later order asks for counts with the line that something came of: %j', (line) => {
  const { journal } = newJournal();
  journal.append({ event: 'asked', ...asked });
  journal.append({ event: 'noted', facts: { backup: 'a.wfw' } });
  journal.append(line);
  expect(journal.read()?.asked).toEqual(asked);
  const later: Asked = { ...asked, handlers: ['192.0.2.51/32'] };
  journal.append({ ...line, asked: later });
  journal.append({ event: 'step', step: 'import', command: null });
  expect(journal.read()).toMatchObject({ asked: later, facts: { backup: 'a.wfw' } });
});

test('a closed case is put aside whole', () => {
  const { journal, folder } = newJournal();
  journal.append({ event: 'asked', ...asked });
  journal.close('released');
  expect(journal.read()).toBeUndefined();
  const [kept] = readdirSync(folder);
  expect(readFileSync(join(folder, String(kept)), 'utf8')).toMatch(/"asked".*\n.*"closed".*"released"/);
});

test('a case closed on disk is closed, even when its file was not put aside any more', () => {
  const { journal } = newJournal();
  journal.append({ event: 'asked', ...asked });
  journal.append({ event: 'closed', how: 'released' });
  expect(journal.read()).toBeUndefined();
});

test('a line torn at any byte is ignored, and the next line is not spoilt by it', () => {
  const { journal, file } = newJournal();
  journal.append({ event: 'asked', ...asked });
  const whole = readFileSync(file).length;
  journal.append({ event: 'step', step: 'backup', command: ['netsh.exe', 'advfirewall', 'export'] });
  const text = readFileSync(file);
  for (let length = whole; length < text.length; length++) {
    writeFileSync(file, text);
    truncateSync(file, length);
    expect(journal.read()?.unfinished.length).toBe(length === text.length - 1 ? 1 : 0);
    journal.append({ event: 'step', step: 'disable-rules', command: null });
    expect(journal.read()?.unfinished.at(-1)).toBe('disable-rules');
  }
});

test('whatever stands in the file, reading it ends with a case or none', () => {
  const { journal, file } = newJournal();
  const lines = fc.array(
    fc.oneof(
      fc.string(),
      fc.json(),
      fc.json().map((json) => `{"time":"2026-11-25","event":"asked","handlers":${json}}`),
    ),
  );
  fc.assert(
    fc.property(lines, (content) => {
      writeFileSync(file, content.join('\n'));
      expect(() => journal.read()).not.toThrow();
    }),
    { numRuns: 1000 },
  );
});

test('a journal with other bytes in it ends with a case or none, and with nobody in it who does not stand there', () => {
  const { journal, file } = newJournal();
  journal.append({ event: 'asked', ...asked });
  journal.append({ event: 'step', step: 'backup', command: null });
  journal.append({ event: 'noted', facts: { backup: 'x.wfw', backupLength: 7 } });
  journal.append({ event: 'judged', state: 'contained', gaps: [] });
  fc.assert(
    fc.property(damaged([readFileSync(file)]), (content) => {
      writeFileSync(file, content);
      const text = content.toString().replaceAll('\\', '');
      for (const handler of journal.read()?.asked.handlers ?? [])
        expect(text).toContain(JSON.stringify(handler).slice(1, -1).replaceAll('\\', ''));
    }),
    { numRuns: 2000 },
  );
});

test('junk before the case does not hide it', () => {
  const { journal, file } = newJournal();
  appendFileSync(file, '\0\0\0garbage');
  journal.append({ event: 'asked', ...asked });
  expect(journal.read()).toMatchObject({ asked });
});

test('the time to read a journal grows with its lines, and not with their square', () => {
  const effortOf = (lines: number): number => {
    const { journal, file } = newJournal();
    journal.append({ event: 'asked', ...asked });
    const line = `${JSON.stringify({ time: new Date(), event: 'step', step: 'backup', command: null })}\n`;
    appendFileSync(file, line.repeat(lines));
    const before = process.cpuUsage();
    expect(journal.read()?.unfinished).toHaveLength(lines);
    const { user, system } = process.cpuUsage(before);
    return user + system;
  };
  effortOf(1000);
  expect(effortOf(40_000) / effortOf(5000)).toBeLessThan(24);
});
