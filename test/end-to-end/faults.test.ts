import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { Endpoint } from '../../fixtures/endpoint';
import type { Fault } from '../../fixtures/standin/faults';
import { typicalHost } from '../../fixtures/standin/hosts';
import { ensureKey, paths } from '../../fixtures/standin/registry';
import { udpServer } from '../matrix/bench';
import { truthOf } from '../matrix/truth';

let endpoint: Endpoint;
beforeEach(() => {
  endpoint = new Endpoint(typicalHost(), udpServer);
});
afterEach(() => endpoint.remove());

/** What hangs is given up soon; what is slow is waited for. */
const timeouts = { netsh: 6000, script: 6000, reg: 6000 };
const run = (...args: string[]) => endpoint.call({ args, timeouts });
const add = () => run('ADD', '-', '192.0.2.50');
const release = () => run('DELETE', '-', '-');

/** By the stand-in's own eyes. */
function reaches(remote: string, remotePort: number, protocol: 'tcp' | 'udp' = 'tcp'): boolean {
  const network = { dnsServers: [], dhcpServers: [], localSubnet: [] };
  const flow = { direction: 'out', protocol, localPort: 50_000, remotePort, remote } as const;
  const answers = (['domain', 'private', 'public'] as const).map(
    (profile) => endpoint.machine.verdict(profile, flow, network).answer,
  );
  expect(new Set(answers).size).toBe(1);
  return answers[0] === 'allowed';
}
const isContained = (): boolean => !reaches('203.0.113.66', 443) && reaches('10.0.0.5', 1514, 'udp');

test.each([
  ['hang', 'Control\\Class\\'],
  ['fail', 'Control\\Network\\'],
] as const)(
  'adapters that cannot be read (%s, %s) delay no containment, and nothing is claimed of them',
  async (kind, match) => {
    endpoint.machine.setFaults({ kind, match, tool: 'reg' });
    const patience = { adapters: 300, worker: 30_000, reg: 600_000 };
    const result = await endpoint.call({ args: ['ADD', '-', '192.0.2.50'], timeouts: patience });
    expect(result).toMatchObject({
      exitCode: 0,
      output: expect.stringMatching(/not known whether .* tunnel of a VPN/),
    });
    expect(isContained()).toBe(true);
  },
);

test('whoever can read the adapters hears nothing of them', async () => {
  expect((await add()).output).not.toMatch(/VPN/);
});

type Expected = 'contained' | 'untouched' | 'as before';

/**
 * Faults that need a file, a line of a script, or a process of its own. Every call with every other kind of fault is in
 * the table of test/matrix.
 */
const addFaults: [what: string, faults: Fault | Fault[], exitCode: number, expected: Expected][] = [
  ['the exported file is cut short', { kind: 'cut-export', match: 'export', tool: 'netsh' }, 3, 'untouched'],
  ['the exported file is noise', { kind: 'junk-export', match: 'export', tool: 'netsh' }, 3, 'untouched'],
  [
    'the exported policy is hollow',
    { kind: 'hollow-export', rules: 5, match: 'export', tool: 'netsh' },
    3,
    'untouched',
  ],
  ['a ping rule is never added', { kind: 'fail', match: 'add', name: 'Allow ICMP in' }, 6, 'contained'],
  ['a rule is skipped once', { kind: 'add-skipped', name: 'Allow OSSEC Server in/tcp', nth: 1 }, 0, 'contained'],
  ['the state is not set by the script', { kind: 'fail', match: 'allprofiles state', line: 'any' }, 0, 'contained'],
  [
    'the state is never set',
    [
      { kind: 'fail', match: 'allprofiles state', line: 'any' },
      { kind: 'fail', match: 'allprofiles state' },
    ],
    4,
    'as before',
  ],
  ['the block is not set', { kind: 'fail', match: 'policy' }, 4, 'as before'],
];

test.each(addFaults)('ADD when %s', async (_what, faults, exitCode, expected) => {
  const before = endpoint.machine.fingerprint();
  endpoint.machine.setFaults(...[faults].flat());
  const result = await add();
  endpoint.machine.setFaults();
  expect(result).toMatchObject({ exitCode });
  // What is no backup is not kept: alerts that come again and again would fill the disk with it.
  if (exitCode === 3) expect(endpoint.stateFiles().filter((name) => name.endsWith('.wfw'))).toEqual([]);
  expect(result.output).not.toMatch(/^\s+at .*:\d+:\d+|undefined|\[object/m);
  if (expected === 'contained') expect(isContained()).toBe(true);
  else expect(endpoint.machine.fingerprint()).toBe(before);
  if (expected === 'untouched')
    expect(endpoint.machine.calls().every(({ argv }) => argv.includes('export'))).toBe(true);
  expect(await release()).toMatchObject({ exitCode: 0 });
  expect(endpoint.machine.fingerprint()).toBe(before);
});

test('the host is not blocked when no rule lets it reach its server', async () => {
  const before = endpoint.machine.fingerprint();
  endpoint.machine.setFaults(
    { kind: 'fail', match: 'add', name: 'contain-host: server out udp' },
    { kind: 'fail', match: 'add', name: 'contain-host: server out tcp' },
  );
  expect(await add()).toMatchObject({ exitCode: 4 });
  expect(endpoint.machine.calls().some(({ argv }) => argv.includes('blockinbound,blockoutbound'))).toBe(false);
  expect(endpoint.machine.fingerprint()).toBe(before);
  expect(endpoint.statuses()).toEqual(['add-started', 'add-failed']);
});

test('where outbound is blocked already, a firewall that is off is switched on only when the server is known to be let through', async () => {
  const { registry, ...rest } = typicalHost();
  Object.assign(ensureKey(registry, `${paths.local}\\PublicProfile`), { EnableFirewall: 0, DefaultOutboundAction: 1 });
  const pc = new Endpoint({ registry, ...rest }, udpServer);
  const before = pc.machine.fingerprint();
  pc.machine.setFaults(
    { kind: 'fail', match: 'add', name: 'contain-host: server out udp' },
    { kind: 'fail', match: 'add', name: 'contain-host: server out tcp' },
  );
  expect(await pc.run('ADD', '-', '192.0.2.50')).toMatchObject({ exitCode: 4 });
  const told = pc.machine.calls().flatMap(({ argv, lines }) => [argv.join(' '), ...lines.map(({ text }) => text)]);
  expect(told.filter((text) => text.includes('state on'))).toEqual([]);
  expect(pc.machine.fingerprint()).toBe(before);
  pc.machine.setFaults();
  expect(await pc.run('ADD', '-', '192.0.2.50')).toMatchObject({ exitCode: 0 });
  expect(truthOf(pc.machine)).toBe('contained');
  pc.remove();
});

test('a question to the service manager that failed is asked again, and its answer counts', async () => {
  const before = endpoint.machine.fingerprint();
  const stopped = "printf '\\r\\n        TYPE  : 20  WIN32_SHARE_PROCESS\\r\\n        STATE : 1  STOPPED\\r\\n'";
  const program = join(endpoint.machine.system32, 'sc.exe');
  writeFileSync(program, `#!/bin/sh\nmkdir "$0-$2" 2>/dev/null && kill -KILL $$\n${stopped}\n`, { mode: 0o755 });
  expect(await add()).toMatchObject({ exitCode: 2 });
  expect(endpoint.machine.fingerprint()).toBe(before);
});

test('a refusal does not wait for what was begun beside its reason, and leaves nothing of it', async () => {
  endpoint.machine.setFaults({ kind: 'hang', tool: 'netsh', match: 'export' });
  endpoint.machine.change((tree) => {
    ensureKey(tree, `${paths.services}\\MpsSvc`).Start = 4;
  });
  expect(await endpoint.run('ADD', '-', '192.0.2.50')).toMatchObject({ exitCode: 2 });
  endpoint.configure('<ossec_config><client><server-hostname>nobody.invalid</server-hostname></client></ossec_config>');
  expect(await endpoint.run('ADD', '-', '192.0.2.50')).toMatchObject({ exitCode: 1 });
  const left = endpoint.stateFiles();
  expect(left.filter((name) => !/^(contain-host\.log|lock|last-operator|evidence|reserve-\w+)$/.test(name))).toEqual(
    [],
  );
});

describe('a rule that somebody adds while the first look is taken', () => {
  const added = { afterCall: 1, id: '{added}', rule: 'v2.31|Action=Allow|Active=TRUE|Dir=In|Protocol=6|Name=Added|' };

  test.each<[string, Fault[]]>([
    [
      'behind the export and before the reading',
      [{ kind: 'slow', ms: 300, tool: 'reg', match: 'FirewallPolicy', nth: 1 }],
    ],
    [
      'behind both, long before the first change',
      [
        { kind: 'slow', ms: 300, tool: 'netsh', match: 'export', nth: 1 },
        { kind: 'slow', ms: 2000, tool: 'reg', match: 'MpsSvc' },
      ],
    ],
  ])('%s, comes back with the release', async (_when, faults) => {
    endpoint.machine.configure({ arrivals: [added] });
    endpoint.machine.setFaults(...faults);
    const { exitCode } = await endpoint.call({ args: ['ADD', '-', '192.0.2.50'], timeouts: { exportAge: 500 } });
    expect(exitCode).toBe(0);
    endpoint.machine.setFaults();
    const released = await release();
    expect([released.exitCode, released.output]).toEqual([0, expect.not.stringContaining('gone')]);
    expect(endpoint.machine.activeNames()).toContain('Added');
  });
});

test.each<[string, () => void]>([
  ['switches a rule off', () => endpoint.machine.switchRule('{mine}', false)],
  ['changes a setting', () => endpoint.machine.setProfileValue('public', 'EnableFirewall', 0)],
  ['deletes a rule', () => endpoint.machine.removeRule('{mine}')],
])(
  'somebody %s behind the export and before the reading: that policy comes back with the release',
  async (_, change) => {
    const { machine } = endpoint;
    machine.addRule('{mine}', 'v2.30|Action=Allow|Active=TRUE|Dir=In|Protocol=6|LPort=4444|Name=Mine|');
    machine.setFaults({ kind: 'held', tool: 'reg', match: 'FirewallPolicy', nth: 1 });
    const order = endpoint.run('ADD', '-', '192.0.2.50');
    const isExported = (): boolean =>
      machine
        .calls()
        .some(({ argv, endedAt }) => argv.includes('export') && argv.includes('advfirewall') && endedAt !== undefined);
    while (!isExported()) await wait(5);
    change();
    const before = machine.fingerprint();
    machine.setFaults();
    expect(await order).toMatchObject({ exitCode: 0 });
    expect(await release()).toMatchObject({ exitCode: 0 });
    expect(machine.fingerprint()).toBe(before);
  },
);

test('when the way back fails too, that is said', async () => {
  endpoint.machine.setFaults({ kind: 'fail', match: 'policy' }, { kind: 'fail', match: 'import' });
  const result = await add();
  expect(result).toMatchObject({ exitCode: 5 });
  expect(result.output).toMatch(/uncertain/);
  endpoint.machine.setFaults();
  expect(await release()).toMatchObject({ exitCode: 0 });
});

describe('a release', () => {
  let before = '';
  beforeEach(async () => {
    before = endpoint.machine.fingerprint();
    await add();
    endpoint.machine.forgetCalls();
  });

  test.each<[string, Fault, number]>([
    ['the import lies', { kind: 'lie', match: 'import' }, 7],
    ['the import dies after the rules were deleted', { kind: 'import-dies-after', rules: 10, how: 'fail' }, 7],
    ['the import dies once', { kind: 'import-dies-after', rules: 10, how: 'kill', nth: 1 }, 0],
  ])('when %s', async (_what, fault, exitCode) => {
    endpoint.machine.setFaults(fault);
    const result = await release();
    expect(result).toMatchObject({ exitCode });
    if (exitCode === 7) expect(result.output).toMatch(/CONTAINED|OPEN|PARTIAL/);
    else expect(endpoint.machine.fingerprint()).toBe(before);
    endpoint.machine.setFaults();
    expect(await release()).toMatchObject({ exitCode: 0 });
    expect(endpoint.machine.fingerprint()).toBe(before);
  });

  test('a backup that was replaced is not used; the second copy is', async () => {
    writeFileSync(endpoint.backup, 'replaced');
    expect(await release()).toMatchObject({ exitCode: 0 });
    expect(endpoint.machine.fingerprint()).toBe(before);
  });

  test('without any good backup the host stays contained, and that is said', async () => {
    rmSync(endpoint.backup);
    for (const file of endpoint.stateFiles().filter((name) => name.endsWith('.wfw')))
      rmSync(join(endpoint.stateFolder, file));
    const result = await release();
    expect(result).toMatchObject({ exitCode: 7 });
    expect(result.output).toMatch(/CONTAINED/);
    expect(isContained()).toBe(true);
  });

  test('without the journal and the first copy the second one is named, but not taken unasked', async () => {
    rmSync(endpoint.backup);
    rmSync(join(endpoint.stateFolder, 'journal.jsonl'));
    const [copy = ''] = endpoint.stateFiles().filter((name) => /^fw-backup-.*\.wfw$/.test(name));
    const result = await release();
    expect(result).toMatchObject({ exitCode: 7 });
    expect(result.output).toMatch(/CONTAINED/);
    expect(result.output).toContain(`netsh advfirewall import "${join(endpoint.stateFolder, copy)}"`);
    expect(isContained()).toBe(true);
  });

  test('a running import is never killed: the caller is told that it goes on, and the next order waits for it', async () => {
    endpoint.machine.setFaults({ kind: 'held', match: 'import' });
    const first = await endpoint.call({ args: ['DELETE', '-', '-'], timeouts: { worker: 1000 } });
    expect(first).toMatchObject({ exitCode: 8 });
    expect(first.output).toMatch(/still being carried out, in the background/);
    const second = endpoint.call({ args: ['DELETE', '-', '-'], timeouts: { lock: 20_000 } });
    while (endpoint.ordersInQueue() < 2) await wait(20);
    endpoint.machine.setFaults();
    expect(await second).toMatchObject({ exitCode: 0 });
    expect(endpoint.machine.fingerprint()).toBe(before);
    expect(endpoint.machine.calls().filter(({ argv }) => argv.includes('import'))).toHaveLength(1);
  });
});

test('a configuration that cannot be used changes nothing, is refused in a line, and does not hinder a release', async () => {
  const before = endpoint.machine.fingerprint();
  await add();
  rmSync(join(endpoint.home, 'ossec.conf'));
  expect(await release()).toMatchObject({ exitCode: 0 });
  expect(endpoint.machine.fingerprint()).toBe(before);
  endpoint.configure('<ossec_config></ossec_config>');
  endpoint.machine.forgetCalls();
  expect(await add()).toMatchObject({ exitCode: 1 });
  expect(endpoint.machine.calls()).toEqual([]);
  expect(endpoint.audit().at(-1)).toMatch(/ add-failed - 192\.0\.2\.50 \S+ 0 exit=1 no-server$/);
});

test.each([
  ['by throwing', `throw new Error('spawn UNKNOWN');`],
  ['by an event', `return spawn('/no/such/program', args, options);`],
])(
  'a worker that cannot be started, which Node tells %s: nothing is changed, and the server hears of it',
  async (_how, what) => {
    const bin = join(endpoint.home, 'active-response', 'bin');
    const program = join(bin, 'unstartable.js');
    writeFileSync(
      program,
      `const childProcess = require('node:child_process');
     const { spawn } = childProcess;
     childProcess.spawn = (program, args, options) => {
       if (args.includes('--worker')) { ${what} }
       return spawn(program, args, options);
     };
     require('./contain-host.js');`,
    );
    const before = endpoint.machine.fingerprint();
    const { exitCode, output } = await endpoint.call({ args: ['ADD', '-', '192.0.2.50'], program });
    expect(output).toMatch(/could not start its worker, so nothing was changed/);
    expect(exitCode).toBe(2);
    expect(endpoint.audit().at(-1)).toMatch(/ add-failed - 192\.0\.2\.50 .*exit=2 worker-not-started/);
    expect(endpoint.machine.fingerprint()).toBe(before);
  },
);

test('what is announced is on disk before it is done', async () => {
  await add();
  const journal = readFileSync(join(endpoint.stateFolder, 'journal.jsonl'), 'utf8').trim().split('\n');
  const steps = journal.map((line) => JSON.parse(line) as { time: string; event: string; step?: string });
  const [call] = endpoint.machine.calls().filter(({ argv }) => argv.includes('blockinbound,blockoutbound'));
  const announced = steps.find(({ step }) => step === 'block');
  expect(Date.parse(String(announced?.time))).toBeLessThanOrEqual(Number(call?.startedAt));
  expect(existsSync(endpoint.backup)).toBe(true);
});

test('a rule that Windows leaves out of its export does not hold the release for ever, and is named', async () => {
  const rules = Object.keys(endpoint.machine.rules()).length;
  endpoint.machine.setFaults({ kind: 'hollow-export', rules: rules - 1, match: 'export', tool: 'netsh' });
  expect(await add()).toMatchObject({ exitCode: 0 });
  endpoint.machine.setFaults();
  const released = await release();
  expect(released).toMatchObject({ exitCode: 0 });
  expect(released.output).toMatch(/the rule ".*" is gone/);
});

test('an alert that meets a host which cannot be read is not told that an operator holds it', async () => {
  endpoint.machine.setFaults({ kind: 'fail', tool: 'reg' });
  const result = await endpoint.run('DELETE', '-', '-', '1598432109.1 5710 (h) any->/var/log/secure (null)');
  expect(result).toMatchObject({ exitCode: 7 });
  expect(result.output).toMatch(/an alert changes nothing here.*uncertain/);
  expect(endpoint.audit().at(-1)).toMatch(/ delete-failed .* exit=7 not-released$/);
});
