import { execFileSync } from 'node:child_process';
import { closeSync, mkdirSync, mkdtempSync, readdirSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openAnonymousFile } from '../../src/process/anonymous-file';

const folder = mkdtempSync(join(tmpdir(), 'anonymous '));
const text = 'add table inet x\n'.repeat(10_000);
const childReads = (fd: number, ...args: readonly string[]): string =>
  execFileSync('cat', args, { stdio: [fd, 'pipe', 'inherit'], encoding: 'utf8', maxBuffer: 10 ** 7 });

test.each([
  ['as its standard input', []],
  ['by opening it anew, as nft 0.9.8 does', ['/dev/stdin']],
])('a child reads it %s, and nothing is left in the folder', (_how, args) => {
  const fd = openAnonymousFile(text, [folder]);
  expect(readdirSync(folder)).toEqual([]);
  expect(childReads(fd, ...args)).toBe(text);
  closeSync(fd);
});

test('nobody else may read it', () => {
  const fd = openAnonymousFile(text, [folder]);
  expect(statSync(`/proc/self/fd/${fd}`).mode & 0o777).toBe(0o600);
  closeSync(fd);
});

test('the first folder that takes it is used', () => {
  const file = join(folder, 'file');
  writeFileSync(file, '');
  const good = join(folder, 'good');
  mkdirSync(good);
  const fd = openAnonymousFile(text, [join(folder, 'none'), file, good]);
  expect(childReads(fd)).toBe(text);
  closeSync(fd);
  expect(() => openAnonymousFile(text, [join(folder, 'none')])).toThrow('ENOENT');
});
