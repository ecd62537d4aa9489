import { type Address, cidr } from '../../policy/address';
import { type AllowList, needsIpv6, type Server } from '../../policy/allow-list';

/** The chains in which something is let through. Nothing is ever forwarded. */
export type Chain = 'input' | 'output';

/** One condition: a field as nft names it, such as `ip saddr`, and the values it may have; or, with `above`, must exceed. */
export interface Match {
  readonly field: string;
  readonly values: readonly string[];
  readonly above?: true;
}

/** A rule that accepts what meets every condition. There are no other rules: what meets none is dropped by the chain. */
export interface AcceptRule {
  readonly chain: Chain;
  readonly comment: string;
  readonly matches: readonly Match[];
  /** Whom the rule is for. */
  readonly for: 'loopback' | 'server' | 'handler' | 'dhcp' | 'icmp' | 'dns';
}

/** IANA protocol numbers. Names would need /etc/protocols, which a small system does not have. */
export const protocolNumbers = { icmp: '1', tcp: '6', udp: '17', icmpv6: '58' } as const;

/** Neighbour discovery (RFC 4861): types 133 to 137 by nft's names. */
const neighbourDiscovery = [
  'nd-router-solicit',
  'nd-router-advert',
  'nd-neighbor-solicit',
  'nd-neighbor-advert',
  'nd-redirect',
];
const listenerReports = ['mld-listener-report', 'mld-listener-done', 'mld2-listener-report'];

/**
 * What a contained host may do: established connections count for nothing, so each direction has its own rule.
 * `resolvers` are let in where a server is a host name.
 */
export function acceptRules(allowList: AllowList, resolvers: readonly Address[]): AcceptRule[] {
  const nameServers = allowList.needsDns ? resolvers : [];
  const ipv6 = needsIpv6(allowList) || nameServers.some(({ family }) => family === 6);
  return unique([
    rule('input', 'loopback', 'loopback', match('iifname', 'lo')),
    rule('output', 'loopback', 'loopback', match('oifname', 'lo')),
    ...allowList.servers.flatMap(acceptServer),
    ...allowList.handlers.flatMap(acceptHandler),
    ...acceptDhcp('DHCP', 'ipv4', '68', '67'),
    // Without it a path that got narrower swallows whatever is sent to the server. Inbound only: nothing gets out this way.
    rule('input', 'icmp', 'ICMP 3/4', match('icmp type', 'destination-unreachable'), match('icmp code', 'frag-needed')),
    ...(ipv6 ? [...acceptDhcp('DHCPv6', 'ipv6', '546', '547'), ...acceptNeighbours()] : []),
    ...nameServers.flatMap((address) => [
      ...acceptPort('dns', address, '53', 'udp'),
      ...acceptPort('dns', address, '53', 'tcp'),
    ]),
  ]);
}

/** The same for equal conditions, in whatever order they stand. */
export function keyOf(chain: string, matches: readonly Match[]): string {
  const texts = matches.map(
    ({ field, values, above }) => `${field}${above ? '>' : '='}${[...values].sort().join(',')}`,
  );
  return [chain, ...texts.sort()].join('|');
}

function acceptServer({ address, port, protocols }: Server): AcceptRule[] {
  return protocols.flatMap((protocol) => acceptPort('server', address, String(port), protocol));
}

function acceptPort(whom: 'server' | 'dns', address: Address, port: string, protocol: 'tcp' | 'udp'): AcceptRule[] {
  const name = `${whom} ${protocol}`;
  const rules = [
    rule('output', whom, name, peer('output', address), match(`${protocol} dport`, port)),
    rule('input', whom, name, peer('input', address), match(`${protocol} sport`, port)),
  ];
  if (protocol === 'udp' && address.family === 6) rules.push(acceptFragments(whom, address));
  return rules;
}

/**
 * IPv6 fragments reach the input chain one by one, unless connection tracking put them together, and only the first has
 * ports. The others are worth nothing without it. IPv4 is put together before its input chain.
 */
function acceptFragments(whom: 'server' | 'dns', address: Address): AcceptRule {
  return rule(
    'input',
    whom,
    `${whom} udp fragments`,
    peer('input', address),
    match('frag nexthdr', protocolNumbers.udp),
    { ...match('frag frag-off', '0'), above: true },
  );
}

function acceptHandler(address: Address): AcceptRule[] {
  const protocols = handlerProtocols(address.family);
  return (['input', 'output'] as const).map((chain) =>
    rule(chain, 'handler', 'handler', peer(chain, address), match('meta l4proto', ...protocols)),
  );
}

/** The protocols a handler is let in with. */
export function handlerProtocols(family: Address['family']): string[] {
  const { icmp, icmpv6, tcp, udp } = protocolNumbers;
  return [family === 4 ? icmp : icmpv6, tcp, udp];
}

/** Without renewal the address, and with it the server, is lost within a lease. */
function acceptDhcp(name: string, family: 'ipv4' | 'ipv6', own: string, remote: string): AcceptRule[] {
  const only = match('meta nfproto', family);
  return [
    rule('output', 'dhcp', name, only, match('udp sport', own), match('udp dport', remote)),
    rule('input', 'dhcp', name, only, match('udp sport', remote), match('udp dport', own)),
  ];
}

/**
 * Neighbour entries age out within a minute, and a switch that snoops multicast forgets a host that reports nothing. A hop
 * limit of 255 proves that a packet came from this link (RFC 4861); one of 1 keeps it there (RFC 3810).
 */
function acceptNeighbours(): AcceptRule[] {
  const accept = (chain: Chain, name: string, types: readonly string[], hopLimit?: string): AcceptRule =>
    rule(
      chain,
      'icmp',
      name,
      match('icmpv6 type', ...types),
      ...(hopLimit === undefined ? [] : [match('ip6 hoplimit', hopLimit)]),
    );
  return [
    accept('input', 'ICMPv6 133-137', neighbourDiscovery, '255'),
    accept('output', 'ICMPv6 133-137', neighbourDiscovery, '255'),
    accept('input', 'ICMPv6 2', ['packet-too-big']),
    accept('output', 'ICMPv6 2', ['packet-too-big']),
    accept('input', 'ICMPv6 130', ['mld-listener-query'], '1'),
    accept('output', 'ICMPv6 131, 132, 143', listenerReports, '1'),
  ];
}

function rule(chain: Chain, whom: AcceptRule['for'], comment: string, ...matches: Match[]): AcceptRule {
  return { chain, comment, matches, for: whom };
}

function match(field: string, ...values: string[]): Match {
  return { field, values };
}

function peer(chain: Chain, address: Address): Match {
  const whole = address.prefix === (address.family === 4 ? 32 : 128);
  return match(
    `${address.family === 4 ? 'ip' : 'ip6'} ${chain === 'input' ? 'saddr' : 'daddr'}`,
    whole ? address.text : cidr(address),
  );
}

/** A handler that is configured and asks too, or a server that is a resolver too, needs its rule once. */
function unique(rules: readonly AcceptRule[]): AcceptRule[] {
  return [...new Map(rules.map((one) => [keyOf(one.chain, one.matches), one])).values()];
}
