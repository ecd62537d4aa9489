import { acceptRules } from '../../../src/firewall/linux/rules';
import { loadCommands } from '../../../src/firewall/linux/ruleset';
import type { Address } from '../../../src/policy/address';
import type { AllowList } from '../../../src/policy/allow-list';

const host4 = (text: string): Address => ({ family: 4, text, prefix: 32 });
const host6 = (text: string): Address => ({ family: 6, text, prefix: 128 });
const allowList: AllowList = {
  servers: [{ address: host4('10.0.0.5'), port: 1514, protocols: ['tcp'] }],
  handlers: [],
  needsDns: false,
};
const rulesFor = (change: Partial<AllowList>, resolvers: Address[] = []): string[] =>
  loadCommands(acceptRules({ ...allowList, ...change }, resolvers))
    .filter((command) => command.startsWith('add rule'))
    .map((command) => command.replace('add rule inet contain_host ', '').replace(/ accept comment .*/, ''));

test('an IPv4 host lets through its server, DHCP and itself, and no IPv6 at all', () => {
  expect(rulesFor({})).toEqual([
    'input iifname "lo"',
    'output oifname "lo"',
    'output ip daddr 10.0.0.5 tcp dport 1514',
    'input ip saddr 10.0.0.5 tcp sport 1514',
    'output meta nfproto ipv4 udp sport 68 udp dport 67',
    'input meta nfproto ipv4 udp sport 67 udp dport 68',
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
      expect.stringContaining('output icmpv6 type { nd-router-solicit') as string,
      'input icmpv6 type packet-too-big',
      'output meta nfproto ipv6 udp sport 546 udp dport 547',
      'input ip6 saddr 2001:db8::5 frag nexthdr 17 frag frag-off > 0',
    ]),
  );
});

test('name servers are let through only where a server is a name', () => {
  const dns = (needsDns: boolean): string[] =>
    rulesFor({ needsDns }, [host4('10.0.0.53')]).filter((rule) => rule.includes('10.0.0.53'));
  expect(dns(false)).toEqual([]);
  expect(dns(true)).toEqual([
    'output ip daddr 10.0.0.53 udp dport 53',
    'input ip saddr 10.0.0.53 udp sport 53',
    'output ip daddr 10.0.0.53 tcp dport 53',
    'input ip saddr 10.0.0.53 tcp sport 53',
  ]);
});

test('everything is dropped by default, and the chains are filled anew without ever going away', () => {
  const commands = loadCommands(acceptRules(allowList, []));
  const chains = commands.filter((command) => command.startsWith('add chain'));
  expect(chains).toHaveLength(4);
  for (const chain of chains) {
    expect(chain).toContain('policy drop');
    const [, , family, table, name] = chain.split(' ');
    expect(commands).toContain(`flush chain ${family} ${table} ${name}`);
  }
  expect(commands.filter((command) => command.startsWith('delete'))).toEqual([]);
});
