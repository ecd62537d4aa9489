import { keyOf, type Match } from './match';

/**
 * As `keyOf`, but the same for rules that differ only in what changes by itself: the server that gave the lease, the
 * user that its client runs as, the groups of our own addresses, and the networks on our links.
 */
export function shapeOf(chain: string, matches: readonly Match[]): string {
  const changes = matches.map((one) =>
    one.field === 'meta skuid' || isOfNow(one, matches) ? { ...one, values: ['whoever'] } : one,
  );
  return keyOf(chain, changes);
}

/** False for a rule that a new lease or a new address of our own brings or takes away; the next order sees to that. */
export function isLasting(matches: readonly Match[]): boolean {
  return !matches.some((one) => isOfNow(one, matches));
}

function isOfNow({ field, values }: Match, matches: readonly Match[]): boolean {
  const isForClients = matches.some((other) => other.field === 'meta skuid');
  if (isForClients) return field === 'ip daddr' && values[0] !== '255.255.255.255';
  if (isForNeighbours(matches)) return field === 'ip6 daddr' && !/^(ff02:|fe80::\/10$)/.test(values[0] ?? '');
  const isReport = matches.some(
    (other) => other.field === 'icmpv6 type' && other.values[0]?.endsWith('listener-report'),
  );
  return isReport && (field === 'ip6 daddr' || field.endsWith(',128'));
}

function isForNeighbours(matches: readonly Match[]): boolean {
  return matches.some(({ field, values }) => field === 'icmpv6 type' && values.includes('nd-neighbor-solicit'));
}
