import type { Address } from '../../policy/address';
import type { AllowEntry } from '../../policy/allow-entry';
import { type AllowList, needsIpv6, type Server } from '../../policy/allow-list';
import { type Condition, type Flow, type FlowGroup, flowGroups, type GroupName } from '../../policy/flows';
import { portText } from '../../policy/ports';
import { acceptListenerReports } from './listener-reports';
import {
  type AcceptRule,
  accept,
  familyWord,
  icmpTypeNames,
  keyOf,
  type Match,
  match,
  noNewConnection,
  peer,
  protocolNumbers,
  type Way,
} from './match';
import type { Surroundings } from './surroundings';

const groups = Object.entries(flowGroups) as readonly [GroupName, FlowGroup][];

/** One of those whom the flows of a group are with. */
interface Partner {
  readonly peer: (way: Way) => readonly Match[];
  readonly family?: Address['family'];
  readonly server?: Server;
  readonly entry?: AllowEntry;
  /** The only direction of its flows; absent: both. */
  readonly way?: Way;
}

/** What a contained host may do: established connections count for nothing, so each direction has its own rule. */
export function acceptRules(allowList: AllowList, surroundings: Surroundings): AcceptRule[] {
  return unique(
    groups
      .filter(([, group]) => isDue(group, allowList, surroundings))
      .flatMap(([name, group]) =>
        partnersOf(group, allowList, surroundings).flatMap((partner) =>
          group.flows.flatMap((flow) => acceptFlow(name, flow, partner, surroundings)),
        ),
      ),
  );
}

function isDue({ when }: FlowGroup, allowList: AllowList, { resolvers, byIpv6Neighbour }: Surroundings): boolean {
  const ipv6 = needsIpv6(allowList) || (allowList.needsDns && resolvers.some(({ family }) => family === 6));
  const due = { ipv6, neighbours: ipv6 || byIpv6Neighbour !== 'no', names: allowList.needsDns, nat: true };
  return when === undefined || due[when];
}

function partnersOf(group: FlowGroup, allowList: AllowList, surroundings: Surroundings): Partner[] {
  switch (group.with) {
    case 'this host':
      return [{ peer: (way) => [match(way === 'in' ? 'iifname' : 'oifname', 'lo')] }];
    case 'anybody':
      return [{ peer: () => [] }];
    case 'server':
      return group.when === 'nat'
        ? surroundings.rewritten.map(({ server }) => ({ server, peer: () => [] }))
        : [...allowList.servers, ...surroundings.virtual.map(({ real }) => real)].map((server) => ({
            server,
            ...at(server.address),
          }));
    case 'handler':
      return allowList.handlers.map(at);
    case 'entry':
      return (allowList.entries ?? []).map((entry) => ({ entry, ...at(entry.address) }));
    case 'name server':
      return surroundings.resolvers.map(at);
    // A client asks everybody on the link, and whoever gave it the lease.
    case 'DHCP server':
      return [broadcast, ...surroundings.dhcpServers].map(at);
    // A client asks the group of all servers and relays on its link, and whoever answers does so from that link.
    case 'DHCPv6 server':
      return [{ ...at(everyDhcpv6Server), way: 'out' }, at(linkLocal)];
    case 'every router':
      return [at(everyRouter)];
    // A neighbour is asked by a group for its address, and later at that address whether it is still there. It is
    // answered where it asked from. Either address may be global. A server counts as one wherever it is: it must not
    // be lost where the routes do not show that it is on a link.
    case 'neighbour':
      return [
        ...[everyNode, solicitedNodes, linkLocal, ...surroundings.onLink],
        ...allowList.servers.map(({ address }) => address).filter(({ family }) => family === 6),
      ].map(at);
  }
}

const broadcast: Address = { family: 4, text: '255.255.255.255', prefix: 32 };
const everyDhcpv6Server: Address = { family: 6, text: 'ff02::1:2', prefix: 128 };
const everyNode: Address = { family: 6, text: 'ff02::1', prefix: 128 };
const everyRouter: Address = { family: 6, text: 'ff02::2', prefix: 128 };
/** The groups in which neighbours are asked for (RFC 4291, 2.7.1). */
const solicitedNodes: Address = { family: 6, text: 'ff02::1:ff00:0', prefix: 104 };
const linkLocal: Address = { family: 6, text: 'fe80::', prefix: 10 };

function at(address: Address): Partner {
  return { family: address.family, peer: (way) => [peer(way, address)] };
}

function acceptFlow(name: GroupName, flow: Flow, partner: Partner, surroundings: Surroundings): AcceptRule[] {
  const { linux: conditions, way } = flow;
  const protocol = protocolOf(flow, partner);
  if (conditions === undefined || !isMeant(flow, partner, protocol)) return [];
  if (conditions.includes('for own addresses')) return acceptListenerReports(name, surroundings.ownIp6);
  return accept(
    way,
    name,
    protocol === 'tcp' || protocol === 'udp' ? `${name} ${protocol}` : name,
    ...partner.peer(way),
    ...protocolMatches(flow, partner, protocol),
    ...conditions.flatMap((condition) => matchesOf[condition](flow, partner, surroundings)),
  );
}

/**
 * A server is spoken to by its own protocols only. An entry is spoken to in the direction that it names, and its
 * answers come the other way.
 */
function isMeant(flow: Flow, { server, entry, way, family }: Partner, protocol: string | undefined): boolean {
  if (server !== undefined && !server.protocols.some((one) => one === protocol)) return false;
  if (way !== undefined && way !== flow.way) return false;
  // Fragments of IPv4 are put together before its input chain. Of IPv6, only the first fragment has ports.
  if (isLaterFragments(flow)) return family === 6 && (entry === undefined || hasPorts(entry, 'udp'));
  if (entry === undefined || entry.direction === 'both') return true;
  const isAnswer = flow.way === 'in' ? flow.other === 'entry' : flow.own === 'entry';
  return (entry.direction === flow.way) !== isAnswer;
}

function isLaterFragments({ linux }: Flow): boolean {
  return linux?.includes('later fragments') ?? false;
}

function hasPorts({ protocol, ports }: AllowEntry, wanted: 'udp'): boolean {
  return protocol === wanted && ports.length > 0;
}

/** The protocol by its word, or by its number where it has no word here; undefined: several. */
function protocolOf({ protocol }: Flow, { entry }: Partner): string | undefined {
  if (protocol !== 'entry') return protocol === 'tcp, udp, icmp' ? undefined : protocol;
  return entry?.protocol === 'icmp' ? `icmpv${entry.address.family}` : String(entry?.protocol);
}

/** Where a rule has a condition on a protocol's header, nft lists none on the protocol itself. */
function protocolMatches(flow: Flow, { family, server, entry }: Partner, protocol: string | undefined): Match[] {
  if (flow.protocol === 'tcp, udp, icmp') return [match('meta l4proto', ...handlerProtocols(family ?? 4))];
  if (protocol === undefined || isLaterFragments(flow)) return [];
  if (flow.types !== undefined) {
    const names = flow.types.map((type) => icmpTypeNames[protocol]?.[type] ?? String(type));
    return [match(`${nftWord(protocol)} type`, ...names)];
  }
  const isAnswer = protocol === 'tcp' && flow.linux?.includes('no new TCP connection');
  const values = (port: Flow['own'] | Flow['other']): string[] => {
    if (port === undefined || port === 'any') return [];
    return port === 'entry' ? (entry?.ports.map(portText) ?? []) : [String(port === 'server' ? server?.port : port)];
  };
  const [own, other] = [values(flow.own), values(flow.other)];
  const [ownSide, otherSide] = flow.way === 'in' ? ['dport', 'sport'] : ['sport', 'dport'];
  if (own.length + other.length === 0) return isAnswer ? [] : [match('meta l4proto', numberOf(protocol))];
  return [
    ...(own.length === 0 ? [] : [match(`${protocol} ${ownSide}`, ...own)]),
    ...(other.length === 0 ? [] : [match(`${protocol} ${otherSide}`, ...other)]),
  ];
}

function nftWord(protocol: string): string {
  return protocol === 'icmpv4' ? 'icmp' : protocol;
}

function numberOf(protocol: string): string {
  const numbers: Readonly<Record<string, string>> = protocolNumbers;
  return numbers[nftWord(protocol)] ?? protocol;
}

/** The protocols a handler is let in with. */
export function handlerProtocols(family: Address['family']): string[] {
  const { icmp, icmpv6, tcp, udp } = protocolNumbers;
  return [family === 4 ? icmp : icmpv6, tcp, udp];
}

/**
 * Lengths in bytes of what the kernel sends (RFC 4861): a message by itself, and with its one option, which holds the
 * hardware address: 8 bytes for Ethernet (a nonce is as long), 24 for InfiniBand.
 */
const routerLengths = ['8', '16', '32'];
const neighbourLengths = ['24', '32', '48'];

/** How nft says each condition. */
const matchesOf: Readonly<
  Record<Condition, (flow: Flow, partner: Partner, surroundings: Surroundings) => readonly Match[]>
> = {
  IPv4: () => [match('meta nfproto', 'ipv4')],
  'no new TCP connection': (flow, partner) => (protocolOf(flow, partner) === 'tcp' ? [noNewConnection] : []),
  // Each fragment comes by itself, unless connection tracking put them together. Without the first they are of no use.
  'later fragments': () => [
    match('frag nexthdr', protocolNumbers.udp),
    { ...match('frag frag-off', '0'), above: true },
  ],
  // 255 proves that a packet came from this link (RFC 4861); 1 keeps it there (RFC 3810).
  'hop limit 255': () => [match('ip6 hoplimit', '255')],
  'no payload': ({ types }) => [match('ip6 length', ...(types?.includes(133) ? routerLengths : neighbourLengths))],
  'hop limit 1': () => [match('ip6 hoplimit', '1')],
  'code 4': () => [match('icmp code', 'frag-needed')],
  'by the clients': (_flow, _partner, { dhcpUsers }) => [match('meta skuid', ...dhcpUsers.map(String))],
  // These rules are made elsewhere, one by one, each with its length.
  'for own addresses': () => [],
  // Connection tracking knows whom we had asked; it forgets a UDP flow after minutes of silence.
  'known connection': ({ way }, { server }) =>
    server === undefined
      ? []
      : [
          match('ct status', 'dnat'),
          match('ct direction', way === 'in' ? 'reply' : 'original'),
          match(`ct original ${familyWord(server.address.family)} daddr`, server.address.text),
          match('ct original proto-dst', String(server.port)),
        ],
};

/** Each rule once: a handler may be configured and ask too, and a server may be a resolver too. */
function unique(rules: readonly AcceptRule[]): AcceptRule[] {
  return [...new Map(rules.map((one) => [keyOf(one.chain, one.matches), one])).values()];
}
