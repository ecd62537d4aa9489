import { emptyHost, typicalHost } from '../../fixtures/standin/hosts';
import {
  ensureKey,
  localProfiles,
  localRulesPath,
  mdmPath,
  paths,
  type RegistryKey,
  type RegistryTree,
} from '../../fixtures/standin/registry';
import { type Flow, type Network, type Profile, verdictOn } from '../../fixtures/standin/traffic';

const network: Network = {
  dnsServers: ['192.0.2.53', '2001:db8::53'],
  dhcpServers: ['192.0.2.67'],
  localSubnet: ['192.0.2.0/24', '2001:db8::/64'],
};

const web: Flow = { direction: 'out', protocol: 'tcp', localPort: 50_000, remotePort: 443, remote: '203.0.113.80' };
const smb: Flow = { direction: 'in', protocol: 'tcp', localPort: 445, remotePort: 50_000, remote: '192.0.2.9' };

/** A machine with only these rules and settings. */
function machine(rules: readonly string[], settings: RegistryKey = {}, edit: (tree: RegistryTree) => void = () => {}) {
  const { registry } = emptyHost();
  for (const [i, rule] of rules.entries()) ensureKey(registry, localRulesPath)[`rule-${i}`] = rule;
  for (const profile of localProfiles) Object.assign(ensureKey(registry, `${paths.local}\\${profile}`), settings);
  edit(registry);
  return registry;
}

const answer = (tree: RegistryTree, flow: Flow, profile: Profile = 'public'): string =>
  verdictOn(tree, profile, flow, network).answer;

const rule = (action: string, direction: string, ...fields: string[]): string =>
  ['v2.31', `Action=${action}`, 'Active=TRUE', `Dir=${direction}`, ...fields, 'Name=N', ''].join('|');

const gpo = (name: string, values: RegistryKey) => (tree: RegistryTree) => {
  Object.assign(ensureKey(tree, `${paths.gpo}\\${name}`), values);
};
const mdm = (name: string, values: RegistryKey) => (tree: RegistryTree) => {
  Object.assign(ensureKey(tree, `${mdmPath}\\${name}`), values);
};

const closed = { EnableFirewall: 1, DefaultInboundAction: 1, DefaultOutboundAction: 1 };

describe('order', () => {
  test.each<[string, readonly string[], RegistryKey, Flow, string]>([
    ['nothing set: outbound is allowed', [], {}, web, 'allowed'],
    ['nothing set: inbound is blocked', [], {}, smb, 'blocked'],
    ['outbound blocked by default', [], closed, web, 'blocked'],
    ['an allow rule beats the default', [rule('Allow', 'Out')], closed, web, 'allowed'],
    [
      'a block rule beats an allow rule',
      [rule('Allow', 'In', 'RA4=192.0.2.9'), rule('Block', 'In')],
      {},
      smb,
      'blocked',
    ],
    ['a block rule beats an open default', [rule('Block', 'Out', 'RPort=443')], {}, web, 'blocked'],
    ['an inactive rule is nothing', [rule('Allow', 'In').replace('TRUE', 'FALSE')], {}, smb, 'blocked'],
    ['a rule without Active is inactive', [rule('Block', 'Out').replace('Active=TRUE|', '')], {}, web, 'allowed'],
    ['a rule for the other direction is nothing', [rule('Allow', 'Out')], {}, smb, 'blocked'],
    ['state off: nothing counts', [rule('Block', 'In')], { ...closed, EnableFirewall: 0 }, smb, 'allowed'],
    ['shields up: no exceptions', [rule('Allow', 'In')], { DoNotAllowExceptions: 1 }, smb, 'blocked'],
    ['shields up is for inbound only', [], { DoNotAllowExceptions: 1 }, web, 'allowed'],
    ['a bypass rule needs IPsec', [rule('ByPass', 'In')], {}, smb, 'blocked'],
    ['loopback is not filtered', [], closed, { ...web, remote: '127.0.0.1' }, 'allowed'],
    ['but a block rule bites there', [rule('Block', 'Out')], {}, { ...web, remote: '127.0.0.1' }, 'blocked'],
  ])('%s', (_, rules, settings, flow, expected) => {
    expect(answer(machine(rules, settings), flow)).toBe(expected);
  });
});

describe('conditions of a rule', () => {
  const dns: Flow = { direction: 'out', protocol: 'udp', localPort: 50_000, remotePort: 53, remote: '192.0.2.53' };
  const nd: Flow = { direction: 'in', protocol: 'icmpv6', icmpType: 135, remote: 'fe80::9' };
  test.each<[string, string[], Flow, boolean]>([
    ['no condition', [], smb, true],
    ['the protocol', ['Protocol=6'], smb, true],
    ['another protocol', ['Protocol=17'], smb, false],
    ['the port', ['Protocol=6', 'LPort=445'], smb, true],
    ['one of several ports', ['Protocol=6', 'LPort=139', 'LPort=445'], smb, true],
    ['another port', ['Protocol=6', 'LPort=444'], smb, false],
    ['the remote port is not the local one', ['Protocol=6', 'RPort=445'], smb, false],
    ['a range of ports', ['Protocol=6', 'LPort2_10=400-500'], smb, true],
    ['a range of other ports', ['Protocol=6', 'LPort2_10=446-500'], smb, false],
    ['a word for ports', ['Protocol=6', 'LPort2_10=RPC-EPMap'], { ...smb, localPort: 135 }, true],
    ['a list in one field matches nothing', ['Protocol=6', 'LPort=139,445'], smb, false],
    ['the profile', ['Profile=Private', 'Profile=Public'], smb, true],
    ['other profiles', ['Profile=Private', 'Profile=Domain'], smb, false],
    ['the host', ['RA4=192.0.2.9'], smb, true],
    ['the host with its prefix', ['RA4=192.0.2.9/32'], smb, true],
    ['the host with its mask', ['RA4=192.0.2.9/255.255.255.255'], smb, true],
    ['another host', ['RA4=192.0.2.8'], smb, false],
    ['its network', ['RA4=192.0.2.0/24'], smb, true],
    ['its network by mask', ['RA4=192.0.2.0/255.255.255.0'], smb, true],
    ['a range of hosts', ['RA4=192.0.2.1-192.0.2.9'], smb, true],
    ['a range of other hosts', ['RA4=192.0.2.10-192.0.2.19'], smb, false],
    ['addresses of the other family only', ['RA6=2001:db8::1'], smb, false],
    ['IPv4 addresses leave out IPv6', ['RA4=192.0.2.9'], { ...smb, remote: '2001:db8::9' }, false],
    ['an IPv6 host', ['RA6=2001:db8::9/128'], { ...smb, remote: '2001:db8::9' }, true],
    ['an IPv6 network', ['RA6=2001:db8::/32'], { ...smb, remote: '2001:db8:1::9' }, true],
    ['the local subnet', ['RA4=LocalSubnet'], smb, true],
    ['outside the local subnet', ['RA4=LocalSubnet'], { ...smb, remote: '198.51.100.1' }, false],
    ['the name servers', ['RA4=DNS', 'RA6=DNS'], dns, true],
    ['other name servers', ['RA4=DNS', 'RA6=DNS'], { ...dns, remote: '8.8.8.8' }, false],
    ['the DHCP server', ['RA4=DHCP'], { ...dns, remote: '192.0.2.67' }, true],
    ['the service', ['Svc=Dnscache'], { ...dns, service: 'dnscache' }, true],
    ['another service', ['Svc=dnscache'], { ...dns, service: 'dhcp' }, false],
    ['a service, but an ordinary program', ['Svc=dnscache'], dns, false],
    ['any service is no ordinary program', ['Svc=*'], dns, false],
    ['any service', ['Svc=*'], { ...dns, service: 'dhcp' }, true],
    ['the program', ['App=%SystemRoot%\\a.exe'], { ...dns, program: 'C:\\Windows\\A.exe' }, true],
    ['another program', ['App=C:\\a.exe'], { ...dns, program: 'C:\\b.exe' }, false],
    ['a program, but not this one', ['App=C:\\a.exe'], dns, false],
    ['the ICMP type', ['Protocol=58', 'ICMP6=135:*'], nd, true],
    ['another ICMP type', ['Protocol=58', 'ICMP6=136:*'], nd, false],
    ['a store app', ['AppPkgId=S-1-15-2-1'], dns, false],
    ['a kind of interface', ['IFType=Wireless'], smb, false],
  ])('%s', (_, fields, flow, expected) => {
    const tree = machine([rule('Allow', flow.direction === 'in' ? 'In' : 'Out', ...fields)], closed);
    expect(answer(tree, flow)).toBe(expected ? 'allowed' : 'blocked');
  });
});

describe('policies above the local one', () => {
  const open = rule('Allow', 'In');
  test.each<[string, (tree: RegistryTree) => void, Profile, Flow, string]>([
    ['GPO forces the firewall off', gpo('PublicProfile', { EnableFirewall: 0 }), 'public', smb, 'allowed'],
    ['GPO for another profile does not count', gpo('DomainProfile', { EnableFirewall: 0 }), 'public', web, 'blocked'],
    ['GPO allows outbound', gpo('PublicProfile', { DefaultOutboundAction: 0 }), 'public', web, 'allowed'],
    ['private is PrivateProfile there', gpo('PrivateProfile', { DefaultOutboundAction: 0 }), 'private', web, 'allowed'],
    [
      'StandardProfile stands for private',
      gpo('StandardProfile', { DefaultOutboundAction: 0 }),
      'private',
      web,
      'allowed',
    ],
    ['and for public', gpo('StandardProfile', { DefaultOutboundAction: 0 }), 'public', web, 'allowed'],
    ['but not for domain', gpo('StandardProfile', { DefaultOutboundAction: 0 }), 'domain', web, 'blocked'],
    ['MDM allows outbound', mdm('PublicProfile', { DefaultOutboundAction: 0 }), 'public', web, 'allowed'],
    [
      'private is StandardProfile there',
      mdm('StandardProfile', { DefaultOutboundAction: 0 }),
      'private',
      web,
      'allowed',
    ],
    ['or PrivateProfile', mdm('PrivateProfile', { DefaultOutboundAction: 0 }), 'private', web, 'allowed'],
    ['local rules may not count', gpo('PublicProfile', { AllowLocalPolicyMerge: 0 }), 'public', smb, 'blocked'],
    ['they count in other profiles', gpo('PublicProfile', { AllowLocalPolicyMerge: 0 }), 'private', smb, 'allowed'],
    ['MDM says so too', mdm('PublicProfile', { AllowLocalPolicyMerge: 0 }), 'public', smb, 'blocked'],
    ['shields up by GPO', gpo('PublicProfile', { DoNotAllowExceptions: 1 }), 'public', smb, 'blocked'],
    ['a GPO rule allows', gpo('FirewallRules', { r: rule('Allow', 'Out', 'RPort=443') }), 'public', web, 'allowed'],
    ['a GPO rule blocks', gpo('FirewallRules', { r: rule('Block', 'In') }), 'public', smb, 'blocked'],
    ['an MDM rule blocks', mdm('FirewallRules', { r: rule('Block', 'In') }), 'public', smb, 'blocked'],
  ])('%s', (_, edit, profile, flow, expected) => {
    expect(answer(machine([open], closed, edit), flow, profile)).toBe(expected);
  });

  test('the legacy profile does not count beside a newer one', () => {
    const tree = machine([], closed, (registry) => {
      gpo('StandardProfile', { DefaultOutboundAction: 0 })(registry);
      gpo('PrivateProfile', {})(registry);
    });
    expect([answer(tree, web, 'private'), answer(tree, web, 'public')]).toEqual(['blocked', 'blocked']);
  });

  test('a local setting cannot switch off a policy that blocks', () => {
    const tree = machine([], { EnableFirewall: 0 }, gpo('PublicProfile', { EnableFirewall: 1 }));
    expect(answer(tree, smb)).toBe('blocked');
  });

  test('an interface without the firewall', () => {
    const tree = machine([], { ...closed, DisabledInterfaces: '{AAAA},{BBBB}' });
    expect(answer(tree, { ...web, interface: '{bbbb}' })).toBe('allowed');
    expect(answer(tree, { ...web, interface: '{CCCC}' })).toBe('blocked');
  });
});

test('it says which rule or setting decided', () => {
  const tree = machine([rule('Block', 'Out').replace('Name=N', 'Name=Telemetry')]);
  expect(verdictOn(tree, 'public', web, network)).toEqual({ answer: 'blocked', because: 'rule Telemetry' });
  expect(verdictOn(tree, 'public', smb, network).because).toBe('default action');
});

test('a typical host before containment: what an office PC does', () => {
  const { registry } = typicalHost();
  const dhcp = { protocol: 'udp', localPort: 68, remotePort: 67, remote: '192.0.2.67', service: 'dhcp' } as const;
  const svchost = 'C:\\Windows\\system32\\svchost.exe';
  expect(answer(registry, web, 'domain')).toBe('allowed');
  expect(answer(registry, { ...smb, program: 'System' }, 'private')).toBe('allowed');
  expect(answer(registry, { ...smb, program: 'System', remote: '198.51.100.9' }, 'private')).toBe('blocked');
  expect(answer(registry, { direction: 'in', ...dhcp, program: svchost }, 'domain')).toBe('allowed');
  expect(answer(registry, { ...smb, remote: '198.51.100.9' }, 'public')).toBe('allowed');
});
