import type { Address } from './address';

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
  /** The agent resolves a server's name again at every reconnect, so DNS must stay open. */
  readonly needsDns: boolean;
}

/** True when an allowed address is IPv6; neighbour discovery must then stay open, or it is unreachable within a minute. */
export function needsIpv6(allowList: AllowList): boolean {
  return [...allowList.servers.map((server) => server.address), ...allowList.handlers].some(
    ({ family }) => family === 6,
  );
}
