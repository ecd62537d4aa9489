import type { Address } from './address';
import type { AllowEntry } from './allow-entry';

export type Protocol = 'udp' | 'tcp';

/** A server the agent talks to. `port` is the server's, 1 to 65535. */
export interface Server {
  readonly address: Address;
  readonly port: number;
  readonly protocols: readonly Protocol[];
}

/** Whom a contained host may talk to. Everybody else is blocked. */
export interface AllowList {
  readonly servers: readonly Server[];
  /** Let in and out on every TCP and UDP port. */
  readonly handlers: readonly Address[];
  /** Let through so far as each says; absent: none. */
  readonly entries?: readonly AllowEntry[];
  /** The agent resolves a server's name again at every reconnect, so DNS must stay open. */
  readonly needsDns: boolean;
}

/** Every address that is let through in some way, in the order in which it stands there. */
export function allowedAddresses({ servers, handlers, entries = [] }: AllowList): Address[] {
  return [...servers.map(({ address }) => address), ...handlers, ...entries.map(({ address }) => address)];
}

/**
 * True when an allowed address is IPv6; neighbour discovery must then stay open, or it is unreachable within a minute.
 */
export function needsIpv6(allowList: AllowList): boolean {
  return allowedAddresses(allowList).some(({ family }) => family === 6);
}
