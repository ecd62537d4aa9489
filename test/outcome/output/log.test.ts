import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Log } from '../../../src/outcome/output/log';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'log-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

const file = (): string => join(folder, 'contain-host.log');
const lines = (): Record<string, unknown>[] =>
  readFileSync(file(), 'utf8')
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as Record<string, unknown>);

test('a line is in the file when the call returns', () => {
  new Log(folder).warn('something', { exitCode: 1 });
  expect(lines()).toEqual([{ level: 'warn', message: 'something', exitCode: 1, timestamp: expect.any(String) }]);
});

test('lines that are held back come in their order, with the time at which they were given', () => {
  const log = new Log(folder);
  log.holdBack();
  log.info('first');
  log.error('second');
  const given = new Date().toISOString();
  expect(existsSync(file())).toBe(false);
  log.prepare();
  log.info('third');
  expect(lines().map(({ level, message }) => [level, message])).toEqual([
    ['info', 'first'],
    ['error', 'second'],
    ['info', 'third'],
  ]);
  for (const line of lines().slice(0, 2)) expect(String(line.timestamp) <= given).toBe(true);
});
