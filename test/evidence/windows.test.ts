import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, renameSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { readEvidence } from '../../src/evidence/read';
import { verify } from '../../src/evidence/verify';
import { EvidencePc, filesBelow, wrongFiles } from './taken';

let pc: EvidencePc;
beforeEach(() => {
  pc = new EvidencePc();
});
afterEach(() => pc.remove());

test('the bytes of a tool are kept as it wrote them, with when, how it ended, and their hash', async () => {
  // CP850, CP932, and none of any: control characters, quotes and HTML in the name of a process.
  pc.install('netstat.exe', `printf '  TCP    \\204\\224\\201 \\202\\240\\201\\264 "$*"'`);
  pc.install('tasklist.exe', `printf '"<script>\\001\\033]0;x\\007","4711"\\r\\n'; exit 3`);
  pc.install('net.exe', `echo 'Zugriff verweigert' >&2; exit 2`);
  expect(await pc.take()).toBe(0);
  const first = pc.manifest('first');
  expect(first).toMatchObject({ stage: 'first', case: '77', order: { requestedBy: 'operator', caseNumber: '77' } });
  expect(pc.item('first', 'connections')).toMatchObject({
    end: 'complete',
    exitCode: 0,
    source: [expect.stringContaining('netstat.exe'), '-ano'],
  });
  const connections = Buffer.from('  TCP    \x84\x94\x81 \x82\xa0\x81\xb4 ', 'latin1');
  expect(pc.content('first', 'connections.txt').subarray(0, connections.length)).toEqual(connections);
  expect(pc.item('first', 'processes')).toMatchObject({ end: 'complete', exitCode: 3 });
  expect(pc.content('first', 'processes.csv').toString('latin1')).toBe('"<script>\x01\x1b]0;x\x07","4711"\r\n');
  expect(pc.item('first', 'smb-sessions')).toMatchObject({
    exitCode: 2,
    files: [{ stream: 'stderr', file: 'smb-sessions.err.txt' }],
  });
  for (const { startedAt = '', endedAt = '' } of first.items)
    expect([startedAt, endedAt].join()).toMatch(/^(\S+Z,\S+Z|)$/);
  expect(wrongFiles(pc.state)).toEqual([]);
});

test('a tool that is not there is named, and so is a file that is none', async () => {
  mkdirSync(join(pc.system32, 'drivers', 'etc', 'hosts'));
  await pc.take();
  expect(pc.item('first', 'sessions')).toMatchObject({ end: 'missing', files: [] });
  expect(pc.item('first', 'hosts')).toMatchObject({ end: 'failed' });
  expect(pc.item('second', 'command-lines')).toMatchObject({ end: 'missing' });
});

test('the second stage names the hash of the first, and nothing unfinished is left', async () => {
  pc.install('schtasks.exe', 'echo task');
  writeFileSync(join(pc.system32, 'drivers', 'etc', 'hosts'), '127.0.0.1 localhost\r\n');
  await pc.take();
  const first = createHash('sha256').update(pc.content('first', 'manifest.json')).digest('hex');
  expect(pc.manifest('second').firstManifest).toBe(first);
  expect(pc.content('first', 'hosts.txt').toString()).toBe('127.0.0.1 localhost\r\n');
  expect(pc.item('second', 'scheduled-tasks')).toMatchObject({ end: 'complete' });
  expect(filesBelow(pc.place).filter((file) => !/^(first|second)\//.test(file))).toEqual([]);
  const [one] = readEvidence(pc.state).snapshots;
  expect(one === undefined ? undefined : verify(pc.state, one).findings).toEqual([]);
});

test('a tool that hangs costs nothing but its own item: the first stage is closed, and the second has the beginning', async () => {
  pc.install('netstat.exe', 'echo begun; exec sleep 3600');
  pc.install('arp.exe', 'echo arp');
  await pc.take(pc.host({ evidence: 5000, evidenceTool: 7000 }));
  expect(pc.item('first', 'connections')).toMatchObject({ end: 'pending', files: [] });
  expect(pc.item('first', 'arp')).toMatchObject({ end: 'complete' });
  expect(pc.item('second', 'connections')).toMatchObject({ end: 'timed-out', exitCode: null });
  expect(pc.content('second', 'connections.txt').toString()).toBe('begun\n');
  expect(wrongFiles(pc.state)).toEqual([]);
});

test('a tool that is ended while a child of its own holds its pipes is not waited for', async () => {
  pc.install('netstat.exe', 'sleep 3600 & echo $!');
  await pc.take();
  expect(pc.item('first', 'connections')).toMatchObject({ end: 'complete', exitCode: 0 });
  process.kill(Number(pc.content('first', 'connections.txt').toString()));
});

test('of a tool that writes without end the beginning is kept, and that is said', async () => {
  pc.install('netstat.exe', 'exec yes "<b>again and again</b>"');
  await pc.take();
  expect(pc.item('first', 'connections')).toMatchObject({ end: 'truncated', files: [{ bytes: 16 * 1024 * 1024 }] });
  expect(wrongFiles(pc.state)).toEqual([]);
});

test('50,000 connections are kept whole', async () => {
  pc.install('netstat.exe', `seq -f '  TCP    10.0.0.1:%.0f    203.0.113.9:443    ESTABLISHED     4711' 1 50000`);
  await pc.take();
  expect(pc.item('first', 'connections')).toMatchObject({ end: 'complete' });
  expect(pc.content('first', 'connections.txt').toString().split('\n')).toHaveLength(50_001);
});

test.each([
  ['all evidence', ['evidence']],
  ['the case', ['evidence', '77']],
  ['the snapshot', ['evidence', '77', '20261130T092200123Z']],
])('a link in the place of the folder of %s: nothing is written through it', async (_what, names) => {
  pc.install('netstat.exe', 'echo x');
  pc.makeFolders();
  const elsewhere = join(pc.folder, 'elsewhere');
  renameSync(join(pc.state, ...names), elsewhere);
  symlinkSync(elsewhere, join(pc.state, ...names));
  expect(await pc.take()).toBe(2);
  expect(filesBelow(elsewhere)).toEqual([]);
});

test('a file that somebody put in the place of one of ours is left alone', async () => {
  pc.install('netstat.exe', 'echo x');
  const victim = join(pc.folder, 'victim');
  writeFileSync(victim, 'mine');
  pc.makeFolders();
  symlinkSync(victim, join(pc.place, 'unfinished', 'connections.txt'));
  expect(await pc.take()).toBe(0);
  expect(pc.item('first', 'connections')).toMatchObject({ end: 'failed', files: [] });
  expect(readFileSync(victim, 'utf8')).toBe('mine');
  expect(existsSync(join(pc.place, 'first', 'manifest.json'))).toBe(true);
});

test('what the order kept of the hosts file before it pinned names there is in the second stage', async () => {
  pc.makeFolders();
  writeFileSync(join(pc.place, 'hosts-before-pins.txt'), '10.0.0.1 files\r\n');
  await pc.take();
  expect(pc.content('second', 'hosts-before.txt').toString()).toBe('10.0.0.1 files\r\n');
  expect(wrongFiles(pc.state)).toEqual([]);
});
