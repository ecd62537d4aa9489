import { mkdirSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Endpoint } from '../../fixtures/endpoint';
import { installIcacls, installServiceManager } from '../../fixtures/host-tools';
import { checkAgentService } from '../../src/doctor/agent';
import type { Check } from '../../src/doctor/check';
import { examineEndpoint, healthyEndpoint, patientOf, readOnly } from './healthy';

let endpoint: Endpoint;
beforeEach(() => {
  endpoint = healthyEndpoint();
});
afterEach(() => endpoint.remove());

/** Everything that is not ok, as `check verdict`. */
const complaints = (checks: readonly Check[]): string[] =>
  checks.filter(({ verdict }) => verdict !== 'ok').map(({ check, verdict }) => `${check} ${verdict}`);

test('where a containment would work there is nothing to complain about, and nothing is changed', async () => {
  const before = endpoint.machine.fingerprint();
  const stateFiles = endpoint.stateFiles();
  const checks = await examineEndpoint(endpoint);
  expect(complaints(checks)).toEqual([]);
  expect(checks.map(({ check }) => check)).toEqual(
    expect.arrayContaining(
      'elevation netsh reg firewall-services agent-home agent-service servers active-response commands'
        .split(' ')
        .concat('agent-restart answer-log plan folders settings disk reserve evidence backup'.split(' ')),
    ),
  );
  expect(checks.find(({ check }) => check === 'agent-home')?.found).toContain('the folder of this program');
  expect(endpoint.machine.fingerprint()).toBe(before);
  expect(endpoint.stateFiles()).toEqual(stateFiles);
});

const setService = (services: Parameters<typeof installServiceManager>[1]): void =>
  installServiceManager(endpoint.machine.system32, services);
const setStart = (name: string, start: number): void =>
  endpoint.machine.change(({ keys }) => {
    keys[`HKLM\\SYSTEM\\CurrentControlSet\\Services\\${name}`] = { Start: start };
  });

test('what stands in the way is named, each with what to do', async () => {
  const { machine } = endpoint;
  rmSync(join(machine.system32, 'netsh.exe'));
  setService({ MpsSvc: 4, BFE: 1, OssecSvc: 1 });
  setStart('MpsSvc', 4);
  installIcacls(machine.system32, readOnly, { bin: `${readOnly}(A;OICI;0x1301bf;;;AU)` });
  machine.setProfileValue('public', 'DefaultOutboundAction', 0, 'gpo');
  machine.setProfileValue('public', 'AllowLocalPolicyMerge', 0, 'gpo');
  writeFileSync(endpoint.backup, 'old');
  const checks = await examineEndpoint(endpoint);
  expect(complaints(checks)).toEqual([
    'netsh problem',
    'firewall-services problem',
    'firewall-services problem',
    'agent-service problem',
    'plan problem',
    'profiles problem',
    'folders problem',
    'backup warning',
  ]);
  for (const { verdict, advice } of checks) expect(advice === undefined).toBe(verdict === 'ok');
});

test('what cannot be told is a warning', async () => {
  const { machine } = endpoint;
  writeFileSync(join(machine.system32, 'sc.exe'), '#!/bin/sh\n');
  rmSync(join(machine.system32, 'icacls.exe'));
  rmSync(join(machine.system32, 'config'), { recursive: true });
  machine.setFaults({ kind: 'fail', tool: 'reg', match: 'FirewallPolicy' });
  expect(complaints(await examineEndpoint(endpoint))).toEqual([
    'elevation warning',
    'firewall-services warning',
    'firewall-services warning',
    'agent-service warning',
    'plan warning',
    // The agent's folder, the programs' and our own.
    ...['folders warning', 'folders warning', 'folders warning'],
  ]);
});

test('an agent that is disabled does not start again, and a server that is lost in one profile only is a warning', async () => {
  setStart('OssecSvc', 4);
  endpoint.machine.setProfileValue('public', 'AllowLocalPolicyMerge', 0, 'gpo');
  expect(complaints(await examineEndpoint(endpoint))).toEqual(['agent-service problem', 'plan warning']);
});

test.each<[Parameters<typeof installServiceManager>[1], string]>([
  [{}, 'problem'],
  [{ WazuhSvc: 4 }, 'ok'],
  [{ OssecSvc: 2 }, 'warning'],
  [{ OssecSvc: 1, WazuhSvc: 4 }, 'ok'],
])('of the services %j the agent is %s', async (services, verdict) => {
  setService(services);
  expect(await checkAgentService(patientOf(endpoint))).toEqual([expect.objectContaining({ verdict })]);
});

test('nothing at all is there', async () => {
  for (const path of [endpoint.home, endpoint.machine.systemRoot]) rmSync(path, { recursive: true });
  const bin = join(endpoint.home, 'active-response', 'bin');
  mkdirSync(bin, { recursive: true });
  writeFileSync(join(bin, 'contain-host.js'), '');
  const found = complaints(await examineEndpoint(endpoint));
  expect(found).toEqual(expect.arrayContaining(['agent-home problem', 'netsh problem', 'agent-service warning']));
});

test('a contained host has a good backup, or the loss of it is a problem', async () => {
  await endpoint.run('ADD', '-', '192.0.2.50');
  expect(complaints(await examineEndpoint(endpoint))).toEqual([]);
  // As the batch script leaves it: contained, and no journal.
  rmSync(join(endpoint.stateFolder, 'journal.jsonl'));
  expect(complaints(await examineEndpoint(endpoint))).toEqual([]);
  writeFileSync(endpoint.backup, 'lost');
  for (const file of endpoint.stateFiles().filter((name) => name.endsWith('.wfw')))
    rmSync(join(endpoint.stateFolder, file));
  expect(complaints(await examineEndpoint(endpoint))).toEqual(['backup problem']);
});

test('a host without a reserve, and one whose reserve was used up, are told who can keep them from being contained', async () => {
  for (const name of ['reserve-1', 'reserve-2']) truncateSync(join(endpoint.stateFolder, name), 0);
  const reserve = async () => (await examineEndpoint(endpoint)).find(({ check }) => check === 'reserve');
  expect(await reserve()).toMatchObject({
    verdict: 'warning',
    found: expect.stringMatching(/is 0\.1 MiB of .*any user/),
  });
  rmSync(endpoint.stateFolder, { recursive: true });
  expect(await reserve()).toMatchObject({ verdict: 'warning', found: expect.stringMatching(/no reserve .*any user/) });
});

test('a message that nobody would see, because this Windows has no msg.exe, is a warning', async () => {
  endpoint.setSettings({ message: { contained: 'Call 4711.' } });
  expect(complaints(await examineEndpoint(endpoint))).toEqual(['settings warning']);
  writeFileSync(join(endpoint.machine.system32, 'msg.exe'), '');
  expect(complaints(await examineEndpoint(endpoint))).toEqual([]);
});

test('what a containment would come to is told profile by profile, and what to change', async () => {
  const { machine } = endpoint;
  machine.setProfileValue('private', 'DefaultOutboundAction', 0, 'gpo');
  const table = async () => (await examineEndpoint(endpoint)).find(({ check }) => check === 'profiles');
  expect(await table()).toMatchObject({
    verdict: 'ok',
    profiles: [{ comesTo: 'contained' }, { profile: 'Private', comesTo: 'sealed' }, { comesTo: 'contained' }],
  });
  machine.setProfileValue('public', 'DefaultOutboundAction', 0, 'gpo');
  machine.setProfileValue('public', 'AllowLocalPolicyMerge', 0, 'gpo');
  const found = await table();
  expect(found?.verdict).toBe('problem');
  expect(found?.profiles?.[2]).toMatchObject({ profile: 'Public', comesTo: 'open' });
  expect(found?.found).toMatch(/^Domain +contained$/m);
  expect(found?.found).toMatch(/^Private +contained by the seal$/m);
  expect(found?.found).toMatch(
    /^Public +OPEN +Everything may go out.*AllowLocalPolicyMerge or DefaultOutboundAction set to 1$/m,
  );
});
