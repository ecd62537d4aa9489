import type { Host } from '../host';
import { readResolvers } from './linux/resolvers';

/**
 * False where the rules for DNS let nobody through, because no name server beyond this host is known: its only one may
 * be a cache on the host itself. On Windows such rules name whatever servers are configured then, by a word of their
 * own.
 */
export function knowsNameServers({ platform }: Host): boolean {
  return platform === 'windows' || readResolvers().length > 0;
}
