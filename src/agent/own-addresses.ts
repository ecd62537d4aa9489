import { networkInterfaces } from 'node:os';
import { cidr, isRefusal, parseServer } from '../policy/address';

/** From where nobody comes in, so none of it is a handler. */
export interface OwnNetworks {
  /** This host's own addresses, as `cidr` writes them. */
  readonly addresses: ReadonlySet<string>;
  /** The address of each IPv4 network of this host that means all hosts of it. */
  readonly broadcasts: ReadonlySet<string>;
}

/** Asks the system, which takes Windows some milliseconds. */
export function readOwnNetworks(): OwnNetworks {
  const entries = Object.values(networkInterfaces()).flatMap((found) => found ?? []);
  const addresses = entries.flatMap(({ address }) => {
    const parsed = parseServer(address.split('%')[0] ?? '');
    return isRefusal(parsed) ? [] : [cidr(parsed)];
  });
  const broadcasts = entries.flatMap(({ family, address, netmask }) =>
    family === 'IPv4' ? (broadcastOf(address, netmask) ?? []) : [],
  );
  return { addresses: new Set(addresses), broadcasts: new Set(broadcasts) };
}

/** Undefined for a network of one or two hosts, which has none (RFC 3021). */
function broadcastOf(own: string, netmask: string): string | undefined {
  const [bytes, mask] = [own, netmask].map((text) => text.split('.').map(Number));
  const last = mask?.at(-1) ?? 255;
  if (last >= 254) return undefined;
  return bytes?.map((byte, index) => byte | (~(mask?.[index] ?? 255) & 255)).join('.');
}
