import type { Address } from './address';
import { type AllowList, needsIpv6, type Protocol, type Server } from './allow-list';

/** One thing that a contained host may do. Every rule allows; there are no block rules, since those would beat the allows. */
export interface Rule {
  readonly name: string;
  readonly direction: 'in' | 'out';
  readonly protocol: Protocol | 'icmpv4' | 'icmpv6';
  /** ICMP type; absent means every type. */
  readonly icmpType?: number;
  readonly localPort?: number | 'any';
  readonly remotePort?: number;
  /** `dns` stands for the name servers that the interface is configured with. Absent means everybody. */
  readonly remote?: Address | 'dns';
  /** The only Windows service the rule is for. */
  readonly service?: 'dhcp' | 'dnscache';
  /** Without this rule the server is lost, and with it every later order. */
  readonly vital?: true;
}

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
const additionPrefix = 'contain-host: ';

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
    ...permitDhcp(),
    ...(needsIpv6(allowList) ? [...permitDhcpv6(), ...permitNeighbourDiscovery()] : []),
    ...(allowList.needsDns ? permitDns() : []),
  ];
}

function permitPing(): Rule[] {
  return [
    { name: 'Allow ICMP in', direction: 'in', protocol: 'icmpv4' },
    { name: 'Allow ICMP out', direction: 'out', protocol: 'icmpv4' },
  ];
}

function permitServerAsBatchScript({ address }: Server): Rule[] {
  const shared = { localPort: batchScriptPort, remote: address, protocol: 'udp' } as const;
  return [
    { name: 'Allow OSSEC Server in', direction: 'in', ...shared },
    { name: 'Allow OSSEC Server out', direction: 'out', ...shared },
  ];
}

function permitHandler(handler: Address): Rule[] {
  const shared = { localPort: 'any', remote: handler } as const;
  return [
    { name: 'Allow OSSEC Server in/tcp', direction: 'in', protocol: 'tcp', ...shared },
    { name: 'Allow OSSEC Server in/udp', direction: 'in', protocol: 'udp', ...shared },
    { name: 'Allow OSSEC Server out/tcp', direction: 'out', protocol: 'tcp', ...shared },
    { name: 'Allow OSSEC Server out/udp', direction: 'out', protocol: 'udp', ...shared },
  ];
}

/**
 * The agent connects from an ephemeral port to the server's port, which rule 4 of the batch script never matches. After a
 * minute of silence Windows forgets a UDP flow, so the server's next order needs a rule of its own to come in.
 */
function permitServer({ address, port, protocols }: Server): Rule[] {
  const rules: Rule[] = protocols.map((protocol) => ({
    name: `${additionPrefix}server out ${protocol}`,
    direction: 'out',
    protocol,
    remotePort: port,
    remote: address,
    vital: true,
  }));
  if (protocols.includes('udp')) {
    rules.push({
      name: `${additionPrefix}server in udp`,
      direction: 'in',
      protocol: 'udp',
      remotePort: port,
      remote: address,
    });
  }
  return rules;
}

/** Without renewal the address, and with it the server, is lost within a lease. */
function permitDhcp(): Rule[] {
  const shared = { protocol: 'udp', localPort: 68, remotePort: 67, service: 'dhcp' } as const;
  return [
    { name: `${additionPrefix}DHCP in`, direction: 'in', ...shared },
    { name: `${additionPrefix}DHCP out`, direction: 'out', ...shared },
  ];
}

function permitDhcpv6(): Rule[] {
  const shared = { protocol: 'udp', localPort: 546, remotePort: 547, service: 'dhcp' } as const;
  return [
    { name: `${additionPrefix}DHCPv6 in`, direction: 'in', ...shared },
    { name: `${additionPrefix}DHCPv6 out`, direction: 'out', ...shared },
  ];
}

/** Neighbour entries age out within a minute; without them an IPv6 server is gone. */
function permitNeighbourDiscovery(): Rule[] {
  return neededIcmpv6Types.flatMap((icmpType): Rule[] => [
    { name: `${additionPrefix}ICMPv6 ${icmpType} in`, direction: 'in', protocol: 'icmpv6', icmpType },
    { name: `${additionPrefix}ICMPv6 ${icmpType} out`, direction: 'out', protocol: 'icmpv6', icmpType },
  ]);
}

function permitDns(): Rule[] {
  const shared = { direction: 'out', remotePort: 53, remote: 'dns', service: 'dnscache' } as const;
  return [
    { name: `${additionPrefix}DNS out udp`, protocol: 'udp', ...shared },
    { name: `${additionPrefix}DNS out tcp`, protocol: 'tcp', ...shared },
  ];
}
