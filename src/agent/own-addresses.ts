import { networkInterfaces } from 'node:os';
import { cidr, isRefusal, parseHost } from '../policy/address';

/** The addresses of this host as `cidr` writes them: nobody comes in from there, so none of them is a handler. */
export function ownAddresses(): Set<string> {
  const own = Object.values(networkInterfaces()).flatMap((entries) => entries ?? []);
  return new Set(
    own.flatMap(({ address }) => {
      const parsed = parseHost(address.split('%')[0] ?? '');
      return isRefusal(parsed) ? [] : [cidr(parsed)];
    }),
  );
}
