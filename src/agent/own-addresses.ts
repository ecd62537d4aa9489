import { networkInterfaces } from 'node:os';
import { cidr, isRefusal, parseServer } from '../policy/address';

/** This host's own addresses, as `cidr` writes them. Nobody comes in from them, so none of them is a handler. */
export function ownAddresses(): Set<string> {
  const own = Object.values(networkInterfaces()).flatMap((entries) => entries ?? []);
  return new Set(
    own.flatMap(({ address }) => {
      const parsed = parseServer(address.split('%')[0] ?? '');
      return isRefusal(parsed) ? [] : [cidr(parsed)];
    }),
  );
}

/** The networks of this host's cards have one address each that means all of their hosts: nobody comes in from it. */
export function isBroadcast(address: string): boolean {
  const entries = Object.values(networkInterfaces()).flatMap((found) => found ?? []);
  return entries.some(
    ({ family, netmask, address: own }) => family === 'IPv4' && broadcastOf(own, netmask) === address,
  );
}

/** Undefined for a network of one or two hosts, which has none (RFC 3021). */
function broadcastOf(own: string, netmask: string): string | undefined {
  const [bytes, mask] = [own, netmask].map((text) => text.split('.').map(Number));
  const last = mask?.at(-1) ?? 255;
  if (last >= 254) return undefined;
  return bytes?.map((byte, index) => byte | (~(mask?.[index] ?? 255) & 255)).join('.');
}
