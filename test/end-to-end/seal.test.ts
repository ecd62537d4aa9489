import { Endpoint } from '../../fixtures/endpoint';
import { typicalHost } from '../../fixtures/standin/hosts';
import type { HostDescription } from '../../fixtures/standin/machine';
import { ensureKey, paths } from '../../fixtures/standin/registry';
import type { Flow, Network, Profile } from '../../fixtures/standin/traffic';

const network: Network = { dnsServers: ['10.0.0.53'], dhcpServers: ['10.0.0.1'], localSubnet: ['10.0.0.0/24'] };
const server = '10.0.0.5';
const handler = '192.0.2.50';
const attacker = '203.0.113.66';

let endpoint: Endpoint;
const start = (description: HostDescription, settings?: object): Endpoint => {
  endpoint = new Endpoint(description);
  if (settings !== undefined) endpoint.setSettings(settings);
  return endpoint;
};
afterEach(() => endpoint.remove());

/** A PC under a policy that allows outbound, and lets remote administration in and a program's port out by rules. */
function policyHost(): HostDescription {
  const { registry } = typicalHost();
  for (const profile of ['DomainProfile', 'PrivateProfile', 'PublicProfile']) {
    Object.assign(ensureKey(registry, `${paths.gpo}\\${profile}`), {
      ...{ EnableFirewall: 1, DefaultInboundAction: 1, DefaultOutboundAction: 0 },
    });
  }
  Object.assign(ensureKey(registry, `${paths.gpo}\\FirewallRules`), {
    '{A1}': 'v2.30|Action=Allow|Active=TRUE|Dir=In|Protocol=6|LPort=3389|Name=Remote desktop|',
    '{A2}': 'v2.30|Action=Allow|Active=TRUE|Dir=In|Name=Everything in|',
    '{A3}': 'v2.30|Action=Allow|Active=TRUE|Dir=Out|Protocol=6|RPort=443|Name=Web|',
  });
  return { registry };
}

const open = (flow: Flow): string =>
  (['domain', 'private', 'public'] as const)
    .filter((profile: Profile) => endpoint.machine.verdict(profile, flow, network).answer === 'allowed')
    .join();
const everywhere = 'domain,private,public';
const out = (remote: string, remotePort: number, protocol: Flow['protocol'] = 'tcp'): Flow => ({
  ...{ direction: 'out', protocol, localPort: 50_000, remotePort, remote },
});
const into = (remote: string, localPort: number, protocol: Flow['protocol'] = 'tcp'): Flow => ({
  ...{ direction: 'in', protocol, localPort, remotePort: 50_000, remote },
});
const dhcp = (direction: Flow['direction'], remote: string): Flow => ({
  ...{ direction, protocol: 'udp', localPort: 68, remotePort: 67, remote, service: 'dhcp' },
});

/** Whom a contained host must reach, and must not, whatever a policy allows. */
function expectSealed(profiles = everywhere, handlers = [handler]): void {
  for (const one of handlers) for (const flow of [out(one, 443), into(one, 445)]) expect(open(flow)).toBe(everywhere);
  for (const flow of [
    out(server, 1514, 'udp'),
    into(server, 1514, 'udp'),
    dhcp('out', '255.255.255.255'),
    dhcp('out', '10.0.0.1'),
    dhcp('in', '10.0.0.1'),
    ...['127.0.0.1', '::1'].flatMap((inside) => [out(inside, 443), into(inside, 445), out(inside, 53, 'udp')]),
    { direction: 'out', protocol: 'icmpv4', icmpType: 8, remote: attacker } as const,
  ]) {
    expect([flow, open(flow)]).toEqual([flow, everywhere]);
  }
  const openElsewhere = everywhere
    .split(',')
    .filter((profile) => !profiles.split(',').includes(profile))
    .join();
  for (const flow of [
    out(attacker, 443),
    out(attacker, 443, 'udp'),
    out('2001:db8::66', 443),
    out(attacker, 0, 47),
    out(server, 445),
    out('10.0.0.53', 53, 'udp'),
    dhcp('out', attacker),
    { direction: 'out', protocol: 'icmpv6', icmpType: 128, remote: '2001:db8::66' } as const,
  ]) {
    expect([flow, open(flow)]).toEqual([flow, openElsewhere]);
  }
  for (const flow of [
    into(attacker, 3389),
    into(attacker, 445, 'udp'),
    into('2001:db8::66', 3389),
    into(attacker, 0, 47),
  ])
    expect([flow, open(flow)]).toEqual([flow, openElsewhere]);
}

/** Without the exports: on a slow machine the first is too old to be the backup, and is made again. */
const netshCalls = (): string[] =>
  endpoint.machine
    .calls()
    .filter(({ tool }) => tool === 'netsh')
    .map(({ argv }) => argv.join(' '))
    .filter((call) => !call.includes('export'));
const sealNames = (): string[] =>
  endpoint.machine.activeNames().filter((name) => name.startsWith('contain-host: seal '));
const refusedCalls = (): unknown[] => endpoint.machine.calls().filter((call) => call.refused);

test('under a policy with open doors a PC is contained by the seal, with one more call of netsh, and given back', async () => {
  const { machine } = start(policyHost());
  const before = machine.fingerprint();
  expect(await endpoint.run('ADD', '-', handler)).toMatchObject({ exitCode: 0 });
  expectSealed();
  expect(refusedCalls()).toEqual([]);
  expect(netshCalls()).toHaveLength(3);
  machine.forgetCalls();
  expect(await endpoint.run('ADD', '-', handler)).toMatchObject({ exitCode: 0 });
  expect(netshCalls()).toEqual([]);
  expect((await endpoint.run('status')).output).toMatch(/CONTAINED/);
  expect(await endpoint.run('DELETE', '-', '-')).toMatchObject({ exitCode: 0 });
  expect(machine.fingerprint()).toBe(before);
});

test('a PC that needs no seal gets none', async () => {
  start(typicalHost());
  expect(await endpoint.run('ADD', '-', handler)).toMatchObject({ exitCode: 0 });
  expect(sealNames()).toEqual([]);
  expect(netshCalls()).toHaveLength(2);
});

test('"always" seals a PC that needs none, and "never" leaves open doors and says so', async () => {
  start(typicalHost(), { seal: 'always' });
  expect(await endpoint.run('ADD', '-', handler)).toMatchObject({ exitCode: 0 });
  expect(sealNames().length).toBeGreaterThan(20);
  endpoint.remove();
  start(policyHost(), { seal: 'never' });
  expect(await endpoint.run('ADD', '-', handler)).toMatchObject({ exitCode: 9 });
  expect(sealNames()).toEqual([]);
});
