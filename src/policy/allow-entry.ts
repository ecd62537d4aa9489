import { type Address, cidr } from './address';
import { type Ports, portsText } from './ports';

/** Somebody whom the settings let through as far as is said here, such as a VPN gateway. */
export interface AllowEntry {
  readonly address: Address;
  /** Who may speak first: this host (`out`), the other (`in`), or either. */
  readonly direction: 'in' | 'out' | 'both';
  /** `icmp` is the one of the address's family. A number is IANA's; those that have a word here are never numbers. */
  readonly protocol: 'tcp' | 'udp' | 'icmp' | number;
  /** TCP and UDP only: the other's ports for what goes out, this host's own for what comes in. Empty: every port. */
  readonly ports: Ports;
}

/** `203.0.113.7/32 out udp 500,4500`: one text for each entry, for people and for comparisons. */
export function entryText({ address, direction, protocol, ports }: AllowEntry): string {
  return [cidr(address), direction, protocol, ...(ports.length === 0 ? [] : [portsText(ports)])].join(' ');
}
