/** Something that a contained host may do. */
export interface Flow {
  /**
   * On Windows the way of the first packet, since answers pass by themselves. On Linux the way of every packet:
   * connections that were there before count for nothing.
   */
  readonly way: 'in' | 'out';
  /** `tcp, udp, icmp`: one rule for all three. `entry`: what the entry of the settings says. Absent means all. */
  readonly protocol?: 'tcp' | 'udp' | 'tcp, udp, icmp' | 'icmpv4' | 'icmpv6' | 'entry';
  /** Types of ICMP; absent means every type. */
  readonly types?: readonly number[];
  /** This host's port, and the other's; absent means every port. The batch script writes its `any` out. */
  readonly own?: number | 'any' | 'entry';
  readonly other?: number | 'server' | 'entry';
  /** The name of its rule, where Windows needs one. TYPE and PROTOCOL stand for what differs from rule to rule. */
  readonly windows?: string;
  /** Without this rule on Windows the server is lost, and with it every later order. */
  readonly isVital?: true;
  /** Present where Linux lets it through: what else must hold there. */
  readonly linux?: readonly Condition[];
}

/** What only Linux can ask for besides. */
export type Condition =
  | 'IPv4'
  | 'no new TCP connection'
  | 'later fragments'
  | 'hop limit 1'
  | 'hop limit 255'
  | 'no payload'
  | 'code 4'
  | 'by the clients'
  | 'for own addresses'
  | 'known connection';

/** Flows with the same partner, for the same reason. */
export interface FlowGroup {
  readonly with: Partner;
  /** Absent means always; `names`: where names cannot be pinned. */
  readonly when?: 'ipv6' | 'neighbours' | 'names' | 'nat';
  /** The only Windows service that they are for. */
  readonly service?: 'dhcp' | 'dnscache';
  readonly why: string;
  /** Where that, or the numbers, come from. */
  readonly source: string;
  readonly flows: readonly Flow[];
}

export type Partner =
  | 'anybody'
  | 'this host'
  | 'server'
  | 'handler'
  | 'entry'
  | 'name server'
  | 'DHCP server'
  | 'DHCPv6 server'
  | 'every router'
  | 'neighbour';

/** The names of all rules that the batch script does not have start with this. */
export const additionPrefix = 'contain-host: ';

const prefix = additionPrefix;
const neighbourTypes = [133, 134, 135, 136, 137] as const;

/**
 * Everything that passes, on both systems, in the order in which rules are written. What is not here is dropped.
 * docs/what-passes.md is the same list for people; a test compares both with what each firewall writes.
 */
export const flowGroups = {
  loopback: {
    with: 'this host',
    why: 'programs talk to each other; Windows never filters that',
    source: 'RFC 1122',
    flows: [
      { way: 'in', linux: [] },
      { way: 'out', linux: [] },
    ],
  },
  ping: {
    with: 'anybody',
    why: 'the batch script lets it through',
    source: 'batch script, rules 1 and 2',
    flows: [
      { way: 'in', protocol: 'icmpv4', windows: 'Allow ICMP in' },
      { way: 'out', protocol: 'icmpv4', windows: 'Allow ICMP out' },
    ],
  },
  'server by the script': {
    with: 'server',
    why: 'as the batch script has it, whatever port the server has',
    source: 'batch script, rules 3 and 4',
    flows: [
      { way: 'in', protocol: 'udp', own: 1514, windows: 'Allow OSSEC Server in' },
      { way: 'out', protocol: 'udp', own: 1514, windows: 'Allow OSSEC Server out' },
    ],
  },
  handler: {
    with: 'handler',
    why: 'the incident handler works on the host',
    source: 'batch script, rules 5 to 8',
    flows: [
      { way: 'in', protocol: 'tcp', own: 'any', windows: 'Allow OSSEC Server in/tcp' },
      { way: 'in', protocol: 'udp', own: 'any', windows: 'Allow OSSEC Server in/udp' },
      { way: 'out', protocol: 'tcp', own: 'any', windows: 'Allow OSSEC Server out/tcp' },
      { way: 'out', protocol: 'udp', own: 'any', windows: 'Allow OSSEC Server out/udp' },
      { way: 'in', protocol: 'tcp, udp, icmp', linux: [] },
      { way: 'out', protocol: 'tcp, udp, icmp', linux: [] },
    ],
  },
  server: {
    with: 'server',
    why: 'the agent talks to it from any port; over UDP it may speak first after any silence',
    source: 'ossec.conf',
    flows: [
      { way: 'out', protocol: 'udp', other: 'server', windows: `${prefix}server out udp`, isVital: true, linux: [] },
      { way: 'out', protocol: 'tcp', other: 'server', windows: `${prefix}server out tcp`, isVital: true, linux: [] },
      { way: 'in', protocol: 'udp', other: 'server', windows: `${prefix}server in udp`, linux: [] },
      { way: 'in', protocol: 'tcp', other: 'server', linux: ['no new TCP connection'] },
      { way: 'in', protocol: 'udp', linux: ['later fragments'] },
    ],
  },
  'server behind NAT': {
    with: 'server',
    when: 'nat',
    why: 'it answers from another address than the one that was asked',
    source: 'nft(8), ct',
    flows: [
      { way: 'in', protocol: 'udp', linux: ['known connection'] },
      { way: 'out', protocol: 'udp', linux: ['known connection'] },
      { way: 'in', protocol: 'tcp', linux: ['no new TCP connection', 'known connection'] },
      { way: 'out', protocol: 'tcp', linux: ['known connection'] },
    ],
  },
  entry: {
    with: 'entry',
    why: 'the settings say so; on Linux its answers have rules of their own',
    source: '`allow` in the settings',
    flows: [
      { way: 'in', protocol: 'entry', own: 'entry', windows: `${prefix}allow in PROTOCOL`, linux: [] },
      { way: 'out', protocol: 'entry', other: 'entry', windows: `${prefix}allow out PROTOCOL`, linux: [] },
    ],
  },
  'answers of an entry': {
    with: 'entry',
    why: 'the same',
    source: '`allow` in the settings',
    flows: [
      { way: 'in', protocol: 'entry', other: 'entry', linux: ['no new TCP connection'] },
      { way: 'out', protocol: 'entry', own: 'entry', linux: ['no new TCP connection'] },
      { way: 'in', protocol: 'udp', linux: ['later fragments'] },
    ],
  },
  DHCP: {
    with: 'anybody',
    service: 'dhcp',
    why: 'without renewal the address is lost within a lease, and the server with it',
    source: 'RFC 2131',
    flows: [
      { way: 'in', protocol: 'udp', own: 68, other: 67, windows: `${prefix}DHCP in`, linux: ['IPv4'] },
      { way: 'out', protocol: 'udp', own: 68, other: 67, windows: `${prefix}DHCP out` },
    ],
  },
  'DHCP, asked': {
    with: 'DHCP server',
    why: 'the same; whoever may bind port 68 must not get out this way',
    source: 'RFC 2131',
    flows: [{ way: 'out', protocol: 'udp', own: 68, other: 67, linux: ['by the clients'] }],
  },
  DHCPv6: {
    with: 'anybody',
    when: 'ipv6',
    service: 'dhcp',
    why: 'the same for IPv6',
    source: 'RFC 8415',
    flows: [
      { way: 'in', protocol: 'udp', own: 546, other: 547, windows: `${prefix}DHCPv6 in` },
      { way: 'out', protocol: 'udp', own: 546, other: 547, windows: `${prefix}DHCPv6 out` },
    ],
  },
  'DHCPv6, asked': {
    with: 'DHCPv6 server',
    when: 'ipv6',
    why: 'the same',
    source: 'RFC 8415',
    flows: [
      { way: 'out', protocol: 'udp', own: 546, other: 547, linux: ['by the clients'] },
      { way: 'in', protocol: 'udp', own: 546, other: 547, linux: [] },
    ],
  },
  'neighbour discovery': {
    with: 'anybody',
    when: 'neighbours',
    why: 'neighbours are forgotten within a minute, and the server with them',
    source: 'RFC 4861',
    flows: [
      {
        ...{ way: 'in', protocol: 'icmpv6', types: neighbourTypes },
        ...{ windows: `${prefix}ICMPv6 TYPE in`, linux: ['hop limit 255'] },
      },
      {
        ...{ way: 'out', protocol: 'icmpv6', types: neighbourTypes },
        ...{ windows: `${prefix}ICMPv6 TYPE out` },
      },
    ],
  },
  'routers, asked': {
    with: 'every router',
    when: 'neighbours',
    why: 'the same; whoever may send raw packets must not get out this way',
    source: 'RFC 4861',
    flows: [{ way: 'out', protocol: 'icmpv6', types: [133], linux: ['hop limit 255', 'no payload'] }],
  },
  'neighbours, asked and answered': {
    with: 'neighbour',
    when: 'neighbours',
    why: 'the same',
    source: 'RFC 4861',
    flows: [{ way: 'out', protocol: 'icmpv6', types: [135, 136], linux: ['hop limit 255', 'no payload'] }],
  },
  'packet too big': {
    with: 'anybody',
    when: 'neighbours',
    why: 'a path that got narrower swallows what is too big for it',
    source: 'RFC 4443',
    flows: [
      { way: 'in', protocol: 'icmpv6', types: [2], windows: `${prefix}ICMPv6 TYPE in`, linux: [] },
      { way: 'out', protocol: 'icmpv6', types: [2], windows: `${prefix}ICMPv6 TYPE out` },
    ],
  },
  'fragmentation needed': {
    with: 'anybody',
    why: 'the same for IPv4; on Windows it comes with ping',
    source: 'RFC 1191',
    flows: [{ way: 'in', protocol: 'icmpv4', types: [3], linux: ['code 4'] }],
  },
  'multicast groups': {
    with: 'anybody',
    when: 'neighbours',
    why: 'a switch that hears no report sends no neighbour here',
    source: 'RFC 2710, RFC 3810',
    flows: [
      { way: 'in', protocol: 'icmpv6', types: [130], linux: ['hop limit 1'] },
      { way: 'out', protocol: 'icmpv6', types: [131, 143], linux: ['hop limit 1', 'for own addresses'] },
    ],
  },
  DNS: {
    with: 'name server',
    when: 'names',
    service: 'dnscache',
    why: 'the agent looks its server up again at every connection',
    source: 'RFC 1035',
    flows: [
      { way: 'out', protocol: 'udp', other: 53, windows: `${prefix}DNS out udp`, linux: [] },
      { way: 'out', protocol: 'tcp', other: 53, windows: `${prefix}DNS out tcp`, linux: [] },
      { way: 'in', protocol: 'udp', other: 53, linux: [] },
      { way: 'in', protocol: 'tcp', other: 53, linux: ['no new TCP connection'] },
      { way: 'in', protocol: 'udp', linux: ['later fragments'] },
    ],
  },
} as const satisfies Readonly<Record<string, FlowGroup>>;

export type GroupName = keyof typeof flowGroups;
