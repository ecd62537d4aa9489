import { chmodSync, existsSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { constants } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { Endpoint } from '../../fixtures/endpoint';
import { typicalHost } from '../../fixtures/standin/hosts';
import { readEvidence, type Snapshot } from '../../src/evidence/read';
import { filesBelow, wrongFiles } from '../evidence/taken';

const handler = '192.0.2.50';
const alert = '1598432109.1 5710 (h) any->/var/log/secure (null)';

let endpoint: Endpoint;
beforeEach(() => {
  endpoint = new Endpoint(typicalHost());
  endpoint.snapshots = 'real';
});
afterEach(() => endpoint.remove());

/** A small program of the shell in the place of a tool. */
const install = (tool: string, script: string): void => {
  const file = join(endpoint.machine.system32, tool);
  writeFileSync(file, `#!/bin/sh\n${script}\n`);
  chmodSync(file, 0o755);
};

const snapshots = (): readonly Snapshot[] => readEvidence(endpoint.stateFolder).snapshots;
/** Waits for a process that nobody waits for: until so many snapshots have this stage. */
const until = async (stage: 'first' | 'second', count = 1): Promise<readonly Snapshot[]> => {
  while (snapshots().filter((one) => one[stage] !== undefined).length < count) await wait(20);
  return snapshots();
};
const word = (line = endpoint.audit().at(-1)): string | undefined => /evidence=(\S+)/.exec(line ?? '')?.[1];

test('an ADD leaves a snapshot of its case, whose first manifest the outcome line names or calls pending', async () => {
  install('netstat.exe', 'echo "  TCP    10.0.0.7:50123    203.0.113.66:443    ESTABLISHED    4711"');
  expect(await endpoint.run('contain', handler, 'case=77')).toMatchObject({ exitCode: 0 });
  const before = endpoint.machine.fingerprint();
  expect(await endpoint.run('contain', handler, 'case=77')).toMatchObject({ exitCode: 0 });
  const [first, second] = await until('second', 2);
  expect(endpoint.machine.fingerprint()).toBe(before);
  expect([first?.case, second?.case]).toEqual(['77', '77']);
  expect(first?.name).not.toBe(second?.name);
  expect(second?.first?.manifest).toMatchObject({ case: '77', order: { requestedBy: 'operator', caseNumber: '77' } });
  expect(['pending', second?.first?.sha256]).toContain(word());
  expect(second?.second?.manifest.firstManifest).toBe(second?.first?.sha256);
  expect(wrongFiles(endpoint.stateFolder)).toEqual([]);
});

test('it stands back for the order, and asks netsh for neighbours, which the order counts as no call of its own', async () => {
  // The nice value (proc_pid_stat(5), field 19): behind every order's, which has its caller's.
  install('netstat.exe', 'exec cut -d " " -f 19 /proc/self/stat');
  expect(await endpoint.run('contain', handler, 'case=77')).toMatchObject({ exitCode: 0 });
  const [one] = await until('second');
  const items = [one?.first, one?.second].flatMap((stage) => stage?.manifest.items ?? []);
  const ended = (name: string) => items.findLast((item) => item.name === name);
  expect(ended('neighbours-ipv6')).toMatchObject({ end: 'complete', exitCode: 0, files: [{ stream: 'stdout' }] });
  expect(ended('connections')).toMatchObject({ end: 'complete' });
  const folder = join(endpoint.stateFolder, 'evidence', '77', one?.name ?? '');
  const niceness = ['first', 'second'].flatMap((stage) => {
    const file = join(folder, stage, 'connections.txt');
    return existsSync(file) ? [Number(readFileSync(file, 'latin1'))] : [];
  });
  // Once the block is in force it stands back less, where the order has the right to say so.
  expect([[constants.priority.PRIORITY_LOW], [constants.priority.PRIORITY_BELOW_NORMAL]]).toContainEqual(niceness);
  expect(endpoint.machine.calls().filter(({ argv, refused }) => refused || argv[0] === 'interface')).toEqual([]);
});

test('the line of an order that was taken back names its snapshot, too', async () => {
  endpoint.machine.setFaults({ kind: 'fail', match: 'policy' });
  expect(await endpoint.run('contain', handler, 'case=77')).toMatchObject({ exitCode: 4 });
  const [one] = await until('first');
  expect(endpoint.audit().at(-1)).toMatch(/ add-failed .* exit=4 rolled-back evidence=\S+ case=77$/);
  expect(['pending', one?.first?.sha256]).toContain(word());
});

test('tools that hang, flood, fail and are missing change nothing of the order, which does not wait for them', async () => {
  install('netstat.exe', 'exec sleep 3600');
  install('ipconfig.exe', 'exec yes');
  install('tasklist.exe', 'exit 9');
  const before = endpoint.machine.fingerprint();
  expect(await endpoint.run('ADD', '-', handler)).toMatchObject({ exitCode: 0 });
  expect(endpoint.statuses()).toEqual(['add-started', 'add']);
  expect(await endpoint.run('DELETE', '-', '-')).toMatchObject({ exitCode: 0 });
  expect(endpoint.machine.fingerprint()).toBe(before);
});

test("an alert's order leaves one where the settings say so, and one an hour; an operator's leaves none where they say none", async () => {
  await endpoint.run('ADD', '-', '203.0.113.9', alert);
  expect([snapshots(), word()]).toEqual([[], undefined]);
  endpoint.setSettings({ evidence: 'snapshot' });
  await endpoint.run('ADD', '-', '203.0.113.9', alert);
  await endpoint.run('ADD', '-', '203.0.113.9', alert);
  expect(snapshots()).toHaveLength(1);
  expect((await until('first'))[0]?.first?.manifest.order).toMatchObject({ requestedBy: 'alert', ruleId: '5710' });
  endpoint.setSettings({ evidence: 'none' });
  await endpoint.run('ADD', '-', handler);
  expect([snapshots().length, word()]).toEqual([1, undefined]);
});

test.each(['..', 'con', '.', 'a.'])(
  'the case number %s leads nowhere: the folder is named by the time',
  async (number) => {
    expect(await endpoint.run('contain', handler, `case=${number}`)).toMatchObject({ exitCode: 0 });
    const [one] = await until('first');
    expect(one?.case).toMatch(/^\d{8}T\d{9}Z$/);
    expect(one?.first?.manifest.order.caseNumber).toBe(number);
  },
);

test('a link in the place of the evidence costs the snapshot, is named, and not followed', async () => {
  const elsewhere = join(endpoint.folder, 'elsewhere');
  mkdirSync(elsewhere);
  mkdirSync(endpoint.stateFolder, { recursive: true });
  symlinkSync(elsewhere, join(endpoint.stateFolder, 'evidence'));
  expect(await endpoint.run('ADD', '-', handler)).toMatchObject({ exitCode: 0 });
  expect(word()).toBe('none');
  expect(JSON.stringify(endpoint.log())).toContain('is a link');
  expect(filesBelow(elsewhere)).toEqual([]);
});

test('names are pinned only after the hosts file was kept as it was', async () => {
  endpoint.configure(
    '<ossec_config><client><server><address>manager.invalid</address><protocol>udp</protocol></server></client></ossec_config>',
  );
  const log = '2026/11/24 10:00:00 INFO: Connected to manager.invalid at address 10.0.0.5, port 1514\r\n';
  writeFileSync(join(endpoint.home, 'ossec.log'), log);
  const { hostsFile } = endpoint.machine;
  const original = readFileSync(hostsFile, 'latin1');
  expect(await endpoint.run('ADD', '-', handler)).toMatchObject({ exitCode: 0 });
  expect(readFileSync(hostsFile, 'latin1')).toBe(`${original}10.0.0.5 manager.invalid # contain-host\r\n`);
  const [one] = await until('second');
  const place = join(endpoint.stateFolder, 'evidence', one?.case ?? '', one?.name ?? '');
  expect(readFileSync(join(place, 'second', 'hosts-before.txt'), 'latin1')).toBe(original);
  expect(wrongFiles(endpoint.stateFolder)).toEqual([]);
});
