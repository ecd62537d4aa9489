import type { Address } from '../../policy/address';
import type { Server } from '../../policy/allow-list';
import type { LostServer, RewrittenServer } from './rewriting';
import type { VirtualServer } from './virtual-servers';

/** What the rules depend on besides the allow list: this host's own network, as it is now. */
export interface Surroundings {
  /** Let in where a server is a host name. */
  readonly resolvers: readonly Address[];
  /** Numbers of the users that DHCP clients run as. */
  readonly dhcpUsers: readonly number[];
  /** The IPv4 servers that gave this host its leases: a client asks them to renew these. */
  readonly dhcpServers: readonly Address[];
  /** IPv6 addresses of this host: neighbours ask for them in groups of their own. */
  readonly ownIp6: readonly Address[];
  /** The IPv6 networks on this host's own links, and routers by a global address: neighbours are there. */
  readonly onLink: readonly Address[];
  /** A way to an allowed IPv4 address is an IPv6 neighbour (RFC 5549); `unread`: the routes could not be read. */
  readonly byIpv6Neighbour: 'yes' | 'no' | 'unread';
  /** Servers whose packets NAT at output may send elsewhere, as it does with service addresses of Kubernetes. */
  readonly rewritten: readonly RewrittenServer[];
  /**
   * Servers that the load balancer IPVS plays, or whose address rules at output set to another one: their packets go
   * to others, which are let in like them.
   */
  readonly virtual: readonly VirtualServer[];
  /** Servers whose address rules at output may set to one that is not known. */
  readonly lost: readonly LostServer[];
}

/** Without what could not be read: a rule that only this calls for is loaded, and not missed where it is not there. */
export function asRead(surroundings: Surroundings): Surroundings {
  const { rewritten, byIpv6Neighbour } = surroundings;
  return {
    ...surroundings,
    byIpv6Neighbour: byIpv6Neighbour === 'yes' ? 'yes' : 'no',
    rewritten: rewritten.filter((one) => one.rewritten !== 'unread'),
  };
}

/** The widest that these surroundings may become: every rule that they call for is one of ours. */
export function widest(surroundings: Surroundings, servers: readonly Server[]): Surroundings {
  const elsewhere: Address = { family: 4, text: '192.0.2.1', prefix: 32 };
  const others: Address[] = ['fe80::1', 'fe80::2'].map((text) => ({ family: 6, text, prefix: 128 }));
  return {
    ...surroundings,
    dhcpServers: [elsewhere],
    ownIp6: others,
    onLink: others,
    byIpv6Neighbour: 'yes',
    rewritten: servers.map((server) => ({ server, rewritten: 'perhaps' })),
  };
}
