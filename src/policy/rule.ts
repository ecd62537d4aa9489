import type { AddressSet } from './address-set';
import type { Protocol } from './allow-list';
import type { Ports } from './ports';

/**
 * One rule as a firewall is told it. It is for what meets all that stands here. A block rule beats every allow rule,
 * wherever that comes from; what no rule is for is blocked by default.
 */
export interface Rule {
  readonly name: string;
  readonly action: 'allow' | 'block';
  readonly direction: 'in' | 'out';
  /**
   * By its word, or by its IANA number where it has none here. Never "any": that would be for ping and neighbour
   * discovery too.
   */
  readonly protocol: Protocol | 'icmpv4' | 'icmpv6' | number;
  /** Absent means every type. */
  readonly icmpType?: number;
  /** TCP and UDP only. Absent means every port, and so does `any`, which the batch script writes out. */
  readonly localPorts?: Ports | 'any';
  readonly remotePorts?: Ports;
  /** `dns` stands for the name servers that the interface is configured with. Absent means everybody. */
  readonly remote?: AddressSet | 'dns';
  /** The only Windows service the rule is for. */
  readonly service?: 'dhcp' | 'dnscache';
  /** Without this rule the server is lost, and with it every later order. */
  readonly vital?: true;
}

/** IANA numbers of the protocols that have a word here. */
export const protocolNumbers = { tcp: 6, udp: 17, icmpv4: 1, icmpv6: 58 } as const;

export function protocolNumber(protocol: Rule['protocol']): number {
  return typeof protocol === 'number' ? protocol : protocolNumbers[protocol];
}
