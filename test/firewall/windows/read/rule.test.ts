import fc from 'fast-check';
import { parseRule } from '../../../../src/firewall/windows/read/parse-rule';
import { findWanted, type StoredRule, soleRemote, storedForm } from '../../../../src/firewall/windows/read/rule';
import { type Address, isRefusal, parseHost, parseNetwork } from '../../../../src/policy/address';
import { type AddressSet, addressSet, otherAddresses } from '../../../../src/policy/address-set';
import { portsOf } from '../../../../src/policy/ports';
import type { Rule } from '../../../../src/policy/rule';
import { rulesOf } from '../../../../src/policy/rules';

const matches = (stored: StoredRule, rule: Rule): boolean => findWanted([rule], [stored]).ours.has(stored);

function address(text: string): Address {
  const parsed = text.includes('/') ? parseNetwork(text, 8, 32) : parseHost(text);
  if (isRefusal(parsed)) throw new Error(parsed.refused);
  return parsed;
}

const server = address('192.0.2.1');
const to = (text: string): AddressSet => addressSet([address(text)]);
const allow = (name: string, direction: Rule['direction'], more: Pick<Rule, 'protocol'> & Partial<Rule>): Rule => ({
  ...{ name, action: 'allow', direction },
  ...more,
});
const port = portsOf(1514);
const out = allow('contain-host: server out udp', 'out', {
  protocol: 'udp',
  remotePorts: port,
  remote: to('192.0.2.1'),
});
const handler = allow('H', 'in', { protocol: 'tcp', localPorts: 'any', remote: to('192.0.2.1') });
const dns = allow('D', 'out', { protocol: 'udp', remotePorts: portsOf(53), remote: 'dns', service: 'dnscache' });
const ping = allow('Allow ICMP in', 'in', { protocol: 'icmpv4' });
const nd = allow('N', 'in', { protocol: 'icmpv6', icmpType: 135 });
const six = allow('S', 'out', { protocol: 'tcp', remotePorts: port, remote: to('2001:db8::1') });
const net = allow('T', 'in', { protocol: 'udp', localPorts: 'any', remote: to('192.0.2.0/24') });

const stored = (fields: string) => parseRule('{1}', `v2.31|${fields}`);
const on = 'Action=Allow|Active=TRUE|';

describe('a stored rule is the one that was asked for', () => {
  const good: [string, Rule, string][] = [
    ['bare address', out, `${on}Dir=Out|Protocol=17|RPort=1514|RA4=192.0.2.1|Name=contain-host: server out udp|`],
    ['prefix', out, `${on}Dir=Out|Protocol=17|RPort=1514|RA4=192.0.2.1/32|Name=contain-host: server out udp|`],
    [
      'mask',
      out,
      `${on}Dir=Out|Protocol=17|RPort=1514|RA4=192.0.2.1/255.255.255.255|Name=contain-host: server out udp|`,
    ],
    [
      'range',
      out,
      `${on}Dir=Out|Protocol=17|RPort2_10=1514-1514|RA4=192.0.2.1-192.0.2.1|Name=CONTAIN-HOST: Server Out UDP|`,
    ],
    [
      'every profile',
      handler,
      `${on}Dir=In|Protocol=6|Profile=Domain|Profile=Private|Profile=Public|RA4=192.0.2.1|Name=H|`,
    ],
    ['texts and edge', handler, `${on}Dir=In|Protocol=6|RA4=192.0.2.1|Name=H|Desc=d|EmbedCtxt=g|Edge=TRUE|Defer=App|`],
    ['a field of the future', handler, `${on}Dir=In|Protocol=6|RA4=192.0.2.1|Name=H|Shiny=1|`],
    ['dns for both families', dns, `${on}Dir=Out|Protocol=17|RPort=53|RA4=DNS|RA6=DNS|Svc=dnscache|Name=D|`],
    ['dns for one', dns, `${on}Dir=Out|Protocol=17|RPort=53|RA4=DNS|Svc=DnsCache|Name=D|`],
    ['dns in the later field', dns, `${on}Dir=Out|Protocol=17|RPort=53|RA42=Dns|RA62=Dns|Svc=dnscache|Name=D|`],
    ['every ICMP type', ping, `${on}Dir=In|Protocol=1|Name=Allow ICMP in|`],
    ['one ICMP type', nd, `${on}Dir=In|Protocol=58|ICMP6=135:*|Name=N|`],
    ['IPv6 bare', six, `${on}Dir=Out|Protocol=6|RPort=1514|RA6=2001:db8::1|Name=S|`],
    ['IPv6 long', six, `${on}Dir=Out|Protocol=6|RPort=1514|RA6=2001:0DB8:0:0:0:0:0:1/128|Name=S|`],
    ['network by mask', net, `${on}Dir=In|Protocol=17|RA4=192.0.2.0/255.255.255.0|Name=T|`],
    ['network by range', net, `${on}Dir=In|Protocol=17|RA4=192.0.2.0-192.0.2.255|Name=T|`],
  ];
  test.each(good)('%s', (_, rule, fields) => expect(matches(stored(fields), rule)).toBe(true));
});

describe('a stored rule is another one', () => {
  const right = `${on}Dir=Out|Protocol=17|RPort=1514|RA4=192.0.2.1|Name=contain-host: server out udp|`;
  const with_ = (before: string, after: string): string => right.replace(before, after);
  const wrong: [string, string][] = [
    ['inactive', with_('Active=TRUE', 'Active=FALSE')],
    ['without Active', with_('Active=TRUE|', '')],
    ['blocking', with_('Allow', 'Block')],
    ['bypassing', with_('Allow', 'ByPass')],
    ['inbound', with_('Dir=Out', 'Dir=In')],
    ['another protocol', with_('Protocol=17', 'Protocol=6')],
    ['another port', with_('1514', '1515')],
    ['more ports', with_('RPort=1514', 'RPort=1514|RPort=1515')],
    ['a range of ports', with_('RPort=1514', 'RPort2_10=1514-1515')],
    ['the port at the other end', with_('RPort=1514', 'LPort=1514')],
    ['no port', with_('RPort=1514|', '')],
    ['another address', with_('192.0.2.1', '192.0.2.2')],
    ['a wider address', with_('192.0.2.1', '192.0.2.0/31')],
    ['one more address', with_('RA4=192.0.2.1', 'RA4=192.0.2.1|RA4=192.0.2.2')],
    ['any address', with_('RA4=192.0.2.1|', '')],
    ['the address as a list', with_('192.0.2.1', '192.0.2.1,192.0.2.2')],
    ['one profile', with_('Name', 'Profile=Domain|Name')],
    ['two profiles', with_('Name', 'Profile=Domain|Profile=Public|Name')],
    ['one program', with_('Name', 'App=a.exe|Name')],
    ['one service', with_('Name', 'Svc=dhcp|Name')],
    ['any service', with_('Name', 'Svc=*|Name')],
    ['one kind of interface', with_('Name', 'IFType=Lan|Name')],
    ['one interface', with_('Name', 'IF={6E5A}|Name')],
    ['one own address', with_('Name', 'LA4=10.0.0.1|Name')],
    ['one user', with_('Name', 'LUAuth=O:LSD:(A;;CC;;;S-1-5-84-0-0-0-0-0)|Name')],
    ['one app', with_('Name', 'AppPkgId=S-1-15-2-1|Name')],
    ['with IPsec only', with_('Name', 'Security=Authenticate|Name')],
    ['another name', with_('server', 'servant')],
    ['cut short', right.slice(0, -1)],
  ];
  test.each(wrong)('%s', (_, fields) => expect(matches(stored(fields), out)).toBe(false));
  test('the right one is right', () => expect(matches(stored(right), out)).toBe(true));

  test('every type is not one type, and one code is not every code', () => {
    expect(matches(stored(`${on}Dir=In|Protocol=58|Name=N|`), nd)).toBe(false);
    expect(matches(stored(`${on}Dir=In|Protocol=58|ICMP6=135:0|Name=N|`), nd)).toBe(false);
    expect(matches(stored(`${on}Dir=In|Protocol=1|ICMP4=8:*|Name=Allow ICMP in|`), ping)).toBe(false);
  });

  test('dns is not dns and somebody else', () => {
    const fields = `${on}Dir=Out|Protocol=17|RPort=53|RA4=DNS|RA4=198.51.100.1|Svc=dnscache|Name=D|`;
    expect(matches(stored(fields), dns)).toBe(false);
    expect(matches(stored(`${on}Dir=Out|Protocol=17|RPort=53|RA4=DNS|Name=D|`), dns)).toBe(false);
  });
});

const wanted = rulesOf({
  servers: [
    { address: server, port: 1514, protocols: ['udp', 'tcp'] },
    { address: address('2001:db8::1'), port: 1515, protocols: ['tcp'] },
  ],
  handlers: [address('192.0.2.50'), address('2001:db8::50'), address('10.1.0.0/16')],
  needsDns: true,
});

test('a rule that blocks many addresses and ports is the one that is stored, however that is written', () => {
  const block: Rule = {
    ...allow('B', 'out', { protocol: 'udp', localPorts: portsOf({ first: 0, last: 1513 }) }),
    action: 'block',
    remotePorts: portsOf({ first: 0, last: 66 }, { first: 68, last: 65_535 }),
    remote: otherAddresses(to('192.0.2.1')),
  };
  const fields = (...others: string[]): string =>
    ['Action=Block|Active=TRUE|Dir=Out|Protocol=17|LPort2_10=0-1513|RPort2_10=68-65535|RPort2_10=0-66', ...others].join(
      '|',
    );
  const addresses =
    'RA6=::-ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff|RA4=192.0.2.2-255.255.255.255|RA4=0.0.0.0-192.0.2.0';
  expect(matches(stored(fields(addresses, 'Name=B|')), block)).toBe(true);
  expect(matches(stored(fields(addresses, 'Name=B|').replace('Block', 'Allow')), block)).toBe(false);
  expect(matches(stored(fields(addresses.replace('192.0.2.2-', '192.0.2.3-'), 'Name=B|')), block)).toBe(false);
  expect(matches(stored(fields('Name=B|')), block)).toBe(false);
});

test('of all rules of a policy each matches its own stored form and no other', () => {
  for (const [index, rule] of wanted.entries()) {
    const form = storedForm(rule);
    expect(form.notUnderstood).toBeUndefined();
    expect(wanted.filter((other) => matches(form, other))).toEqual([wanted[index]]);
  }
});

test('of any rules those are missing, and those are ours, that a comparison of every pair names', () => {
  const forms = wanted.map((rule) => storedForm(rule).raw);
  const oddForms = forms.flatMap((raw) => [
    raw.toUpperCase(),
    raw.replace('Active=TRUE', 'Active=FALSE'),
    raw.replace('Name=', 'Profile=Public|Name='),
    raw.replace('Name=Allow', 'Name=allow'),
    raw.replace(/Name=.*/, 'Name=Allow OSSEC Server in/tcp|'),
    raw.slice(0, -1),
  ]);
  const given = fc.tuple(fc.subarray(wanted), fc.subarray(forms), fc.subarray(oddForms));
  fc.assert(
    fc.property(given, ([asked, good, odd]) => {
      const rules = [...odd, ...good].map((raw, index) => parseRule(`{${index}}`, raw));
      const { missing, ours } = findWanted(asked, rules);
      expect([...missing]).toEqual(asked.filter((own) => !rules.some((rule) => matches(rule, own))));
      expect([...ours]).toEqual(rules.filter((rule) => asked.some((own) => matches(rule, own))));
    }),
    { numRuns: 30 },
  );
});

test.each([
  ['RA4=192.0.2.1|', '192.0.2.1/32'],
  ['RA4=192.0.2.0-192.0.2.255|', '192.0.2.0/24'],
  ['RA6=2001:DB8::1|', '2001:db8::1/128'],
  ['RA4=192.0.2.1-192.0.2.3|', undefined],
  ['RA4=192.0.2.1|RA4=192.0.2.2|', undefined],
  ['RA4=LocalSubnet|', undefined],
  ['RA4=192.0.2.1,192.0.2.2|', undefined],
  ['', undefined],
])('the only remote of %s is %s', (fields, expected) => {
  expect(soleRemote(stored(`${on}Dir=In|${fields}`))).toBe(expected);
});
