import type { Address } from './address';
import { addressSet } from './address-set';
import type { AllowEntry } from './allow-entry';
import { type AllowList, needsIpv6, type Server } from './allow-list';
import { portsOf } from './ports';
import type { Rule } from './rule';

/** The agent's port in the batch script, whatever the configuration says: rules 3 and 4 are kept as they were. */
const batchScriptPort = 1514;

/** Neighbour discovery (RFC 4861, types 133 to 137) and Packet Too Big (RFC 4443, type 2). */
const neededIcmpv6Types = [133, 134, 135, 136, 137, 2];

/** The names of the eight rules of the batch script, in its order. */
export const batchScriptNames = [
  'Allow ICMP in',
  'Allow ICMP out',
  'Allow OSSEC Server in',
  'Allow OSSEC Server out',
  'Allow OSSEC Server in/tcp',
  'Allow OSSEC Server in/udp',
  'Allow OSSEC Server out/tcp',
  'Allow OSSEC Server out/udp',
] as const;

/** The names of all additions to the batch script start so. */
export const additionPrefix = 'contain-host: ';

/**
 * True for a name that only this program and the batch script give their rules, in any case. The two names for ping are left
 * out: administrators have rules of their own under them, so they prove nothing.
 */
export function isOurName(name: string): boolean {
  const lower = name.toLowerCase();
  return lower.startsWith(additionPrefix) || batchScriptNames.slice(2).some((own) => own.toLowerCase() === lower);
}

/** What the policy allows, in the order in which the rules are written: the eight of the batch script, then the additions. */
export function rulesOf(allowList: AllowList): Rule[] {
  return [
    ...permitPing(),
    ...allowList.servers.flatMap(permitServerAsBatchScript),
    ...allowList.handlers.flatMap(permitHandler),
    ...allowList.servers.flatMap(permitServer),
    ...(allowList.entries ?? []).flatMap(permitEntry),
    ...permitDhcp(),
    ...(needsIpv6(allowList) ? [...permitDhcpv6(), ...permitNeighbourDiscovery()] : []),
    ...(allowList.needsDns ? permitDns() : []),
  ];
}

function permitPing(): Rule[] {
  return [allow('Allow ICMP in', 'in', { protocol: 'icmpv4' }), allow('Allow ICMP out', 'out', { protocol: 'icmpv4' })];
}

function permitServerAsBatchScript({ address }: Server): Rule[] {
  const shared = { localPorts: portsOf(batchScriptPort), remote: addressSet([address]), protocol: 'udp' } as const;
  return [allow('Allow OSSEC Server in', 'in', shared), allow('Allow OSSEC Server out', 'out', shared)];
}

function permitHandler(handler: Address): Rule[] {
  const shared = { localPorts: 'any', remote: addressSet([handler]) } as const;
  return [
    allow('Allow OSSEC Server in/tcp', 'in', { protocol: 'tcp', ...shared }),
    allow('Allow OSSEC Server in/udp', 'in', { protocol: 'udp', ...shared }),
    allow('Allow OSSEC Server out/tcp', 'out', { protocol: 'tcp', ...shared }),
    allow('Allow OSSEC Server out/udp', 'out', { protocol: 'udp', ...shared }),
  ];
}

/**
 * The agent connects from an ephemeral port to the server's port, which rule 4 of the batch script never matches. After a
 * minute of silence Windows forgets a UDP flow, so the server's next order needs a rule of its own to come in.
 */
function permitServer({ address, port, protocols }: Server): Rule[] {
  const shared = { remotePorts: portsOf(port), remote: addressSet([address]) };
  const rules = protocols.map((protocol) =>
    allow(`${additionPrefix}server out ${protocol}`, 'out', { protocol, ...shared, vital: true }),
  );
  if (!protocols.includes('udp')) return rules;
  return [...rules, allow(`${additionPrefix}server in udp`, 'in', { protocol: 'udp', ...shared })];
}

/** Entries of the settings. Ports are the other's for what goes out, and our own for what comes in. */
function permitEntry({ address, direction, protocol, ports }: AllowEntry): Rule[] {
  const word = protocol === 'icmp' ? (`icmpv${address.family}` as const) : protocol;
  return (['in', 'out'] as const)
    .filter((way) => direction === 'both' || direction === way)
    .map((way) =>
      allow(`${additionPrefix}allow ${way} ${word}`, way, {
        protocol: word,
        ...(ports.length === 0 ? {} : way === 'in' ? { localPorts: ports } : { remotePorts: ports }),
        remote: addressSet([address]),
      }),
    );
}

/** Without renewal the address, and with it the server, is lost within a lease. */
function permitDhcp(): Rule[] {
  const shared = { protocol: 'udp', localPorts: portsOf(68), remotePorts: portsOf(67), service: 'dhcp' } as const;
  return [allow(`${additionPrefix}DHCP in`, 'in', shared), allow(`${additionPrefix}DHCP out`, 'out', shared)];
}

function permitDhcpv6(): Rule[] {
  const shared = { protocol: 'udp', localPorts: portsOf(546), remotePorts: portsOf(547), service: 'dhcp' } as const;
  return [allow(`${additionPrefix}DHCPv6 in`, 'in', shared), allow(`${additionPrefix}DHCPv6 out`, 'out', shared)];
}

/** Neighbour entries age out within a minute; without them an IPv6 server is gone. */
function permitNeighbourDiscovery(): Rule[] {
  return neededIcmpv6Types.flatMap((icmpType) => [
    allow(`${additionPrefix}ICMPv6 ${icmpType} in`, 'in', { protocol: 'icmpv6', icmpType }),
    allow(`${additionPrefix}ICMPv6 ${icmpType} out`, 'out', { protocol: 'icmpv6', icmpType }),
  ]);
}

function permitDns(): Rule[] {
  const shared = { remotePorts: portsOf(53), remote: 'dns', service: 'dnscache' } as const;
  return [
    allow(`${additionPrefix}DNS out udp`, 'out', { protocol: 'udp', ...shared }),
    allow(`${additionPrefix}DNS out tcp`, 'out', { protocol: 'tcp', ...shared }),
  ];
}

function allow(
  name: string,
  direction: Rule['direction'],
  conditions: Omit<Rule, 'name' | 'action' | 'direction'>,
): Rule {
  return { name, action: 'allow', direction, ...conditions };
}
