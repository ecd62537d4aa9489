import { type ChildProcess, spawn } from 'node:child_process';
import { copyFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { setImmediate as immediate } from 'node:timers/promises';
import { linuxSources } from '../../src/evidence/linux-sources';
import { processSource } from '../../src/evidence/processes';
import type { Taken } from '../../src/evidence/source';
import { type Host, timeouts } from '../../src/host';

/** One line of the list, as far as these tests look at it. */
interface Listed {
  readonly pid: number;
  readonly parent: number;
  readonly name: unknown;
  readonly user?: string;
  readonly uid: number;
  readonly startedAt: string;
  readonly exe?: string;
  readonly isExeDeleted?: boolean;
  readonly socketInodes: readonly number[];
  readonly commandLine: readonly unknown[] | null;
  readonly isStuck?: true;
}

const built = resolve(__dirname, '../../dist/contain-host.js');

function hostThatRuns(...command: readonly [string, ...string[]]): Host {
  const limits = { ...timeouts, evidenceTool: 120_000 };
  return { platform: 'linux', env: process.env, program: built, command, name: 'contain-host', timeouts: limits };
}

async function list(host: Host): Promise<Taken & { readonly lines: Listed[] }> {
  const chunks: Buffer[] = [];
  const taken = await processSource(host).collect((stream, bytes) => {
    if (stream === 'stdout') chunks.push(bytes);
    return true;
  });
  const text = Buffer.concat(chunks).toString('utf8');
  expect(text.endsWith('\n')).toBe(true);
  const lines = text.split('\n').slice(0, -1);
  return { ...taken, lines: lines.map((line) => JSON.parse(line) as Listed) };
}

let folder: string;
const children: ChildProcess[] = [];
let server: Server | undefined;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'processes-'));
});
afterEach(() => {
  for (const child of children.splice(0)) child.kill('SIGKILL');
  server?.close();
  server = undefined;
  rmSync(folder, { recursive: true });
});

const run = async (program: string, args: readonly string[], argv0?: string): Promise<number> => {
  const child = spawn(program, args, { stdio: 'ignore', ...(argv0 === undefined ? {} : { argv0 }) });
  children.push(child);
  await new Promise((done) => child.on('spawn', done));
  return child.pid ?? 0;
};

test('the real processes are listed: whose, since when, from which file, and with which words', async () => {
  const odd = ['3600', '--x=<b>"\u001b[2J\'', 'a\nb', 'Größe'];
  const pid = await run(process.execPath, ['-e', 'setInterval(() => {}, 1e6)', '--', ...odd], 'evil\t"name"');
  const copy = join(folder, 'gone');
  copyFileSync('/bin/sleep', copy);
  const deleted = await run(copy, ['3600']);
  rmSync(copy);
  const { end, exitCode, lines } = await list(hostThatRuns(process.execPath, built));
  expect({ end, exitCode }).toEqual({ end: 'complete', exitCode: 0 });
  const found = lines.find((line) => line.pid === pid);
  expect(found).toMatchObject({ parent: process.pid, uid: process.getuid?.(), isExeDeleted: false });
  expect(found?.commandLine).toEqual(expect.arrayContaining(['evil\t"name"', ...odd]));
  expect(Math.abs(Date.parse(found?.startedAt ?? '') - Date.now())).toBeLessThan(600_000);
  expect(lines.find((line) => line.pid === deleted)).toMatchObject({ exe: copy, isExeDeleted: true });
  expect(lines.find((line) => line.pid === process.pid)?.name).toEqual(expect.any(String));
  expect(lines.map(({ pid: one }) => one)).toEqual(lines.map(({ pid: one }) => one).sort((a, b) => a - b));
});

test('bytes of a command line that are no UTF-8 are not lost', async () => {
  const script = `exec "$0" -e 'setInterval(() => {}, 1e6)' -- "$(printf '\\377')"`;
  const pid = await run('/bin/sh', ['-c', script, process.execPath]);
  while (!readFileSync(`/proc/${pid}/cmdline`).includes(0xff)) await immediate();
  const { lines } = await list(hostThatRuns(process.execPath, built));
  expect(lines.find((line) => line.pid === pid)?.commandLine?.at(-1)).toEqual({ base64: '/w==' });
});

test('the sockets of a process are listed by their inodes', async () => {
  const listening = createServer();
  server = listening;
  await new Promise<void>((done) => listening.listen(0, '127.0.0.1', done));
  const { lines } = await list(hostThatRuns(process.execPath, built));
  expect(lines.find((line) => line.pid === process.pid)?.socketInodes.length).toBeGreaterThan(0);
});

/** A reader of processes that is stuck at these, and lists no other ones than up to `last`. */
function stuckReader(stuck: readonly number[], last: number): string {
  const script = join(folder, 'reader.cjs');
  writeFileSync(
    script,
    `const from = Number(process.argv.at(-1));
     const { writeSync } = require('node:fs');
     for (let pid = from; pid <= ${last}; pid++) {
       writeSync(1, '{"pid":' + pid + ',"name":"x}\\\\n"');
       if (${JSON.stringify(stuck)}.includes(pid)) Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0);
       writeSync(1, ',"commandLine":[]}\\n');
     }`,
  );
  return script;
}

test('a process whose command line is never told is named, and the others are listed all the same', async () => {
  const { end, why, lines } = await list(hostThatRuns(process.execPath, stuckReader([2, 3, 7], 9)));
  expect(end).toBe('complete');
  expect(why).toMatch(/stuck.*: 2, 3, 7$/);
  expect(lines.map(({ pid }) => pid)).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9]);
  expect(lines.filter(({ isStuck }) => isStuck).map(({ pid, commandLine }) => [pid, commandLine])).toEqual([
    [2, null],
    [3, null],
    [7, null],
  ]);
});

test('of the rules it is said which tables are ours: the block does not wait for the listing', async () => {
  const ruleset = linuxSources(hostThatRuns(process.execPath, built)).first.find(({ name }) => name === 'ruleset');
  const { end, why } = (await ruleset?.collect(() => true)) ?? {};
  expect(end === 'missing' ? 'no nft here' : why).toMatch(/^no nft here$|contain_host/);
});

test('50,000 processes are listed whole', async () => {
  const { end, lines } = await list(hostThatRuns(process.execPath, stuckReader([], 50_000)));
  expect([end, lines.length]).toEqual(['complete', 50_000]);
});
