import { closeSync, existsSync, mkdtempSync, openSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { runProcess } from '../../src/process/run';

const shell = (script: string, options = {}) => runProcess('/bin/sh', ['-c', script], options);

test('exit code and output of both pipes come back', async () => {
  const result = await shell('echo out; echo err >&2; exit 3');
  expect(result).toMatchObject({ exitCode: 3, timedOut: false });
  expect(result.output.toString().split('\n').sort()).toEqual(['', 'err', 'out']);
});

test('a process that does not end is killed at its limit', async () => {
  expect(await shell('exec sleep 600', { limitMs: 100 })).toMatchObject({ exitCode: null, timedOut: true });
});

test('a grandchild that keeps the pipes open does not hold us', async () => {
  const result = await shell('sleep 600 & echo $!; exit 0');
  process.kill(Number(result.output.toString()));
  expect(result.exitCode).toBe(0);
});

test('a flood of output is drained and cut', async () => {
  const result = await shell('head -c 5000000 /dev/zero');
  expect(result.exitCode).toBe(0);
  expect(result.output.length).toBe(64 * 1024);
});

test('a program that is not there is a result, not an exception', async () => {
  const result = await runProcess('/nowhere/netsh.exe', []);
  expect(result.exitCode).toBeNull();
  expect(result.startError).toBe('it is not there');
});

test('standard input is empty unless a file is given', async () => {
  expect((await shell('cat')).output.toString()).toBe('');
  const file = join(mkdtempSync(join(tmpdir(), 'run-')), 'input');
  writeFileSync(file, 'text');
  const inputFd = openSync(file, 'r');
  expect((await shell('cat', { inputFd })).output.toString()).toBe('text');
  closeSync(inputFd);
});

test('standard output is kept apart too, and as much as is asked for', async () => {
  const result = await shell('echo out; echo err >&2; head -c 100000 /dev/zero', { keepBytes: 100_000 });
  expect(result.stdout.subarray(0, 4).toString()).toBe('out\n');
  expect(result.stdout.includes('err')).toBe(false);
  expect(result.output.length).toBe(100_000);
});

test('the output of a process that outlives us goes to a file', async () => {
  const file = join(mkdtempSync(join(tmpdir(), 'run-')), 'output');
  expect((await shell('echo done', { outliveInto: file })).output.toString()).toBe('done\n');
  expect(existsSync(file) && readFileSync(file, 'utf8')).toBe('done\n');
});
