import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Endpoint } from '../../fixtures/endpoint';
import { typicalHost } from '../../fixtures/standin/hosts';
import { readRegFile } from '../../fixtures/standin/reg-reader';
import { ensureKey, paths } from '../../fixtures/standin/registry';
import type { Flow, Network, Profile } from '../../fixtures/standin/traffic';

const network: Network = { dnsServers: ['10.0.0.53'], dhcpServers: ['10.0.0.1'], localSubnet: ['10.0.0.0/24'] };
const profiles: readonly Profile[] = ['domain', 'private', 'public'];
const handler = '192.0.2.50';

let endpoint: Endpoint;
afterEach(() => endpoint.remove());

/** Lays a policy over the PC, as the domain's group policy does. */
function impose(file: string): void {
  const policy = readRegFile(readFileSync(join(__dirname, '../../fixtures/gpo', file)));
  endpoint.machine.change((tree) => {
    for (const [path, values] of Object.entries(policy.keys)) Object.assign(ensureKey(tree, path), values);
  });
}

function start(currentProfiles: readonly Profile[]): Endpoint['machine'] {
  endpoint = new Endpoint(typicalHost());
  endpoint.machine.configure({ currentProfiles });
  return endpoint.machine;
}

const passes = (flow: Flow): Profile[] =>
  profiles.filter((profile) => endpoint.machine.verdict(profile, flow, network).answer === 'allowed');
const tcp = (direction: 'in' | 'out', remote: string, port: number): Flow => ({
  ...{ direction, protocol: 'tcp', remote },
  localPort: direction === 'in' ? port : 50_000,
  remotePort: direction === 'in' ? 50_000 : port,
});
const server: Flow = { ...tcp('out', '10.0.0.5', 1514), protocol: 'udp' };
const strangers: readonly Flow[] = [
  tcp('out', '203.0.113.66', 443),
  tcp('out', '10.0.0.77', 445),
  tcp('out', '2001:db8::66', 443),
  tcp('in', '203.0.113.66', 3389),
  tcp('in', '10.0.0.77', 445),
  { ...tcp('out', '203.0.113.66', 53), protocol: 'udp' },
  { ...tcp('in', '203.0.113.66', 5353), protocol: 'udp' },
];
const friends: readonly Flow[] = [
  server,
  tcp('in', handler, 3389),
  tcp('out', handler, 443),
  tcp('out', '127.0.0.1', 8080),
];

describe.each(['baseline-stig.reg', 'baseline-nsa.reg'])('a PC under %s', (file) => {
  test.each([
    [['domain'], 6, 'Sealed in Domain and Private, OPEN in Public'],
    [['domain', 'public'], 9, 'NOT CONTAINED'],
    [['public'], 9, '[outbound-allowed-on-Public]'],
  ] as const)('in these networks, %j, comes to exit %i', async (current, exit, words) => {
    const machine = start(current);
    const before = machine.fingerprint();
    impose(file);
    const { exitCode, output } = await endpoint.run('ADD', '-', handler);
    expect(output).toContain(words);
    expect(exitCode).toBe(exit);
    for (const flow of friends) expect(passes(flow)).toEqual(expect.arrayContaining(['domain', 'private']));
    for (const flow of strangers) {
      expect(passes(flow).filter((profile) => profile !== 'public')).toEqual([]);
    }
    expect(await endpoint.run('DELETE', '-', '-')).toMatchObject({ exitCode: 0 });
    expect(machine.fingerprint()).toBe(before);
  });
});

/** Whole in every profile: the seal closes what the policy opens. */
const closable: readonly (readonly [string, (machine: Endpoint['machine']) => void])[] = [
  [
    'outbound allowed in all profiles, as in a baseline without its last line',
    (machine) => {
      for (const profile of profiles) machine.setProfileValue(profile, 'DefaultOutboundAction', 0, 'gpo');
    },
  ],
  ['the old exceptions of Administrative Templates', () => impose('legacy-exceptions.reg')],
  [
    'rules that let in and out, for everybody, the own network and a program',
    (machine) => {
      const on = 'v2.31|Action=Allow|Active=TRUE|';
      machine.addRule('{1}', `${on}Dir=Out|Protocol=6|RPort=443|Name=Web|`, 'gpo');
      machine.addRule('{2}', `${on}Dir=In|Protocol=6|LPort=3389|Name=Help desk|`, 'gpo');
      machine.addRule('{3}', `${on}Dir=In|RA4=LocalSubnet|RA6=LocalSubnet|Name=Neighbours|`, 'mdm');
      machine.addRule('{4}', `${on}Dir=In|Protocol=6|LPort=3389|Name=@FirewallAPI.dll,-28775|`, 'gpo');
    },
  ],
  [
    '5,000 rules',
    (machine) =>
      machine.change((tree) => {
        const rules = ensureKey(tree, `${paths.gpo}\\FirewallRules`);
        for (let n = 0; n < 5000; n++)
          rules[`{${n}}`] = `v2.31|Action=Allow|Active=TRUE|Dir=In|Protocol=6|LPort=${n + 1}|Name=${n}|`;
      }),
  ],
  [
    'rules that no specification knows',
    (machine) =>
      machine.addRule('{9}', 'v9.99|Action=Allow|Active=TRUE|Dir=Out|Protocol=quic|Quantum=TRUE|Name=Next|', 'gpo'),
  ],
];

test.each(closable)('%s: contained, and given back as it was', async (_, open) => {
  const machine = start(['domain']);
  const before = machine.fingerprint();
  open(machine);
  const { exitCode, output } = await endpoint.run('ADD', '-', handler);
  expect(output).toContain('Contained.');
  expect(exitCode).toBe(0);
  for (const flow of friends) expect(passes(flow)).toEqual(profiles);
  for (const flow of strangers) expect(passes(flow)).toEqual([]);
  expect(await endpoint.run('status')).toMatchObject({ output: expect.stringContaining('CONTAINED.') });
  expect(await endpoint.run('DELETE', '-', '-')).toMatchObject({ exitCode: 0 });
  expect(machine.fingerprint()).toBe(before);
});

test.each([
  ['an interface that is not filtered', 9, 'interface-excluded-on-Domain', ['DisabledInterfaces', '{4D36E972}']],
  [
    'a firewall switched off by a REG_QWORD',
    9,
    'value-not-understood',
    ['EnableFirewall', { type: 11, hex: '0'.repeat(16) }],
  ],
] as const)('%s stays open: exit %i, %s', async (_, exit, code, [name, value]) => {
  const machine = start(['domain']);
  machine.change((tree) => {
    ensureKey(tree, `${paths.gpo}\\DomainProfile`)[name] = value;
  });
  const { exitCode, output } = await endpoint.run('ADD', '-', handler);
  expect(output).toContain(code);
  expect(exitCode).toBe(exit);
});

test('where nothing is sealed a rule for everybody means not contained', async () => {
  const machine = start(['domain']);
  endpoint.setSettings({ seal: 'never' });
  machine.addRule('{1}', 'v2.31|Action=Allow|Active=TRUE|Dir=Out|Protocol=6|RPort=443|Name=Web|', 'gpo');
  const { exitCode, output } = await endpoint.run('ADD', '-', handler);
  expect(output).toContain('[open-policy-rule]');
  expect(exitCode).toBe(9);
});
