import { readFileSync } from 'node:fs';
import { isDeepStrictEqual } from 'node:util';
import type { Server } from '../../policy/allow-list';
import { readLegacyNat, rewritesLegacy } from './legacy-nat';
import { objectsIn, tablesOf } from './listed-objects';
import type { Nft } from './nft';
import type { Aim } from './packet-match';
import { type Answer, type Destination, isFollowed, mostSure, Walk } from './packet-walk';
import type { VirtualServer } from './virtual-servers';

/** Whether NAT at output sends packets for a server elsewhere; `perhaps`: on conditions that are not understood. */
export type Rewritten = 'yes' | 'perhaps' | 'no';

/** Servers that are not rewritten are left out; `unread`: it could not be read, or nft does not list what decides. */
export interface RewrittenServer {
  readonly server: Server;
  readonly rewritten: Exclude<Rewritten, 'no'> | 'unread';
  /** Only the old iptables' listing says so, which is read roughly: there any NAT may be meant for the server. */
  readonly isRough?: true;
}

/** What rules at output do with the servers' packets. */
export interface Rewriting {
  /** By NAT. */
  readonly rewritten: readonly RewrittenServer[];
  /** By rules that set another address or port, packet by packet. */
  readonly reset: readonly VirtualServer[];
  readonly lost: readonly LostServer[];
}

/** `set`: rules at output may set its address, and it is not known where to; `unread`: they could not be read. */
export interface LostServer {
  readonly server: Server;
  readonly why: 'set' | 'unread';
}

type Lister = Pick<Nft, 'list' | 'limits'>;

/** Tables as nft lists them; undefined where not all could be read in time. */
interface Listings {
  readonly nat: readonly unknown[] | undefined;
  readonly setting: readonly unknown[] | undefined;
}

/**
 * The servers whose packets rules at output may send elsewhere. Reads others' tables for a bounded time, changes
 * nothing, and never throws.
 */
export async function findRewritten(nft: Lister, servers: readonly Server[]): Promise<Rewriting> {
  const families = [...new Set(servers.map(({ address }) => address.family))];
  const [{ nat, setting }, ...legacy] = await Promise.all([
    listRewriting(nft),
    ...families.map((family) => readLegacyNat(family, nft.limits.beforeBlock)),
  ]);
  const isUnread = nat === undefined && isTracking();
  const rewritten = servers.flatMap((server): RewrittenServer[] => {
    const old = legacy[families.indexOf(server.address.family)];
    const now = mostSure((nat ?? []).map((one) => answerOf(one, server)));
    return rewrittenServer(server, isUnread && now === 'no' ? 'doubtful' : now, old);
  });
  if (setting === undefined)
    return { rewritten, reset: [], lost: servers.map((server) => ({ server, why: 'unread' })) };
  const resets = servers.map((server) => ({ server, ...resetsOf(setting, server) }));
  return {
    rewritten,
    reset: resets.flatMap(({ known }) => known),
    lost: resets.flatMap(({ server, isLost }) => (isLost ? [{ server, why: 'set' }] : [])),
  };
}

/** `now`: what nft's tables say. `old`: what the old iptables lists, as `readLegacyNat` has it. */
export function rewrittenServer(server: Server, now: Answer, old: string | null | undefined): RewrittenServer[] {
  const before = old === undefined ? 'no' : rewritesLegacy(old, server);
  if (now === 'yes' || before === 'yes') return [{ server, rewritten: 'yes' }];
  if (now === 'perhaps' || old === null) return [{ server, rewritten: 'perhaps' }];
  if (before === 'perhaps') return [{ server, rewritten: 'perhaps', isRough: true }];
  return now === 'doubtful' ? [{ server, rewritten: 'unread' }] : [];
}

/** The tables with chains that can send packets elsewhere after our own chain at output, as nft lists them. */
async function listRewriting(nft: Lister): Promise<Listings> {
  const until = performance.now() + nft.limits.beforeBlock;
  const chains = await nft.list(['chains'], nft.limits.beforeBlock);
  if ('unreadable' in chains) return { nat: undefined, setting: undefined };
  const left = Math.max(1, Math.ceil(until - performance.now()));
  const listAll = async (followed: 'nat' | 'setting'): Promise<unknown[] | undefined> => {
    const bases = objectsIn(chains.listed, 'chain').filter((chain) => isFollowed(chain, followed));
    const how = followed === 'nat' ? 'whole' : 'terse';
    const tables = await Promise.all(tablesOf(bases).map((place) => nft.list(['table', ...place], left, how)));
    const listings = tables.flatMap((table) => ('unreadable' in table ? [] : [table.listed]));
    return listings.length === tables.length ? listings : undefined;
  };
  const [nat, setting] = await Promise.all([listAll('nat'), listAll('setting')]);
  return { nat, setting };
}

/**
 * NAT works by connection tracking, so where no connection is tracked there is none. False where the kernel cannot
 * track.
 */
function isTracking(): boolean {
  try {
    return Number(readFileSync('/proc/sys/net/netfilter/nf_conntrack_count', 'latin1')) > 0;
  } catch {
    return false;
  }
}

/** What the NAT of one table, as `nft -j list table` lists it, does at output with packets for a server. */
export function rewrites(listed: unknown, server: Server): Rewritten {
  const answer = answerOf(listed, server);
  return answer === 'doubtful' ? 'perhaps' : answer;
}

/** As `rewrites`, with the doubtful kind of `perhaps` apart. */
export function answerOf(listed: unknown, { address, port, protocols }: Server): Answer {
  return mostSure(protocols.map((protocol) => new Walk(listed, { address, port, protocol }, 'nat').rewrites(listed)));
}

/** Where rules of these tables set the packets for a server to; `isLost`: they may do so, and it is not known. */
export function resetsOf(
  listings: readonly unknown[],
  server: Server,
): { readonly known: VirtualServer[]; readonly isLost: boolean } {
  const { address, port, protocols } = server;
  const found = protocols.map((protocol) => {
    const { destinations, isUnsure } = settingsOf(listings, { address, port, protocol });
    const only = onlyOne(destinations);
    const isLost = isUnsure || (only === undefined ? destinations.length > 0 : isSetOn(listings, only, protocol));
    return { protocol, only, isLost };
  });
  return {
    known: found.flatMap(({ protocol, only }) =>
      only === undefined ? [] : [{ server, real: { ...only, protocols: [protocol] } }],
    ),
    isLost: found.some(({ isLost }) => isLost),
  };
}

/** Where rules of these tables certainly set the packets to; `isUnsure`: some may set them besides. */
function settingsOf(listings: readonly unknown[], aim: Aim): Pick<Walk, 'destinations' | 'isUnsure'> {
  const walks = listings.map((listed) => {
    const walk = new Walk(listed, aim, 'setting');
    walk.rewrites(listed);
    return walk;
  });
  return {
    destinations: walks.flatMap(({ destinations }) => destinations),
    isUnsure: walks.some(({ isUnsure }) => isUnsure),
  };
}

/** True where what was set already may be set once more, to something else. */
function isSetOn(listings: readonly unknown[], to: Pick<Aim, 'address' | 'port'>, protocol: Aim['protocol']): boolean {
  const { destinations, isUnsure } = settingsOf(listings, { ...to, protocol });
  return isUnsure || destinations.some((one) => !isDeepStrictEqual(one, to));
}

/** Several changes, one on the other, are not followed. */
function onlyOne(destinations: readonly Destination[]): Exclude<Destination, 'unknown'> | undefined {
  const [only, ...more] = destinations;
  return only === 'unknown' || more.length > 0 ? undefined : only;
}
