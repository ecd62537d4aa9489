import fc from 'fast-check';
import { parseRule } from '../../../../src/firewall/windows/read/parse-rule';

const parse = (fields: string) => parseRule('{id}', `v2.31|Action=Allow|Active=TRUE|Dir=In|${fields}`);

test('a rule as Windows stores it is understood field by field', () => {
  const raw =
    'v2.30|Action=Block|Active=TRUE|Dir=Out|Protocol=17|Profile=Private|Profile=Public|LPort=68|LPort2_10=5000-5010|' +
    'LPort=RPC|RPort=67|RA4=LocalSubnet|RA4=10.0.0.1-10.0.0.9|RA42=IntErnet|LA6=fe80::/64|App=%SystemRoot%\\system32\\svchost.exe|' +
    'Svc=dhcp|Name=@FirewallAPI.dll,-25301|Desc=@FirewallAPI.dll,-25303|EmbedCtxt=@FirewallAPI.dll,-25000|Edge=TRUE|' +
    'IFType=Lan|LUOwn=S-1-5-21-1|Shiny=new|';
  expect(parseRule('CoreNet-DHCP-Out', raw)).toMatchObject({
    id: 'CoreNet-DHCP-Out',
    raw,
    name: '@FirewallAPI.dll,-25301',
    active: true,
    action: 'block',
    direction: 'out',
    protocol: 17,
    profiles: ['private', 'public'],
    localPorts: [{ first: 68, last: 68 }, { first: 5000, last: 5010 }, 'rpc'],
    remotePorts: [{ first: 67, last: 67 }],
    remoteAddresses: [
      { family: 4, keyword: 'localsubnet' },
      { family: 4, first: 0x0a000001n, last: 0x0a000009n },
      { family: 4, keyword: 'internet' },
    ],
    localAddresses: [{ family: 6, first: 0xfe80n << 112n, last: (0xfe80n << 112n) + (1n << 64n) - 1n }],
    app: '%SystemRoot%\\system32\\svchost.exe',
    service: 'dhcp',
    restrictions: ['iftype', 'luown'],
    unknownFields: ['shiny'],
    notUnderstood: undefined,
  });
});

test('what is absent restricts nothing, except that a rule without Active is inactive', () => {
  expect(parseRule('x', 'v2.0|Action=Allow|Dir=In|')).toMatchObject({
    name: '',
    active: false,
    protocol: 'any',
    profiles: ['domain', 'private', 'public'],
    localPorts: [],
    remoteAddresses: [],
    icmpTypes: [],
    app: undefined,
    notUnderstood: undefined,
  });
});

test('words are understood in any case, and a name may hold an equals sign', () => {
  const rule = parseRule('x', 'V2.31|ACTION=byPASS|active=True|DIR=iN|profile=DOMAIN|name=a=b|');
  expect(rule).toMatchObject({ action: 'bypass', active: true, direction: 'in', profiles: ['domain'], name: 'a=b' });
  expect(rule.notUnderstood).toBeUndefined();
});

test('what a later Windows adds to ports and addresses under a new suffix is read with them', () => {
  expect(parse('Protocol=6|LPort2_99=4|RPort2_99=NewWord|RA42_99=1.1.1.1|Protocol2_99=1|')).toMatchObject({
    localPorts: [{ first: 4, last: 4 }],
    remotePorts: ['newword'],
    remoteAddresses: [{ family: 4 }],
    unknownFields: ['protocol2_99'],
    notUnderstood: undefined,
  });
});

test('the highest port, type and code are read', () => {
  expect(parse('Protocol=6|LPort=65535|').localPorts).toEqual([{ first: 65_535, last: 65_535 }]);
  expect(parse('Protocol=1|ICMP4=255:255|').icmpTypes).toEqual([{ type: 255, code: 255 }]);
  expect(parse('Protocol=1|ICMP4=8:256|').notUnderstood).toMatch(/ICMP/);
});

test('protocol 256 means any', () => {
  expect(parse('Protocol=256|')).toMatchObject({ protocol: 'any', notUnderstood: undefined });
  expect(parse('Protocol=255|')).toMatchObject({ protocol: 255, notUnderstood: undefined });
});

test('ICMP types are read with their codes', () => {
  expect(parse('Protocol=58|ICMP6=133:*|ICMP6=1:4|')).toMatchObject({
    icmpTypes: [
      { type: 133, code: 'any' },
      { type: 1, code: 4 },
    ],
    notUnderstood: undefined,
  });
});

describe('not understood is', () => {
  const odd: [string, string, RegExp][] = [
    ['an empty text', '', /version/],
    ['a text of something else', 'hello', /version/],
    ['a rule without a version', 'Action=Allow|Active=TRUE|Dir=In|', /version/],
    ['a rule that is cut short', 'v2.31|Action=Allow|Active=TRUE|Dir=In|Name=Ab', /end/],
    ['a field without a value', 'v2.31|Action=Allow|Active=TRUE|Dir=In|Name|', /without a name or value/],
    ['no action', 'v2.31|Active=TRUE|Dir=In|', /action/],
    ['another action', 'v2.31|Action=Maybe|Active=TRUE|Dir=In|', /action/],
    ['two actions', 'v2.31|Action=Allow|Action=Block|Active=TRUE|Dir=In|', /action/],
    ['no direction', 'v2.31|Action=Allow|Active=TRUE|', /dir/],
    ['another direction', 'v2.31|Action=Allow|Active=TRUE|Dir=Both|', /direction/],
    ['another way to say active', 'v2.31|Action=Allow|Active=1|Dir=In|', /active/],
    ['another profile', 'v2.31|Action=Allow|Active=TRUE|Dir=In|Profile=Home|', /profiles/],
    ['a protocol by name', 'v2.31|Action=Allow|Active=TRUE|Dir=In|Protocol=TCP|', /protocol/],
    ['protocol 257', 'v2.31|Action=Allow|Active=TRUE|Dir=In|Protocol=257|', /protocol/],
    ['ports without a protocol', 'v2.31|Action=Allow|Active=TRUE|Dir=In|LPort=80|', /ports/],
    ['ports before their protocol', 'v2.31|Action=Allow|Active=TRUE|Dir=In|LPort=80|Protocol=6|', /ports/],
    ['ports of ICMP', 'v2.31|Action=Allow|Active=TRUE|Dir=In|Protocol=1|RPort=80|', /ports/],
    ['a list of ports in one field', 'v2.31|Action=Allow|Active=TRUE|Dir=In|Protocol=6|LPort=80,81|', /ports/],
    ['a port above 65535', 'v2.31|Action=Allow|Active=TRUE|Dir=In|Protocol=6|LPort=65536|', /ports/],
    ['ports from high to low', 'v2.31|Action=Allow|Active=TRUE|Dir=In|Protocol=6|LPort2_10=9-8|', /ports/],
    ['types of ICMPv6 for ICMP', 'v2.31|Action=Allow|Active=TRUE|Dir=In|Protocol=1|ICMP6=1:*|', /ICMP/],
    ['a type without a code', 'v2.31|Action=Allow|Active=TRUE|Dir=In|Protocol=1|ICMP4=8|', /ICMP/],
    ['type 256', 'v2.31|Action=Allow|Active=TRUE|Dir=In|Protocol=1|ICMP4=256:*|', /ICMP/],
    ['a list of addresses in one field', 'v2.31|Action=Allow|Active=TRUE|Dir=In|RA4=1.2.3.4,5.6.7.8|', /addresses/],
    ['an empty program', 'v2.31|Action=Allow|Active=TRUE|Dir=In|App=|', /app/],
    ['an empty service', 'v2.31|Action=Allow|Active=TRUE|Dir=In|Svc=|', /svc/],
    ['a protocol of four digits', 'v2.31|Action=Allow|Active=TRUE|Dir=In|Protocol=0006|', /protocol/],
    ['a field without a name', 'v2.31|Action=Allow|Active=TRUE|Dir=In|=x|', /without/],
    ['two services', 'v2.31|Action=Allow|Active=TRUE|Dir=In|Svc=a|Svc=b|', /svc/],
  ];
  test.each(odd)('%s', (_, raw, reason) => {
    expect(parseRule('{id}', raw)).toMatchObject({ id: '{id}', raw, notUnderstood: expect.stringMatching(reason) });
  });

  test('never less active or more restricted than it may be', () => {
    expect(parseRule('x', 'v2.31|Dir=In|Active=perhaps|Name=Odd|')).toMatchObject({
      active: true,
      action: 'allow',
      name: 'Odd',
    });
  });
});

test('any text gives a rule, and keeps its text', () => {
  const field = fc
    .tuple(
      fc.constantFrom(
        'Action',
        'Active',
        'Dir',
        'Protocol',
        'Profile',
        'LPort',
        'RA4',
        'RA6',
        'ICMP4',
        'Name',
        '__proto__',
        '',
      ),
      fc.oneof(fc.string(), fc.constantFrom('Allow', 'TRUE', 'In', '6', '1', 'Domain', '1.2.3.4', '80', '8:*')),
    )
    .map(([name, value]) => `${name}=${value}|`);
  const text = fc.oneof(
    fc.string(),
    fc.array(field).map((fields) => `v2.31|${fields.join('')}`),
  );
  fc.assert(
    fc.property(text, (raw) => {
      const rule = parseRule('x', raw);
      expect(rule.raw).toBe(raw);
      expect(['allow', 'block', 'bypass']).toContain(rule.action);
      expect(rule.profiles.length).toBeGreaterThan(rule.notUnderstood === undefined ? 0 : -1);
    }),
    { numRuns: 3000 },
  );
});

test('a rule of a million characters is read in the time its length accounts for', () => {
  const addresses = Array.from(
    { length: 60_000 },
    (_, index) => `RA4=10.${index >> 16}.${(index >> 8) & 255}.${index & 255}|`,
  );
  expect(parse(addresses.join('')).remoteAddresses).toHaveLength(60_000);
  expect(parse('Odd=1|'.repeat(150_000)).unknownFields).toHaveLength(150_000);
  expect(parse('Profile=Domain|'.repeat(60_000)).profiles).toEqual(['domain']);
  expect(parse('|'.repeat(1_000_000)).notUnderstood).toBeDefined();
});
