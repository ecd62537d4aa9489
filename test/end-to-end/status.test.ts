import { execFile } from 'node:child_process';
import { appendFileSync, mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Endpoint } from '../../fixtures/endpoint';
import { installServiceManager } from '../../fixtures/host-tools';
import { typicalHost } from '../../fixtures/standin/hosts';

let endpoint: Endpoint;
beforeEach(() => {
  endpoint = new Endpoint(typicalHost());
});
afterEach(() => endpoint.remove());

interface Status {
  state: string;
  gaps: { code: string; detail: string }[];
}
const status = async (): Promise<Status> => JSON.parse((await endpoint.run('status', '--json')).output) as Status;
const codes = async (): Promise<string[]> => (await status()).gaps.map(({ code }) => code);
const add = () => endpoint.run('ADD', '-', '192.0.2.50', 'case=77 (from_the_server) (no_rule_id)');

test('before, during and after a case', async () => {
  installServiceManager(endpoint.machine.system32, { MpsSvc: 4, BFE: 4, WazuhSvc: 1 });
  const runs = {
    agent: { service: 'WazuhSvc', running: false },
    firewall: [
      { service: 'MpsSvc', running: true },
      { service: 'BFE', running: true },
    ],
    // The agent of this host has no counters.
    heard: { at: null },
    unreadable: [],
  };
  expect(await status()).toEqual({ version: 1, state: 'not-contained', gaps: [], atWork: false, ...runs });
  await add();
  expect(await status()).toEqual({
    ...{ version: 1, state: 'contained', gaps: [], atWork: false },
    since: expect.stringMatching(/^\d{4}-\d\d-\d\dT/),
    requestedBy: 'operator',
    caseNumber: '77',
    handlers: ['192.0.2.50/32'],
    servers: [{ address: '10.0.0.5', port: 1514, protocols: ['udp', 'tcp'] }],
    backup: { file: endpoint.backup, madeAt: expect.stringMatching(/^\d{4}-/), good: true },
    ...runs,
    heard: { at: null, sinceCut: null },
    times: { ordered: expect.stringMatching(/^\d{4}-/), blockMs: expect.any(Number), exposureMs: expect.any(Number) },
  });
  const { output } = await endpoint.run('status');
  expect(output).toMatch(/^This host is CONTAINED\.$/m);
  for (const words of ['an operator, case 77', '10.0.0.5 port 1514', '192.0.2.50/32', 'good', 'WazuhSvc DOES NOT RUN'])
    expect(output).toContain(words);
  expect(output).not.toContain('\u001b');
  await endpoint.run('DELETE', '-', '-');
  expect(await status()).toEqual({ version: 1, state: 'not-contained', gaps: [], atWork: false, ...runs });
});

test('a later order keeps the number of the case, unless it names another', async () => {
  await add();
  await endpoint.run('contain', '192.0.2.51');
  expect(await status()).toMatchObject({ caseNumber: '77', handlers: ['192.0.2.51/32'] });
  await endpoint.run('contain', '192.0.2.50', 'case=78');
  expect(await status()).toMatchObject({ caseNumber: '78', handlers: ['192.0.2.50/32'] });
});

test('without the service that filters nothing is contained, and a backup that is gone is told', async () => {
  await add();
  expect(await status()).toMatchObject({ state: 'contained', firewall: [{ running: null }, { running: null }] });
  installServiceManager(endpoint.machine.system32, { MpsSvc: 1, BFE: 4 });
  writeFileSync(endpoint.backup, 'spoilt');
  for (const file of readdirSync(endpoint.stateFolder).filter((name) => name.endsWith('.wfw')))
    rmSync(join(endpoint.stateFolder, file));
  expect(await status()).toMatchObject({
    state: 'ineffective',
    gaps: [{ code: 'firewall-stopped', detail: expect.stringContaining('MpsSvc') }],
    backup: { good: false },
  });
});

test('colours are for terminals, and for those who want them', async () => {
  const program = join(__dirname, '../../dist/contain-host.js');
  const onTerminal = (env: Record<string, string>): Promise<string> =>
    new Promise((resolve) => {
      const args = ['-qec', `'${process.execPath}' '${program}' status`, '/dev/null'];
      execFile('script', args, { env: { PATH: process.env.PATH, TERM: 'xterm-256color', ...env } }, (_, output) =>
        resolve(output),
      );
    });
  expect(await onTerminal({})).toContain('\u001b[');
  const plain = await onTerminal({ NO_COLOR: '1' });
  expect(plain).toMatch(/contained|UNCERTAIN/i);
  expect(plain).not.toContain('\u001b[');
});

test('what changed since is told by name', async () => {
  const { machine } = endpoint;
  await add();
  machine.addRule('{f}', 'v2.31|Action=Allow|Active=TRUE|Dir=In|Protocol=6|LPort=3389|Name=Remote help|');
  expect((await status()).gaps).toEqual([
    expect.objectContaining({ code: 'open-foreign-rule', detail: expect.stringContaining('"Remote help"') }),
  ]);
  machine.removeRule('{f}');
  machine.addRule('{g}', 'v2.31|Action=Allow|Active=TRUE|Dir=Out|Protocol=6|RPort=443|Name=Telemetry|', 'gpo');
  expect((await status()).gaps).toEqual([expect.objectContaining({ detail: expect.stringContaining('"Telemetry"') })]);
  machine.removeRule('{g}', 'gpo');
  const [id] = Object.entries(machine.rules()).find(([, rule]) => rule.includes('Name=contain-host: DHCP out|')) ?? [];
  machine.removeRule(String(id));
  expect((await status()).gaps).toEqual([
    expect.objectContaining({ code: 'rule-missing', detail: expect.stringContaining('DHCP out') }),
  ]);
});

test.each([
  ['a profile that is off', 'EnableFirewall', 'local'],
  ['a profile that group policy switches off', 'EnableFirewall', 'gpo'],
  ['outbound that group policy allows', 'DefaultOutboundAction', 'gpo'],
] as const)('with %s the host is not contained', async (_what, value, origin) => {
  await add();
  endpoint.machine.setProfileValue('public', value, 0, origin);
  const found = await status();
  expect(found.state).toBe('ineffective');
  expect(found.gaps).toContainEqual({
    code: expect.stringMatching(/-on-Public$/),
    detail: expect.stringContaining('Public profile'),
  });
});

test('where group policy ignores local rules in one profile the server is lost there', async () => {
  endpoint.machine.setProfileValue('public', 'AllowLocalPolicyMerge', 0, 'gpo');
  expect(await add()).toMatchObject({ exitCode: 6 });
  expect(await codes()).toContain('server-lost-on-Public');
});

test('where it does so in every profile nothing is changed, unless the settings say otherwise', async () => {
  for (const profile of ['domain', 'private', 'public'] as const)
    endpoint.machine.setProfileValue(profile, 'AllowLocalPolicyMerge', 0, 'gpo');
  const before = endpoint.machine.fingerprint();
  expect(await add()).toMatchObject({ exitCode: 2 });
  expect(endpoint.machine.fingerprint()).toBe(before);
  endpoint.setSettings({ whenServerLost: 'contain' });
  expect(await add()).toMatchObject({ exitCode: 9 });
});

test.each([
  ['disabled', { MpsSvc: 4, BFE: 4 }, 4],
  ['stopped', { MpsSvc: 4, BFE: 1 }, 2],
] as const)('a firewall service that is %s is refused', async (_, running, start) => {
  endpoint.machine.change((tree) => {
    const [, service] = Object.entries(tree.keys).find(([path]) => path.endsWith('\\MpsSvc')) ?? [];
    if (service) service.Start = start;
  });
  installServiceManager(endpoint.machine.system32, running);
  const before = endpoint.machine.fingerprint();
  expect(await add()).toMatchObject({ exitCode: 2 });
  expect(endpoint.machine.fingerprint()).toBe(before);
});

test('a containment that somebody undid is not contained, although asked for', async () => {
  await add();
  for (const [id, rule] of Object.entries(endpoint.machine.rules()))
    if (/Name=(Allow OSSEC|contain-host)/.test(rule)) endpoint.machine.removeRule(id);
  for (const profile of ['domain', 'private', 'public'] as const)
    endpoint.machine.setProfileValue(profile, 'DefaultOutboundAction', 0);
  expect(await status()).toMatchObject({ state: 'not-contained', gaps: [{ code: 'containment-undone' }] });
});

test('of an order that ended before its first step nobody is said to have undone anything', async () => {
  mkdirSync(endpoint.stateFolder, { recursive: true });
  const asked = { time: new Date(), event: 'asked', requestedBy: 'operator', handlers: [] };
  writeFileSync(join(endpoint.stateFolder, 'journal.jsonl'), `${JSON.stringify(asked)}\n`);
  expect(await status()).toMatchObject({
    state: 'not-contained',
    gaps: [{ code: 'containment-undone', detail: expect.stringMatching(/never made/) }],
  });
});

test('a step that did not finish is told, and a policy that cannot be read is uncertain', async () => {
  await add();
  endpoint.machine.setFaults({ kind: 'fail', tool: 'reg' });
  expect(await status()).toMatchObject({ state: 'uncertain' });
  endpoint.machine.setFaults();
  appendFileSync(
    join(endpoint.stateFolder, 'journal.jsonl'),
    `{"time":"${new Date().toISOString()}","event":"step","step":"block","command":null}\n`,
  );
  expect(await status()).toMatchObject({ state: 'interrupted', gaps: [{ code: 'unfinished-step' }] });
});

test('--expect tells by its exit code', async () => {
  expect(await endpoint.run('status', '--expect', 'not-contained')).toMatchObject({ exitCode: 0 });
  await add();
  expect(await endpoint.run('status', '--expect', 'not-contained')).toMatchObject({ exitCode: 1 });
  const misspelt = await endpoint.run('status', '--expect', 'not-containd');
  expect(misspelt.output).toMatch(/^"not-containd" is no state/);
});
