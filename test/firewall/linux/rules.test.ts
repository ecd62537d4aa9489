import { acceptRules } from '../../../src/firewall/linux/rules';
import { loadCommands } from '../../../src/firewall/linux/ruleset';
import type { Surroundings } from '../../../src/firewall/linux/surroundings';
import type { Address } from '../../../src/policy/address';
import type { AllowEntry } from '../../../src/policy/allow-entry';
import type { AllowList } from '../../../src/policy/allow-list';
import { portsOf } from '../../../src/policy/ports';

const host4 = (text: string): Address => ({ family: 4, text, prefix: 32 });
const host6 = (text: string): Address => ({ family: 6, text, prefix: 128 });
const allowList: AllowList = {
  servers: [{ address: host4('10.0.0.5'), port: 1514, protocols: ['tcp'] }],
  handlers: [],
  needsDns: false,
};
const nowhere: Surroundings = {
  ...{
    resolvers: [],
    dhcpUsers: [0, 998],
    dhcpServers: [],
    ownIp6: [],
    onLink: [],
    byIpv6Neighbour: 'no',
    rewritten: [],
    virtual: [],
    lost: [],
  },
};
/** What the last chain accepts is what goes out through the one at output, unless said otherwise. */
const rulesFor = (change: Partial<AllowList>, surroundings: Partial<Surroundings> = {}): string[] =>
  allRules(change, surroundings).filter((rule) => !rule.startsWith('postrouting'));
const allRules = (change: Partial<AllowList>, surroundings: Partial<Surroundings> = {}): string[] =>
  loadCommands(acceptRules({ ...allowList, ...change }, { ...nowhere, ...surroundings }))
    .filter((command) => command.startsWith('add rule'))
    .map((command) => command.replace('add rule inet contain_host ', '').replace(/ accept comment .*/, ''));

test('an IPv4 host lets through its server, DHCP and itself, and no IPv6 at all', () => {
  expect(rulesFor({})).toEqual([
    'input iifname "lo"',
    'output oifname "lo"',
    'output ip daddr 10.0.0.5 tcp dport 1514',
    'input ip saddr 10.0.0.5 tcp sport 1514 tcp flags & (syn|ack) != syn',
    'input udp dport 68 udp sport 67 meta nfproto ipv4',
    'output ip daddr 255.255.255.255 udp sport 68 udp dport 67 meta skuid { 0, 998 }',
    'input icmp type destination-unreachable icmp code frag-needed',
  ]);
});

test('a handler is let through whole, in both directions, and his network no wider than asked', () => {
  expect(rulesFor({ handlers: [{ family: 4, text: '192.0.2.0', prefix: 24 }, host6('2001:db8::50')] })).toEqual(
    expect.arrayContaining([
      'input ip saddr 192.0.2.0/24 meta l4proto { 1, 6, 17 }',
      'output ip daddr 192.0.2.0/24 meta l4proto { 1, 6, 17 }',
      'input ip6 saddr 2001:db8::50 meta l4proto { 58, 6, 17 }',
      'output ip6 daddr 2001:db8::50 meta l4proto { 58, 6, 17 }',
    ]),
  );
});

test('an IPv6 server keeps neighbour discovery, DHCPv6, and its long UDP messages', () => {
  const rules = rulesFor({ servers: [{ address: host6('2001:db8::5'), port: 1514, protocols: ['udp'] }] });
  expect(rules).toEqual(
    expect.arrayContaining([
      'output ip6 daddr ff02::2 icmpv6 type nd-router-solicit ip6 hoplimit 255 ip6 length { 8, 16, 32 }',
      'input icmpv6 type packet-too-big',
      'output ip6 daddr ff02::1:2 udp sport 546 udp dport 547 meta skuid { 0, 998 }',
      'output ip6 daddr fe80::/10 udp sport 546 udp dport 547 meta skuid { 0, 998 }',
      'input ip6 saddr fe80::/10 udp dport 546 udp sport 547',
      'input ip6 saddr 2001:db8::5 frag nexthdr 17 frag frag-off > 0',
    ]),
  );
});

test('name servers are let through only where a server is a name', () => {
  const dns = (needsDns: boolean): string[] =>
    rulesFor({ needsDns }, { resolvers: [host4('10.0.0.53')] }).filter((rule) => rule.includes('10.0.0.53'));
  expect(dns(false)).toEqual([]);
  expect(dns(true)).toEqual([
    'output ip daddr 10.0.0.53 udp dport 53',
    'output ip daddr 10.0.0.53 tcp dport 53',
    'input ip saddr 10.0.0.53 udp sport 53',
    'input ip saddr 10.0.0.53 tcp sport 53 tcp flags & (syn|ack) != syn',
  ]);
});

test('what leaves is accepted once more behind everybody who may send it elsewhere', () => {
  const rules = allRules({ handlers: [host6('2001:db8::50')] }, { ownIp6: [host6('fe80::1')] });
  const chain = (name: string): string[] =>
    rules.filter((rule) => rule.startsWith(`${name} `)).map((rule) => rule.slice(name.length));
  expect(chain('postrouting')).toEqual(chain('output'));
});

test('a server that NAT sends elsewhere is known by whom this host had asked, and nobody else is', () => {
  const [server] = allowList.servers;
  if (server === undefined) throw new Error('no server');
  const byNat = allRules({}, { rewritten: [{ server, rewritten: 'yes' }] }).filter((rule) => rule.includes(' ct '));
  const asked = (direction: string): string =>
    `ct status dnat ct direction ${direction} ct original ip daddr 10.0.0.5 ct original proto-dst 1514`;
  expect(byNat).toEqual([
    `input tcp flags & (syn|ack) != syn ${asked('reply')}`,
    `output meta l4proto 6 ${asked('original')}`,
    `postrouting meta l4proto 6 ${asked('original')}`,
  ]);
  expect(allRules({}).filter((rule) => rule.includes('ct '))).toEqual([]);
});

test('an IPv4 way by an IPv6 neighbour opens neighbour discovery, and nothing else of IPv6', () => {
  const more = rulesFor({}, { byIpv6Neighbour: 'yes' }).filter((rule) => !rulesFor({}).includes(rule));
  expect(more.filter((rule) => !rule.includes('icmpv6'))).toEqual([]);
  expect(more.some((rule) => rule.startsWith('output ip6 daddr ff02::2 icmpv6 type nd-router-solicit'))).toBe(true);
});

test('outward, neighbour discovery goes to neighbours and the server only, in messages without room for more', () => {
  const servers = [{ address: host6('2001:db8::5'), port: 1514, protocols: ['udp'] as const }];
  const onLink: Address[] = [{ family: 6, text: '2001:db8:1::', prefix: 64 }];
  const types = '{ nd-neighbor-solicit, nd-neighbor-advert }';
  const out = rulesFor({ servers }, { onLink }).filter((rule) => rule.startsWith('output') && rule.includes('icmpv6'));
  expect(out).toEqual([
    'output ip6 daddr ff02::2 icmpv6 type nd-router-solicit ip6 hoplimit 255 ip6 length { 8, 16, 32 }',
    ...['ff02::1', 'ff02::1:ff00:0/104', 'fe80::/10', '2001:db8:1::/64', '2001:db8::5'].map(
      (whom) => `output ip6 daddr ${whom} icmpv6 type ${types} ip6 hoplimit 255 ip6 length { 24, 32, 48 }`,
    ),
  ]);
});

test('leases are renewed with whoever gave them', () => {
  expect(rulesFor({}, { dhcpServers: [host4('10.0.0.1')], dhcpUsers: [0] })).toContain(
    'output ip daddr 10.0.0.1 udp sport 68 udp dport 67 meta skuid 0',
  );
});

test('reports of multicast groups name the groups of our own addresses, and tell how many bytes that makes', () => {
  const rules = rulesFor({ handlers: [host6('2001:db8::50')] }, { ownIp6: [host6('2001:db8::12:3456')] });
  const reports = rules.filter((rule) => rule.includes('listener-report'));
  const groups = 'ff02::1:2, ff02::1:3, ff02::1:ff12:3456, ff02::2, ff02::c, ff02::fb, ff05::2';
  expect(reports[0]).toBe(
    `output icmpv6 type mld-listener-report ip6 hoplimit 1 ip6 length 32 ip6 daddr { ${groups} }`,
  );
  expect(reports[1]).toMatch(/mld2-listener-report ip6 hoplimit 1 ip6 length 36 @th,48,16 1 @th,96,128 \{ 0xff02/);
  expect(reports[2]).toMatch(/ip6 length 56 @th,48,16 2 @th,96,128 \{ .* \} @th,256,128 \{ /);
  expect(reports).toHaveLength(11);
});

test('however many addresses we have, there are as many rules for reports, so that none of them looks like a stranger', () => {
  const reportsFor = (...own: string[]): string[] =>
    rulesFor({ handlers: [host6('2001:db8::50')] }, { ownIp6: own.map(host6) })
      .filter((rule) => rule.includes('listener-report'))
      .map((rule) => rule.replace(/\{[^}]*\}/g, 'GROUPS'));
  const temporary = Array.from({ length: 9 }, (_, index) => `2001:db8::${index + 1}:1`);
  expect(reportsFor(...temporary)).toEqual(reportsFor('2001:db8::12:3456'));
});

const udp: AllowEntry = {
  ...{ address: host4('203.0.113.7'), direction: 'out', protocol: 'udp', ports: portsOf(500, 4500) },
};
test.each<[string, Partial<AllowEntry>, string[]]>([
  [
    'out, UDP',
    {},
    ['input ip saddr 203.0.113.7 udp sport { 500, 4500 }', 'output ip daddr 203.0.113.7 udp dport { 500, 4500 }'],
  ],
  [
    'in, TCP',
    { direction: 'in', protocol: 'tcp', ports: portsOf({ first: 8000, last: 8010 }) },
    [
      'input ip saddr 203.0.113.7 tcp dport 8000-8010',
      'output ip daddr 203.0.113.7 tcp sport 8000-8010 tcp flags & (syn|ack) != syn',
    ],
  ],
  [
    'out, TCP, every port',
    { protocol: 'tcp', ports: [] },
    ['input ip saddr 203.0.113.7 tcp flags & (syn|ack) != syn', 'output ip daddr 203.0.113.7 meta l4proto 6'],
  ],
  [
    'both, a protocol by its number',
    { direction: 'both', protocol: 50, ports: [] },
    ['input ip saddr 203.0.113.7 meta l4proto 50', 'output ip daddr 203.0.113.7 meta l4proto 50'],
  ],
  [
    'ICMP over IPv6',
    { address: host6('2001:db8::7'), protocol: 'icmp', ports: [] },
    ['input ip6 saddr 2001:db8::7 meta l4proto 58', 'output ip6 daddr 2001:db8::7 meta l4proto 58'],
  ],
])('an entry of the settings, %s, comes through with its answers', (_what, change, expected) => {
  const more = rulesFor({ entries: [{ ...udp, ...change }] }).filter((rule) => /203\.0\.113\.7|2001:db8::7/.test(rule));
  expect(more.sort()).toEqual(expected);
});

test('everything is dropped by default, and the chains are filled anew without ever going away', () => {
  const commands = loadCommands(acceptRules(allowList, nowhere));
  const chains = commands.filter((command) => command.startsWith('add chain'));
  expect(chains).toHaveLength(5);
  for (const chain of chains) {
    expect(chain).toContain('policy drop');
    const [, , family, table, name] = chain.split(' ');
    expect(commands).toContain(`flush chain ${family} ${table} ${name}`);
  }
  expect(commands.filter((command) => command.startsWith('delete'))).toEqual([]);
});
