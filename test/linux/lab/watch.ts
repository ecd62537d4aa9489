import type { Lab } from './lab';

interface Allowed {
  readonly ip4: readonly string[];
  readonly ip6: readonly string[];
}

/**
 * Sees every frame that leaves the endpoint on the wire, whatever the endpoint's own firewall says, and keeps those
 * that must not leave: everything but ARP, DHCP, neighbour discovery, the server's port (later fragments have none) and
 * the handlers.
 */
export class Watch {
  constructor(private readonly lab: Lab) {}

  start(server: Allowed, handlers: Allowed): void {
    const list = (addresses: readonly string[]): string => `{ ${addresses.join(', ')} }`;
    this.lab.nft(
      'wire',
      `add table netdev watch
delete table netdev watch
table netdev watch {
  set seen4 { type ipv4_addr . inet_proto; flags dynamic; size 65535; }
  set seen6 { type ipv6_addr . inet_proto; flags dynamic; size 65535; }
  counter others { }
  chain wire {
    type filter hook ingress device "endpoint" priority 0; policy accept;
    ether type arp accept
    udp sport 68 udp dport 67 accept
    icmpv6 type { 133, 134, 135, 136, 137, 131, 132, 143 } ip6 hoplimit { 1, 255 } accept
    ip daddr ${list(server.ip4)} th dport 1514 accept
    ip6 daddr ${list(server.ip6)} th dport 1514 accept
    ip daddr ${list(server.ip4)} ip frag-off & 0x1fff != 0 accept
    ip6 daddr ${list(server.ip6)} frag frag-off > 0 accept
    ip daddr ${list(handlers.ip4)} accept
    ip6 daddr ${list(handlers.ip6)} accept
    ether type ip add @seen4 { ip daddr . ip protocol } accept
    ether type ip6 add @seen6 { ip6 daddr . meta l4proto } accept
    counter name others
  }
}
`,
    );
  }

  /** What left the endpoint since the start although it must not, for people: destinations and protocols. */
  leaks(): string[] {
    const listed = this.lab.nft('wire', '', '-j', 'list', 'table', 'netdev', 'watch');
    const objects = (JSON.parse(listed) as { nftables: Record<string, { elem?: unknown[]; packets?: number }>[] })
      .nftables;
    const seen = objects.flatMap(({ set }) => (set?.elem ?? []).map((element) => JSON.stringify(element)));
    const others = objects.reduce((sum, { counter }) => sum + (counter?.packets ?? 0), 0);
    return others === 0 ? seen : [...seen, `${others} frames that are not IP`];
  }
}
