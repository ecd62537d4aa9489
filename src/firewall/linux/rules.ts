import type { Address } from '../../policy/address';
import type { AllowEntry } from '../../policy/allow-entry';
import { type AllowList, needsIpv6, type Server } from '../../policy/allow-list';
import { portText } from '../../policy/ports';
import { acceptListenerReports } from './listener-reports';
import {
  type AcceptRule,
  accept,
  familyWord,
  keyOf,
  type Match,
  match,
  noNewConnection,
  peer,
  protocolNumbers,
  type Way,
} from './match';
import type { Surroundings } from './surroundings';

/** Neighbour discovery (RFC 4861): types 133 to 137 by nft's names. */
const neighbourDiscovery = [
  'nd-router-solicit',
  'nd-router-advert',
  'nd-neighbor-solicit',
  'nd-neighbor-advert',
  'nd-redirect',
];

const ways = ['in', 'out'] as const;

/** What a contained host may do: established connections count for nothing, so each direction has its own rule. */
export function acceptRules(allowList: AllowList, surroundings: Surroundings): AcceptRule[] {
  const nameServers = allowList.needsDns ? surroundings.resolvers : [];
  const ipv6 = needsIpv6(allowList) || nameServers.some(({ family }) => family === 6);
  return unique([
    ...accept('in', 'loopback', 'loopback', match('iifname', 'lo')),
    ...accept('out', 'loopback', 'loopback', match('oifname', 'lo')),
    ...allowList.servers.flatMap(acceptServer),
    ...surroundings.rewritten.flatMap(({ server }) => acceptRewritten(server)),
    ...allowList.handlers.flatMap(acceptHandler),
    ...(allowList.entries ?? []).flatMap(acceptEntry),
    ...acceptDhcp(surroundings),
    // Without it a path that got narrower swallows whatever is sent to the server. Inbound only: nothing gets out this way.
    ...accept(
      'in',
      'icmp',
      'ICMP 3/4',
      match('icmp type', 'destination-unreachable'),
      match('icmp code', 'frag-needed'),
    ),
    ...(ipv6 ? acceptDhcpv6(surroundings) : []),
    ...(ipv6 || surroundings.byIpv6Neighbour ? acceptNeighbours(surroundings.ownIp6) : []),
    ...nameServers.flatMap((address) => [
      ...acceptPort('dns', address, '53', 'udp'),
      ...acceptPort('dns', address, '53', 'tcp'),
    ]),
  ]);
}

function acceptServer({ address, port, protocols }: Server): AcceptRule[] {
  return protocols.flatMap((protocol) => acceptPort('server', address, String(port), protocol));
}

function acceptPort(whom: 'server' | 'dns', address: Address, port: string, protocol: 'tcp' | 'udp'): AcceptRule[] {
  const name = `${whom} ${protocol}`;
  return [
    ...accept('out', whom, name, peer('out', address), match(`${protocol} dport`, port)),
    ...accept(
      'in',
      whom,
      name,
      peer('in', address),
      match(`${protocol} sport`, port),
      ...(protocol === 'tcp' ? [noNewConnection] : []),
    ),
    ...(protocol === 'udp' ? acceptFragments(whom, name, address) : []),
  ];
}

/**
 * A server to which NAT at output sends our packets by another address: its answers come from that one, before NAT turns them
 * back. Connection tracking knows whom we had asked; it forgets a UDP flow after minutes of silence.
 */
function acceptRewritten({ address, port, protocols }: Server): AcceptRule[] {
  return protocols.flatMap((protocol) => {
    const asked = (direction: 'original' | 'reply'): Match[] => [
      match('ct status', 'dnat'),
      match('ct direction', direction),
      match(`ct original ${familyWord(address.family)} daddr`, address.text),
      match('ct original proto-dst', String(port)),
    ];
    // nft lists no condition on the protocol beside one on its header.
    const overUdp = match('meta l4proto', protocolNumbers.udp);
    const overTcp = match('meta l4proto', protocolNumbers.tcp);
    const name = `server ${protocol} by NAT`;
    return [
      ...accept('in', 'server', name, protocol === 'udp' ? overUdp : noNewConnection, ...asked('reply')),
      ...accept('out', 'server', name, protocol === 'udp' ? overUdp : overTcp, ...asked('original')),
    ];
  });
}

/**
 * IPv6 fragments reach the input chain one by one, unless connection tracking put them together, and only the first has
 * ports. The others are worth nothing without it. IPv4 is put together before its input chain.
 */
function acceptFragments(whom: AcceptRule['for'], name: string, address: Address): AcceptRule[] {
  if (address.family === 4) return [];
  return accept('in', whom, `${name} fragments`, peer('in', address), match('frag nexthdr', protocolNumbers.udp), {
    ...match('frag frag-off', '0'),
    above: true,
  });
}

function acceptHandler(address: Address): AcceptRule[] {
  const protocols = handlerProtocols(address.family);
  return ways.flatMap((way) =>
    accept(way, 'handler', 'handler', peer(way, address), match('meta l4proto', ...protocols)),
  );
}

/** The protocols a handler is let in with. */
export function handlerProtocols(family: Address['family']): string[] {
  const { icmp, icmpv6, tcp, udp } = protocolNumbers;
  return [family === 4 ? icmp : icmpv6, tcp, udp];
}

/** An entry of the settings, with its answers. Over TCP who speaks first shows; over the others either may. */
function acceptEntry({ address, direction, protocol, ports }: AllowEntry): AcceptRule[] {
  const name = `allow ${typeof protocol === 'number' ? `protocol ${protocol}` : protocol}`;
  const values = ports.map(portText);
  return ways
    .filter((first) => direction === 'both' || direction === first)
    .flatMap((first) =>
      ways.flatMap((way) => {
        const isAnswer = way !== first;
        // The port that is named is the one of whoever is spoken to.
        const side = isAnswer ? 'sport' : 'dport';
        const hasPorts = (protocol === 'tcp' || protocol === 'udp') && values.length > 0;
        const isTcpAnswer = protocol === 'tcp' && isAnswer;
        return [
          ...accept(
            way,
            'entry',
            name,
            peer(way, address),
            ...(hasPorts
              ? [match(`${protocol} ${side}`, ...values)]
              : isTcpAnswer
                ? []
                : [overProtocol(address, protocol)]),
            ...(isTcpAnswer ? [noNewConnection] : []),
          ),
          ...(way === 'in' && protocol === 'udp' && hasPorts ? acceptFragments('entry', name, address) : []),
        ];
      }),
    );
}

function overProtocol({ family }: Address, protocol: AllowEntry['protocol']): Match {
  if (typeof protocol === 'number') return match('meta l4proto', String(protocol));
  const word = protocol === 'icmp' && family === 6 ? 'icmpv6' : protocol;
  return match('meta l4proto', protocolNumbers[word]);
}

/**
 * Without renewal the address, and with it the server, is lost within a lease. Asked are everybody on the link and whoever
 * gave the lease, by the clients' users only: for anybody who may bind port 68 this would be a way out. Any server may answer.
 */
function acceptDhcp({ dhcpUsers, dhcpServers }: Surroundings): AcceptRule[] {
  const ports = (own: string, other: string): Match[] => [match(`udp ${own}`, '68'), match(`udp ${other}`, '67')];
  const asked = ['255.255.255.255', ...dhcpServers.map(({ text }) => text)];
  return [
    ...asked.flatMap((address) =>
      accept('out', 'dhcp', 'DHCP', match('ip daddr', address), ...ports('sport', 'dport'), by(dhcpUsers)),
    ),
    ...accept('in', 'dhcp', 'DHCP', match('meta nfproto', 'ipv4'), ...ports('dport', 'sport')),
  ];
}

/** RFC 8415: a client asks the group of all servers and relays on its link, and whoever answers does so from that link. */
function acceptDhcpv6({ dhcpUsers }: Surroundings): AcceptRule[] {
  const ports = (own: string, other: string): Match[] => [match(`udp ${own}`, '546'), match(`udp ${other}`, '547')];
  return [
    ...['ff02::1:2', 'fe80::/10'].flatMap((address) =>
      accept('out', 'dhcp', 'DHCPv6', match('ip6 daddr', address), ...ports('sport', 'dport'), by(dhcpUsers)),
    ),
    ...accept('in', 'dhcp', 'DHCPv6', match('ip6 saddr', 'fe80::/10'), ...ports('dport', 'sport')),
  ];
}

function by(users: readonly number[]): Match {
  return match('meta skuid', ...users.map(String));
}

/**
 * Neighbour entries age out within a minute, and a switch that snoops multicast forgets a host that reports nothing. A hop
 * limit of 255 proves that a packet came from this link (RFC 4861); one of 1 keeps it there (RFC 3810).
 */
function acceptNeighbours(ownIp6: readonly Address[]): AcceptRule[] {
  const acceptTypes = (way: Way, name: string, types: readonly string[], hopLimit?: string): AcceptRule[] =>
    accept(
      way,
      'icmp',
      name,
      match('icmpv6 type', ...types),
      ...(hopLimit === undefined ? [] : [match('ip6 hoplimit', hopLimit)]),
    );
  return [
    ...acceptTypes('in', 'ICMPv6 133-137', neighbourDiscovery, '255'),
    ...acceptTypes('out', 'ICMPv6 133-137', neighbourDiscovery, '255'),
    ...acceptTypes('in', 'ICMPv6 2', ['packet-too-big']),
    ...acceptTypes('out', 'ICMPv6 2', ['packet-too-big']),
    ...acceptTypes('in', 'ICMPv6 130', ['mld-listener-query'], '1'),
    ...acceptListenerReports(ownIp6),
  ];
}

/** A handler that is configured and asks too, or a server that is a resolver too, needs its rule once. */
function unique(rules: readonly AcceptRule[]): AcceptRule[] {
  return [...new Map(rules.map((one) => [keyOf(one.chain, one.matches), one])).values()];
}
