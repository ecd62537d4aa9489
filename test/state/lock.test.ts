import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readdirSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { acquireLock, isLocked } from '../../src/state/lock';

const newFolder = (): string => mkdtempSync(join(tmpdir(), 'lock-'));

test('the second one is told that the first is at work', async () => {
  const folder = newFolder();
  const first = await acquireLock(folder, 0);
  await expect(acquireLock(folder, 0)).rejects.toMatchObject({ code: 'busy', exitCode: 8 });
  first.release();
  (await acquireLock(folder, 0)).release();
});

test('the second one gets the lock when the first gives it back in time', async () => {
  const folder = newFolder();
  const first = await acquireLock(folder, 0);
  const second = acquireLock(folder, 10_000);
  first.release();
  (await second).release();
});

test('a process that was given the lock holds it after our end, and no longer than its own', async () => {
  const folder = newFolder();
  const lock = await acquireLock(folder, 0);
  const holder = spawn('/bin/cat', { stdio: ['pipe', 'ignore', 'ignore', lock.fd] });
  lock.release();
  await expect(acquireLock(folder, 0)).rejects.toMatchObject({ code: 'busy' });
  holder.kill('SIGKILL');
  await once(holder, 'exit');
  (await acquireLock(folder, 0)).release();
});

test('on a disk that takes no file there is the same lock', async () => {
  const folder = newFolder();
  const first = await acquireLock(folder, 0);
  expect(readdirSync(folder)).toEqual([]);
  expect(isLocked(folder)).toBe(true);
  writeFileSync(join(folder, 'lock'), '');
  await expect(acquireLock(folder, 0)).rejects.toMatchObject({ code: 'busy' });
  first.release();
  expect(isLocked(folder)).toBe(false);
});

test('something else in the place of the folder is a failure with its exit code', async () => {
  const file = join(newFolder(), 'file');
  writeFileSync(file, '');
  await expect(acquireLock(file, 0)).rejects.toMatchObject({ exitCode: 3 });
});
