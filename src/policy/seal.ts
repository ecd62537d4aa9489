import type { Address } from './address';
import {
  type AddressRange,
  type AddressSet,
  addressSet,
  addressSpace,
  ofFamily,
  otherAddresses,
  rangeText,
} from './address-set';
import { additionPrefix } from './flows';
import { otherPorts, type PortRange, type Ports, portSpace, portsOf, portsText } from './ports';
import { protocolNumber, type Rule } from './rule';
import { merge, partition } from './runs';

/**
 * When block rules close the doors that a policy leaves open; `where-needed`: where the judgement finds such a door.
 */
export type SealWhen = 'where-needed' | 'always' | 'never';

/** What a seal has to know of the network that the host is in. */
export interface Surroundings {
  /** The servers that gave this host its leases; undefined where they are not known: then DHCP is left open to any. */
  readonly dhcpServers: readonly Address[] | undefined;
  /** The name servers that this host is configured with. */
  readonly resolvers: readonly Address[];
}

/**
 * The names of all rules of the seal start with this. They end in a hash of the rule, so another content has another
 * name.
 */
export const sealPrefix = `${additionPrefix}seal `;

export function isSealName(name: string): boolean {
  return name.toLowerCase().startsWith(sealPrefix);
}

/** Windows takes 1,000 items. We keep a line well below the shortest that anybody has seen cut off. */
const mostRanges = 20;
const longestAddresses = 400;
const longestPorts = 100;

/** Windows never filters loopback by default, but a block rule takes effect there. */
export const loopback: AddressSet = [
  { family: 4, first: 0x7f00_0000n, last: 0x7fff_ffffn },
  { family: 6, first: 0n, last: 1n },
];
const broadcast: AddressRange = { family: 4, first: 0xffff_ffffn, last: 0xffff_ffffn };
/** A client of DHCPv6 has this port (RFC 8415). */
const dhcpv6Port = 546;
/** fe80::/10 and ff02::/16, where the servers of DHCPv6 are found (RFC 8415). */
const linkScope: AddressSet = [
  { family: 6, first: 0xfe80n << 112n, last: (0xfec0n << 112n) - 1n },
  { family: 6, first: 0xff02n << 112n, last: (0xff03n << 112n) - 1n },
];

/** Echo request and reply (RFC 4443): they carry anybody's bytes, and no link needs them. */
const sealedIcmpv6Types = [128, 129];

/** Tunnels and transports (IANA): IPv4, IPv6, GRE, ESP and AH in IP, L2TP, SCTP, UDP-Lite. */
const sealedProtocols = [4, 41, 47, 50, 51, 115, 132, 136];

/**
 * Block rules over everything that the allow rules do not let through, in both directions: TCP and UDP port by port,
 * echo of ICMPv6, and the protocols that carry others. They leave out what the allow rules let through, except that of
 * DHCP they leave out only the servers of this host's leases. Ping of ICMPv4 stays as the batch script has it, and
 * loopback is in no rule.
 */
export function sealRules(allowed: readonly Rule[], around: Surroundings): Rule[] {
  return (['out', 'in'] as const).flatMap((direction) => {
    const permits = allowed.filter((rule) => rule.direction === direction);
    return [
      ...(['tcp', 'udp'] as const).flatMap((protocol) => sealPorts(permits, direction, protocol, around)),
      ...sealedIcmpv6Types.flatMap((icmpType) => sealWhole(permits, { direction, protocol: 'icmpv6', icmpType })),
      ...sealedProtocols.flatMap((protocol) => sealWhole(permits, { direction, protocol })),
    ];
  });
}

/** What a block rule of the seal is for, before it is cut into lines. */
type Conditions = Pick<Rule, 'direction' | 'protocol' | 'icmpType' | 'localPorts' | 'remotePorts'>;

/** A protocol without ports: blocked for everybody whom no rule lets through with it. */
function sealWhole(permits: readonly Rule[], conditions: Conditions): Rule[] {
  const { protocol, icmpType } = conditions;
  const same = permits.filter(
    (rule) =>
      protocolNumber(rule.protocol) === protocolNumber(protocol) && [undefined, icmpType].includes(rule.icmpType),
  );
  const others = otherAddresses(addressSet([...loopback, ...same.flatMap(({ remote }) => [...rangesOf(remote)])]));
  return inLines(conditions, protocol === 'icmpv6' ? ofFamily(others, 6) : others);
}

function rangesOf(remote: Rule['remote']): AddressSet {
  return typeof remote === 'object' ? remote : [];
}

/** Local and remote ports that are let through to and from the same addresses. */
interface Permit {
  readonly addresses: AddressSet;
  readonly local: Ports;
  readonly remote: Ports;
}

const anyPorts = portsOf(portSpace);

function sealPorts(
  rules: readonly Rule[],
  direction: Rule['direction'],
  protocol: 'tcp' | 'udp',
  around: Surroundings,
): Rule[] {
  const permits = [
    { addresses: loopback, local: anyPorts, remote: anyPorts },
    ...rules.filter((rule) => rule.protocol === protocol).map((rule) => permitOf(rule, around)),
  ];
  const regions = new Map<string, { readonly blocked: Pick<Permit, 'local' | 'remote'>; ranges: AddressRange[] }>();
  for (const family of [4, 6] as const) {
    const lists = permits.map(({ addresses }) => ofFamily(addresses, family));
    for (const { members, runs } of partition(lists, addressSpace(family))) {
      for (const blocked of blockedPorts(members.flatMap((index) => permits[index] ?? []))) {
        const key = `${portsText(blocked.local)} ${portsText(blocked.remote)}`;
        const region = regions.get(key) ?? { blocked, ranges: [] };
        region.ranges.push(...runs.map(({ first, last }) => ({ family, first, last })));
        regions.set(key, region);
      }
    }
  }
  return [...regions.values()].flatMap(({ blocked: { local, remote }, ranges }) =>
    pieces(local).flatMap((localPorts) =>
      pieces(remote).flatMap((remotePorts) =>
        inLines(
          {
            ...{ direction, protocol },
            ...(localPorts === undefined ? {} : { localPorts }),
            ...(remotePorts === undefined ? {} : { remotePorts }),
          },
          addressSet(ranges),
        ),
      ),
    ),
  );
}

function permitOf(rule: Rule, around: Surroundings): Permit {
  const { localPorts, remotePorts } = rule;
  const local = localPorts === undefined || localPorts === 'any' ? anyPorts : localPorts;
  return { addresses: allowedAddresses(rule, around), local, remote: remotePorts ?? anyPorts };
}

/** The addresses that a rule lets through under a seal: `dns` and DHCP stand for addresses of this host's network. */
export function allowedAddresses({ localPorts, remote, service }: Rule, around: Surroundings): AddressSet {
  if (remote === 'dns') return addressSet(around.resolvers);
  if (remote !== undefined) return remote;
  if (service !== 'dhcp') return otherAddresses([]);
  const isSix = typeof localPorts === 'object' && localPorts[0]?.first === dhcpv6Port;
  if (isSix) return linkScope;
  const { dhcpServers } = around;
  return dhcpServers === undefined ? ofFamily(otherAddresses([]), 4) : addressSet([broadcast, ...dhcpServers]);
}

/** The pairs of local and remote ports that none of the permits is for. */
function blockedPorts(permits: readonly Permit[]): Pick<Permit, 'local' | 'remote'>[] {
  const parts = partition(
    permits.map(({ local }) => local),
    portSpace,
  );
  const byRemote = new Map<string, { local: PortRange[]; readonly remote: Ports }>();
  for (const { members, runs } of parts) {
    const remote = otherPorts(members.flatMap((index) => permits[index]?.remote ?? []));
    if (remote.length === 0) continue;
    const part = byRemote.get(portsText(remote)) ?? { local: [], remote };
    part.local.push(...runs);
    byRemote.set(portsText(remote), part);
  }
  return [...byRemote.values()].map(({ local, remote }) => ({ local: merge(local, portSpace), remote }));
}

/** A list of ports cut so that each part fits a line; all ports are no condition at all. */
function pieces(ports: Ports): (Ports | undefined)[] {
  if (portsText(ports) === portsText(anyPorts)) return [undefined];
  return cut(ports, mostRanges, longestPorts, (range) => portsText([range]));
}

/** One rule for as many ranges as a line takes. */
function inLines(conditions: Conditions, addresses: AddressSet): Rule[] {
  return cut(addresses, mostRanges, longestAddresses, rangeText).map((remote) => {
    const rule = { action: 'block', ...conditions, remote } as const;
    return { name: nameOf(rule), ...rule };
  });
}

function cut<T>(items: readonly T[], most: number, longest: number, text: (item: T) => string): T[][] {
  const parts: T[][] = [];
  let length = longest;
  for (const item of items) {
    const part = parts.at(-1);
    const more = text(item).length + 1;
    if (part === undefined || part.length === most || length + more > longest) {
      parts.push([item]);
      length = more;
    } else {
      part.push(item);
      length += more;
    }
  }
  return parts;
}

/** A name that says what the rule is for and changes with it. */
function nameOf({ direction, protocol, icmpType, localPorts, remotePorts, remote }: Omit<Rule, 'name'>): string {
  const kind = icmpType === undefined ? protocol : `${protocol}-${icmpType}`;
  const ports = [localPorts, remotePorts].map((list) => (typeof list === 'object' ? portsText(list) : ''));
  const content = [direction, kind, ...ports, ...rangesOf(remote).map(rangeText)];
  const { createHash } = process.getBuiltinModule('node:crypto');
  const hash = createHash('sha256').update(content.join('|')).digest('hex').slice(0, 12);
  return `${sealPrefix}${direction} ${kind} ${hash}`;
}
