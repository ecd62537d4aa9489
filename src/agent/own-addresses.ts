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
