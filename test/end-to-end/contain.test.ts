import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { containByScript } from '../../fixtures/batch-script';
import { Endpoint } from '../../fixtures/endpoint';
import { bigHost, emptyHost, offHost, typicalHost } from '../../fixtures/standin/hosts';
import type { Flow, Network, Profile } from '../../fixtures/standin/traffic';

const network: Network = { dnsServers: ['10.0.0.53'], dhcpServers: ['10.0.0.1'], localSubnet: ['10.0.0.0/24'] };
const profiles: Profile[] = ['domain', 'private', 'public'];
const server = '10.0.0.5';
const handler = '192.0.2.50';
const attacker = '203.0.113.66';

let endpoint: Endpoint;
const start = (...args: ConstructorParameters<typeof Endpoint>): Endpoint => {
  endpoint = new Endpoint(...args);
  return endpoint;
};
afterEach(() => endpoint.remove());

const isOpen = (flow: Flow): boolean[] =>
  profiles.map((profile) => endpoint.machine.verdict(profile, flow, network).answer === 'allowed');
const everywhere = [true, true, true];
const nowhere = [false, false, false];
const tcp = (direction: 'in' | 'out', remote: string, remotePort = 443): Flow => ({
  direction,
  protocol: 'tcp',
  localPort: direction === 'in' ? 445 : 50_000,
  remotePort: direction === 'in' ? 50_000 : remotePort,
  remote,
});
const refusedCalls = (): unknown[] => endpoint.machine.calls().filter((call) => call.refused);
const netshCalls = (): (readonly string[])[] =>
  endpoint.machine
    .calls()
    .filter((call) => call.tool === 'netsh')
    .map((call) => call.argv);

const localStore = 'HKLM\\SYSTEM\\CurrentControlSet\\Services\\SharedAccess\\Parameters\\FirewallPolicy';
/** When the first such call of netsh began. */
const startOf = (word: string): number =>
  endpoint.machine.calls().find(({ tool, argv }) => tool === 'netsh' && argv.includes(word))?.startedAt ?? 0;

describe.each([
  ['typical', typicalHost()],
  ['empty', emptyHost()],
  ['switched off', offHost()],
  ['5,000 rules', bigHost(5000)],
])('a host that is %s', (_kind, description) => {
  test('is contained, and is as it was after release', async () => {
    const { machine } = start(description);
    const before = machine.fingerprint();
    expect(await endpoint.run('ADD', '-', handler)).toMatchObject({ exitCode: 0 });
    expect(isOpen({ ...tcp('out', server, 1514), protocol: 'udp' })).toEqual(everywhere);
    expect(isOpen(tcp('in', handler))).toEqual(everywhere);
    expect(isOpen(tcp('out', handler))).toEqual(everywhere);
    for (const flow of [
      tcp('out', attacker),
      tcp('in', attacker),
      tcp('out', '2001:db8::66'),
      tcp('in', '2001:db8::66'),
    ]) {
      expect(isOpen(flow)).toEqual(nowhere);
    }
    expect(isOpen(tcp('out', server, 445))).toEqual(nowhere);
    expect(netshCalls().length).toBeLessThanOrEqual(6);
    expect(await endpoint.run('DELETE', '-', '-')).toMatchObject({ exitCode: 0 });
    expect(machine.fingerprint()).toBe(before);
    expect(refusedCalls()).toEqual([]);
    expect(endpoint.statuses()).toEqual(['add-started', 'add', 'delete']);
  });
});

test.each([
  ['younger', 600_000, 1],
  ['older', 0, 2],
])(
  'an export that ended long before the readings and is %s than it may be, %d ms: %d in all',
  async (_age, exportAge, exports) => {
    const { machine } = start(typicalHost());
    machine.setFaults({ kind: 'slow', ms: 400, tool: 'reg', match: 'SharedAccess', nth: 1 });
    const before = machine.fingerprint();
    const { exitCode } = await endpoint.call({ args: ['ADD', '-', handler], timeouts: { exportAge } });
    expect(exitCode).toBe(0);
    expect(netshCalls().filter((argv) => argv.includes('export'))).toHaveLength(exports);
    expect(await endpoint.run('DELETE', '-', '-')).toMatchObject({ exitCode: 0 });
    expect(machine.fingerprint()).toBe(before);
  },
);

test('the export begins before the worker does, written down beforehand, and becomes the backup', async () => {
  start(typicalHost());
  const { stateFolder } = endpoint;
  endpoint.machine.setFaults({ kind: 'held', match: 'export', tool: 'netsh' });
  const order = endpoint.call({ args: ['ADD', '-', handler] });
  while (netshCalls().length === 0) await wait(10);
  const [folder = ''] = readdirSync(stateFolder).filter((name) => existsSync(join(stateFolder, name, 'journal.jsonl')));
  expect(folder).toMatch(/^reading-begun-/);
  const written = readFileSync(join(stateFolder, folder, 'journal.jsonl'), 'utf8');
  expect(JSON.parse(written)).toMatchObject({ step: 'backup', command: expect.arrayContaining(netshCalls()[0] ?? []) });
  endpoint.machine.setFaults();
  expect(await order).toMatchObject({ exitCode: 0 });
  expect(netshCalls().filter((argv) => argv.includes('export'))).toHaveLength(1);
  const looks = endpoint.machine.calls().filter(({ argv }) => argv.includes(localStore));
  expect(looks.filter(({ startedAt }) => startedAt < startOf('-f'))).toHaveLength(1);
  expect(endpoint.stateFiles().filter((name) => name.startsWith('reading-'))).toEqual([]);
});

test('DHCP renewal goes on, and an IPv6 server keeps its neighbour discovery', async () => {
  start(typicalHost(), '<server-ip>2001:db8::5</server-ip>');
  expect(await endpoint.run('ADD', '-', '2001:db8::50')).toMatchObject({ exitCode: 0 });
  expect(
    isOpen({ direction: 'out', protocol: 'udp', localPort: 68, remotePort: 67, remote: '10.0.0.1', service: 'dhcp' }),
  ).toEqual(everywhere);
  expect(isOpen({ direction: 'in', protocol: 'icmpv6', icmpType: 136, remote: 'fe80::1' })).toEqual(everywhere);
  expect(isOpen({ ...tcp('out', '2001:db8::5', 1514), protocol: 'udp' })).toEqual(everywhere);
  expect(isOpen(tcp('in', '2001:db8::50'))).toEqual(everywhere);
  expect(isOpen(tcp('in', '2001:db8::51'))).toEqual(nowhere);
});

test('a second ADD lets the new handler in, takes the old one away and keeps the first backup', async () => {
  const { machine } = start(typicalHost());
  const before = machine.fingerprint();
  await endpoint.run('ADD', '-', handler);
  const backup = readFileSync(endpoint.backup);
  expect(await endpoint.run('ADD', '-', '192.0.2.51')).toMatchObject({ exitCode: 0 });
  expect(isOpen(tcp('in', '192.0.2.51'))).toEqual(everywhere);
  expect(isOpen(tcp('in', handler))).toEqual(nowhere);
  expect(readFileSync(endpoint.backup).equals(backup)).toBe(true);
  await endpoint.run('DELETE', '-', '-');
  expect(machine.fingerprint()).toBe(before);
});

test('the same ADD again runs no netsh at all', async () => {
  start(typicalHost());
  await endpoint.run('ADD', '-', handler);
  const calls = netshCalls().length;
  expect(await endpoint.run('ADD', '-', handler)).toMatchObject({ exitCode: 0 });
  expect(netshCalls()).toHaveLength(calls);
});

test('what somebody changed while the host was contained is put right by the next ADD, and the server is never cut off', async () => {
  const { machine } = start(typicalHost());
  await endpoint.run('ADD', '-', handler);
  machine.addRule(
    '{foreign}',
    'v2.31|Action=Allow|Active=TRUE|Dir=Out|Protocol=6|RPort=443|Name=Fernwartung für Gäste|',
  );
  machine.addRule('{ascii}', 'v2.31|Action=Allow|Active=TRUE|Dir=In|Protocol=6|LPort=3389|Name=Remote help|');
  machine.setProfileValue('public', 'EnableFirewall', 0);
  const mine = Object.entries(machine.rules()).find(([, rule]) => rule.includes('Name=Allow OSSEC Server in/tcp|'));
  machine.removeRule(String(mine?.[0]));
  machine.forgetCalls();
  expect(await endpoint.run('ADD', '-', handler)).toMatchObject({ exitCode: 0 });
  expect(isOpen(tcp('out', attacker))).toEqual(nowhere);
  expect(isOpen({ ...tcp('in', attacker), localPort: 3389 })).toEqual(nowhere);
  expect(isOpen(tcp('in', handler))).toEqual(everywhere);
  expect(netshCalls().flat()).not.toContain('all');
});

test('a rule called "all" does not make us switch off the server', async () => {
  const { machine } = start(typicalHost());
  await endpoint.run('ADD', '-', handler);
  machine.addRule('{trap}', 'v2.31|Action=Allow|Active=TRUE|Dir=Out|Protocol=6|RPort=8080|Name=all|');
  expect(await endpoint.run('ADD', '-', handler)).toMatchObject({ exitCode: 9 });
  expect(isOpen({ ...tcp('out', server, 1514), protocol: 'udp' })).toEqual(everywhere);
});

test('a DELETE on a host that is not contained changes nothing, whatever backup lies there', async () => {
  const { machine } = start(typicalHost());
  await endpoint.run('ADD', '-', handler);
  const backup = readFileSync(endpoint.backup);
  await endpoint.run('DELETE', '-', '-');
  machine.addRule('{new}', 'v2.31|Action=Allow|Active=TRUE|Dir=In|Protocol=6|LPort=80|Name=New service|');
  const before = machine.fingerprint();
  writeFileSync(endpoint.backup, backup);
  machine.forgetCalls();
  const released = await endpoint.run('DELETE', '-', handler);
  expect(released).toMatchObject({ exitCode: 0 });
  expect(released.output).toMatch(/not contained/);
  expect(machine.fingerprint()).toBe(before);
  expect(netshCalls()).toEqual([]);
});

test('the backup is put aside under a time stamp, and one of an earlier case is kept', async () => {
  start(typicalHost());
  writeFileSync(endpoint.backup, 'from an earlier case');
  await endpoint.run('ADD', '-', handler);
  await endpoint.run('DELETE', '-', '-');
  const kept = readdirSync(endpoint.home).filter((file) => /^fw-backup-\d{8}T\d{9}Z\.wfw$/.test(file));
  expect(kept).toHaveLength(2);
  expect(kept.map((file) => readFileSync(join(endpoint.home, file), 'latin1').slice(0, 4)).sort()).toEqual([
    'from',
    'regf',
  ]);
  expect(existsSync(endpoint.backup)).toBe(false);
});

describe('a host that the batch script contained', () => {
  const contain = (): Promise<string> => containByScript(start(typicalHost()));

  test('is released from the backup that the script left', async () => {
    const before = await contain();
    expect(await endpoint.run('DELETE', '-', '-')).toMatchObject({ exitCode: 0 });
    expect(endpoint.machine.fingerprint()).toBe(before);
  });

  test('is brought to the plan by an ADD, without a new backup', async () => {
    const before = await contain();
    expect(await endpoint.run('ADD', '-', '192.0.2.51')).toMatchObject({ exitCode: 0 });
    expect(netshCalls().flat()).not.toContain('export');
    expect(isOpen({ ...tcp('out', server, 1514), protocol: 'udp' })).toEqual(everywhere);
    expect(isOpen(tcp('in', handler))).toEqual(nowhere);
    expect(await endpoint.run('DELETE', '-', '-')).toMatchObject({ exitCode: 0 });
    expect(endpoint.machine.fingerprint()).toBe(before);
  });

  test('loses its handler by no alert, however many come, and status names the handler', async () => {
    const before = await contain();
    for (let count = 0; count < 3; count++) {
      const { exitCode } = await endpoint.run('ADD', '-', '203.0.113.9', '1598432109.1 5710 (h) any->/var/log/secure');
      expect(exitCode).toBe(0);
      expect(isOpen(tcp('in', handler))).toEqual(everywhere);
      expect(JSON.parse((await endpoint.run('status', '--json')).stdout)).toMatchObject({
        ...{ state: 'contained', requestedBy: 'operator', handlers: [`${handler}/32`] },
      });
    }
    expect(await endpoint.run('DELETE', '-', '-')).toMatchObject({ exitCode: 0 });
    expect(endpoint.machine.fingerprint()).toBe(before);
  });

  test('is not released by an alert', async () => {
    await contain();
    const before = endpoint.machine.fingerprint();
    const released = await endpoint.run('delete', '-', '-', '1598432109.1 5710 (h) any->/var/log/secure (null)');
    expect(released).toMatchObject({ exitCode: 0 });
    expect(released.output).toMatch(/held by operator/i);
    expect(endpoint.machine.fingerprint()).toBe(before);
  });
});

describe('alerts and operators', () => {
  const alert = '1598432109.123456 5710 (host1) 10.0.0.5->/var/log/secure (null)';

  test('an alert is not told that a host is held which is free, although the operator’s case could not be closed', async () => {
    const { machine, stateFolder } = start(typicalHost());
    await endpoint.run('ADD', '-', handler);
    const journal = readFileSync(join(stateFolder, 'journal.jsonl'));
    await endpoint.run('DELETE', '-', '-');
    writeFileSync(join(stateFolder, 'journal.jsonl'), journal);
    const before = machine.fingerprint();
    const released = await endpoint.run('delete', '-', '-', alert);
    expect(released).toMatchObject({ exitCode: 0 });
    expect(released.output).toMatch(/Nothing was changed\. This host is NOT contained/);
    expect(endpoint.audit().at(-1)).toMatch(/ delete-failed .* held-by-operator not-contained$/);
    expect(machine.fingerprint()).toBe(before);
  });

  test('an alert contains the host and lets its own address not in', async () => {
    start(typicalHost());
    endpoint.setSettings({ handlers: ['192.0.2.60'] });
    expect(await endpoint.run('add', '-', attacker, alert)).toMatchObject({ exitCode: 0 });
    expect(isOpen(tcp('in', attacker))).toEqual(nowhere);
    expect(isOpen(tcp('in', '192.0.2.60'))).toEqual(everywhere);
    expect(endpoint.audit().at(-1)).toMatch(/ add - 203\.0\.113\.66 1598432109\.123456 5710 block-ms=\d+$/);
  });

  test('an alert takes no handler away and runs no netsh when all is in force', async () => {
    start(typicalHost());
    await endpoint.run('ADD', '-', handler);
    const calls = netshCalls().length;
    expect(await endpoint.run('add', '-', attacker, alert)).toMatchObject({ exitCode: 0 });
    expect(isOpen(tcp('in', handler))).toEqual(everywhere);
    expect(netshCalls()).toHaveLength(calls);
  });

  test('an operator comes to an alert’s containment, and the alert can no longer lift it', async () => {
    start(typicalHost());
    await endpoint.run('add', '-', attacker, alert);
    await endpoint.run('ADD', '-', handler);
    expect((await endpoint.run('delete', '-', attacker, alert)).output).toMatch(/held by operator/i);
    expect(isOpen(tcp('out', attacker))).toEqual(nowhere);
    expect(isOpen(tcp('in', handler))).toEqual(everywhere);
  });

  test('an alert lifts what an alert asked for', async () => {
    const { machine } = start(typicalHost());
    const before = machine.fingerprint();
    await endpoint.run('add', '-', '-', alert);
    expect(await endpoint.run('delete', '-', '-', alert)).toMatchObject({ exitCode: 0 });
    expect(machine.fingerprint()).toBe(before);
  });

  test('the settings may let an alert’s address in', async () => {
    start(typicalHost());
    endpoint.setSettings({ alertAddress: 'allow' });
    await endpoint.run('add', '-', handler, alert);
    expect(isOpen(tcp('in', handler))).toEqual(everywhere);
  });

  test('alerts let in no more than a hundred; an operator always comes in', async () => {
    start(typicalHost());
    const handlers = Array.from({ length: 99 }, (_, index) => `198.51.100.${index + 1}`);
    endpoint.setSettings({ handlers, alertAddress: 'allow' });
    await endpoint.run('add', '-', '203.0.113.1', alert);
    await endpoint.run('add', '-', '203.0.113.2', alert);
    expect(isOpen(tcp('in', '203.0.113.1'))).toEqual(everywhere);
    expect(isOpen(tcp('in', '203.0.113.2'))).toEqual(nowhere);
    endpoint.setSettings({ handlers: [...handlers, '198.51.100.100'], alertAddress: 'allow' });
    expect(await endpoint.run('ADD', '-', handler)).toMatchObject({ exitCode: 0 });
    expect(isOpen(tcp('in', '198.51.100.100'))).toEqual(everywhere);
    expect(isOpen(tcp('in', handler))).toEqual(everywhere);
  });
});

test('under its other name an ADD releases', async () => {
  const { machine } = start(typicalHost());
  const before = machine.fingerprint();
  await endpoint.run('add', '-', handler, '(from_the_server) (no_rule_id)');
  expect(await endpoint.runAsRelease('add', '-', handler, '(from_the_server) (no_rule_id)')).toMatchObject({
    exitCode: 0,
  });
  expect(machine.fingerprint()).toBe(before);
});

test('the case number is in the line and in the journal', async () => {
  start(typicalHost());
  await endpoint.run('add', '-', handler, 'case=77 (from_the_server) (no_rule_id)');
  expect(endpoint.audit().at(-1)).toMatch(/ case=77$/);
  expect(readFileSync(join(endpoint.stateFolder, 'journal.jsonl'), 'utf8')).toContain('"caseNumber":"77"');
});

test('under its other name the word contain is refused, and releases nothing', async () => {
  start(typicalHost());
  expect(await endpoint.run('ADD', '-', handler)).toMatchObject({ exitCode: 0 });
  const refused = await endpoint.runAsRelease('contain', handler);
  expect(refused).toMatchObject({ exitCode: 1, stderr: expect.stringMatching(/^Under the name release-host/) });
  expect(isOpen(tcp('out', attacker))).toEqual(nowhere);
});

test('a DELETE that is refused shows how to release, not how to contain', async () => {
  start(typicalHost());
  const { exitCode, stderr } = await endpoint.run('DELETE', '-');
  expect([exitCode, stderr]).toEqual([1, expect.stringContaining('for example: contain-host release')]);
  expect(stderr).not.toContain('ADD');
});
