import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { Endpoint } from '../../fixtures/endpoint';
import type { Fault } from '../../fixtures/standin/faults';
import { emptyHost, offHost, typicalHost } from '../../fixtures/standin/hosts';
import type { HostDescription } from '../../fixtures/standin/machine';
import { ensureKey, localRulesPath } from '../../fixtures/standin/registry';
import { udpServer } from '../matrix/bench';

/** Somebody ends a containment without us, as the README shows for the worst case, and goes on with the host. */
let endpoint: Endpoint;
afterEach(() => endpoint.remove());

const add = () => endpoint.run('ADD', '-', '192.0.2.50');
const release = () => endpoint.run('DELETE', '-', '-');

function importByHand(): void {
  const netsh = join(endpoint.machine.system32, 'netsh.exe');
  const { status } = spawnSync(netsh, ['advfirewall', 'import', endpoint.backup]);
  expect(status).toBe(0);
}

function addPayroll(): void {
  endpoint.machine.addRule(
    '{new}',
    'v2.31|Action=Allow|Active=TRUE|Dir=In|Protocol=6|LPort=8443|Name=Payroll service|',
  );
}

describe.each([
  ['typical', typicalHost()],
  ['empty', emptyHost()],
])('a host that is %s, given back by hand and used since', (_kind, description) => {
  let used = '';
  beforeEach(async () => {
    endpoint = new Endpoint(description, udpServer);
    await add();
    importByHand();
    addPayroll();
    used = endpoint.machine.fingerprint();
  });

  test('comes back from the next containment as it was found then', async () => {
    expect(await add()).toMatchObject({ exitCode: 0 });
    expect(endpoint.machine.fingerprint()).not.toBe(used);
    expect(await release()).toMatchObject({ exitCode: 0 });
    expect(endpoint.machine.fingerprint()).toBe(used);
  });

  test('does so when that containment fails', async () => {
    endpoint.machine.setFaults({ kind: 'fail', match: 'policy' });
    expect(await add()).toMatchObject({ exitCode: 4 });
    expect(endpoint.machine.fingerprint()).toBe(used);
  });

  test('does so when that containment is repeated after an export that was killed', async () => {
    endpoint.machine.setFaults({ kind: 'killed', match: 'export' });
    expect(await add()).toMatchObject({ exitCode: 3 });
    endpoint.machine.setFaults();
    expect(await add()).toMatchObject({ exitCode: 0 });
    expect(await release()).toMatchObject({ exitCode: 0 });
    expect(endpoint.machine.fingerprint()).toBe(used);
  });
});

test('a release changes nothing on a host that was given back by hand and used since, and closes the case', async () => {
  endpoint = new Endpoint(typicalHost(), udpServer);
  await add();
  importByHand();
  addPayroll();
  endpoint.machine.removeRule(Object.keys(endpoint.machine.rules())[0] ?? '');
  const used = endpoint.machine.fingerprint();
  const { exitCode, output } = await release();
  expect(exitCode).toBe(0);
  expect(output).toMatch(/somebody else gave it back.* closed\. Nothing was changed/);
  expect(endpoint.machine.fingerprint()).toBe(used);
  expect((await release()).output).toMatch(/^This host is not contained\./);
});

describe('a host that comes back by an import after a release that failed, and is used since, keeps what is new', () => {
  test.each<[string, Fault['kind'], boolean]>([
    ['by hand, as the failure says', 'fail', true],
    ['although netsh said that it failed', 'commit-and-fail', false],
  ])('%s', async (_how, kind, isByHand) => {
    endpoint = new Endpoint(typicalHost(), udpServer);
    await add();
    endpoint.machine.setFaults({ kind, match: 'import', tool: 'netsh' });
    const failed = await release();
    expect(failed.exitCode).toBe(7);
    expect(failed.output).toContain(`netsh advfirewall import "${endpoint.backup}"`);
    endpoint.machine.setFaults();
    if (isByHand) importByHand();
    addPayroll();
    const used = endpoint.machine.fingerprint();
    expect(await add()).toMatchObject({ exitCode: 0 });
    expect(await release()).toMatchObject({ exitCode: 0 });
    expect(endpoint.machine.fingerprint()).toBe(used);
  });
});

test('a host that blocked by itself before, given back by hand and used since, keeps what is new', async () => {
  endpoint = new Endpoint(typicalHost(), udpServer);
  for (const profile of ['domain', 'private', 'public'] as const)
    for (const action of ['DefaultInboundAction', 'DefaultOutboundAction'])
      endpoint.machine.setProfileValue(profile, action, 1);
  await add();
  importByHand();
  addPayroll();
  endpoint.machine.removeRule(Object.keys(endpoint.machine.rules())[0] ?? '');
  const used = endpoint.machine.fingerprint();
  expect(await add()).toMatchObject({ exitCode: 0 });
  expect(await release()).toMatchObject({ exitCode: 0 });
  expect(endpoint.machine.fingerprint()).toBe(used);
});

/** A host whose rules are all on, or all off. */
function uniformHost(active: boolean): HostDescription {
  const { registry, ...rest } = offHost();
  const rules = ensureKey(registry, localRulesPath);
  for (const [id, rule] of Object.entries(rules))
    rules[id] = String(rule).replace(/Active=(TRUE|FALSE)/, `Active=${active ? 'TRUE' : 'FALSE'}`);
  return { registry, ...rest };
}

/** Our rules and the block go, and nothing else. */
function liftOnly(): void {
  for (const [id, rule] of Object.entries(endpoint.machine.rules()))
    if (/Name=(Allow OSSEC|contain-host|Allow ICMP)/.test(rule)) endpoint.machine.removeRule(id);
  for (const profile of ['domain', 'private', 'public'] as const)
    endpoint.machine.setProfileValue(profile, 'DefaultOutboundAction', 0);
}

function liftAndSwitchOn(): void {
  liftOnly();
  for (const id of Object.keys(endpoint.machine.rules())) endpoint.machine.switchRule(id, true);
}

describe.each([
  ['only our rules and the block were taken away', liftOnly],
  ['all rules were switched on besides', liftAndSwitchOn],
])('where %s', (_what, lift) => {
  test.each([
    ['typical', typicalHost()],
    ['switched off', offHost()],
    ['switched off, with every rule on,', uniformHost(true)],
    ['switched off, with every rule off,', uniformHost(false)],
  ])('the %s policy from before comes back', async (_kind, host) => {
    endpoint = new Endpoint(host, udpServer);
    const before = endpoint.machine.fingerprint();
    await add();
    lift();
    expect(await add()).toMatchObject({ exitCode: 0 });
    expect(await release()).toMatchObject({ exitCode: 0 });
    expect(endpoint.machine.fingerprint()).toBe(before);
    await add();
    lift();
    expect(await release()).toMatchObject({ exitCode: 0 });
    expect(endpoint.machine.fingerprint()).toBe(before);
  });
});
