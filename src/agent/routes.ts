import { type Fields, isFields } from '../json';
import type { Address } from '../policy/address';
import { askBatch, askJson, Unread } from './iproute';

/** A way by which the kernel may send a packet. */
export interface Way {
  readonly device: string;
  /** The address of the next hop, where there is one. An IPv4 route may go by an IPv6 neighbour (RFC 5549). */
  readonly nextHop?: string;
}

/**
 * The next hops of all routes to these addresses, in every table: also of those that the kernel takes only when others
 * are gone, or for some packets. Throws `Unread`.
 */
export async function readNextHops(addresses: readonly Address[]): Promise<string[]> {
  const questions = addresses.flatMap(routesTo);
  const answers = await askBatch(questions);
  if (answers.length < questions.length) throw new Unread('ip did not list the routes');
  const ways = await waysOf(answers.flat());
  return [...new Set(ways.flatMap(({ nextHop }) => nextHop ?? []))];
}

/** Routes that include the address; of a network also those to a part of it (ip-route(8), `match` and `root`). */
function routesTo({ family, text, prefix }: Address): string[] {
  const isHost = prefix === (family === 4 ? 32 : 128);
  const which = isHost ? ['match'] : ['match', 'root'];
  return which.map((word) => `route show table all ${word} ${text}/${prefix}`);
}

/** All the ways of these routes, as `ip -j -d route` answers them. Throws `Unread`. */
export async function waysOf(routes: readonly Fields[]): Promise<Way[]> {
  const hops = [...routes, ...routes.flatMap(({ nexthops }) => arrayOf(nexthops)), ...(await membersOf(routes))];
  return hops.flatMap(({ dev, gateway, via }) => {
    if (typeof dev !== 'string') return [];
    const nextHop = isFields(via) ? via.host : gateway;
    return [{ device: dev, ...(typeof nextHop === 'string' ? { nextHop } : {}) }];
  });
}

/**
 * The next hops that a route names by a number alone, as it does where net.ipv4.nexthop_compat_mode is 0
 * (ip-nexthop(8)).
 */
async function membersOf(routes: readonly Fields[]): Promise<Fields[]> {
  const numbers: unknown[] = routes.flatMap(({ nhid, dev, nexthops }) =>
    nhid === undefined || dev !== undefined || nexthops !== undefined ? [] : [nhid],
  );
  if (numbers.length === 0) return [];
  const objects = await askJson('ip', 'nexthop', 'show');
  const named = objects.filter(({ id }) => numbers.includes(id));
  const inGroups = named.flatMap(({ group }) => arrayOf(group)).map(({ id }) => id);
  if ([...numbers, ...inGroups].some((number) => !objects.some(({ id }) => id === number)))
    throw new Unread('ip does not list the next hops that its routes name');
  return [...named, ...objects.filter(({ id }) => inGroups.includes(id))];
}

function arrayOf(value: unknown): Fields[] {
  return Array.isArray(value) ? value.filter(isFields) : [];
}
