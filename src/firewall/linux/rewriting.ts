import { readFileSync } from 'node:fs';
import { isRefusal, isWithin, parseNetwork } from '../../policy/address';
import type { Server } from '../../policy/allow-list';
import { readLegacyNat, rewritesLegacy } from './legacy-nat';
import type { Nft } from './nft';

/** Whether NAT at output sends packets for a server elsewhere; `perhaps`: on conditions that are not understood. */
export type Rewritten = 'yes' | 'perhaps' | 'no';

/** Servers that are not rewritten are left out; `unread`: it could not be read. */

export interface RewrittenServer {
  readonly server: Server;
  readonly rewritten: Exclude<Rewritten, 'no'> | 'unread';
}

type Fields = Readonly<Record<string, unknown>>;

/**
 * The servers whose packets NAT at output may send elsewhere. Reads others' tables for a bounded time, changes nothing,
 * and never throws.
 */
export async function findRewritten(nft: Nft, servers: readonly Server[]): Promise<RewrittenServer[]> {
  const families = [...new Set(servers.map(({ address }) => address.family))];
  const [listings, ...legacy] = await Promise.all([
    listNat(nft),
    ...families.map((family) => readLegacyNat(family, nft.limits.beforeBlock)),
  ]);
  const isUnread = listings === undefined && isTracking();
  return servers.flatMap((server) => {
    const old = legacy[families.indexOf(server.address.family)];
    const found = [
      ...(listings ?? []).map((one) => rewrites(one, server)),
      ...(old === undefined ? [] : [rewritesLegacy(old, server)]),
    ];
    const known = found.includes('yes') ? 'yes' : found.includes('perhaps') ? 'perhaps' : undefined;
    const rewritten = known ?? (isUnread ? 'unread' : undefined);
    return rewritten === undefined ? [] : [{ server, rewritten }];
  });
}

/** The tables with NAT at output, as nft lists them; undefined where not all could be read in time. */
async function listNat(nft: Nft): Promise<unknown[] | undefined> {
  const until = performance.now() + nft.limits.beforeBlock;
  const chains = await nft.list(['chains'], nft.limits.beforeBlock);
  if ('unreadable' in chains) return undefined;
  const bases = objectsIn(chains.listed, 'chain').filter(({ type, hook }) => type === 'nat' && hook === 'output');
  const places = new Map(bases.map(({ family, table }) => [`${family} ${table}`, [String(family), String(table)]]));
  const left = Math.max(1, Math.ceil(until - performance.now()));
  const tables = await Promise.all([...places.values()].map((place) => nft.list(['table', ...place], left)));
  const listings = tables.flatMap((table) => ('unreadable' in table ? [] : [table.listed]));
  return listings.length < tables.length ? undefined : listings;
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

/** What one table, as `nft -j list table` lists it, does at output with packets for a server. */
export function rewrites(listed: unknown, server: Server): Rewritten {
  const walk = new Walk(listed, server);
  const bases = objectsIn(listed, 'chain').filter(({ type, hook }) => type === 'nat' && hook === 'output');
  const found = bases.map(({ name }) => walk.through(String(name), 'yes').rewritten);
  return found.includes('yes') ? 'yes' : found.includes('perhaps') ? 'perhaps' : 'no';
}

interface Passed {
  readonly rewritten: Rewritten;
  /** No packet for the server goes on to the next rule of the chain that this one was called from. */
  readonly ended: boolean;
}

/** Follows a packet for the server through the rules, as far as they are understood. */
class Walk {
  private readonly rules = new Map<string, Fields[]>();
  private readonly passed = new Map<string, Passed>();
  private readonly maps: ReadonlyMap<string, readonly unknown[]>;

  constructor(
    listed: unknown,
    private readonly server: Server,
  ) {
    for (const rule of objectsIn(listed, 'rule')) {
      const chain = String(rule.chain);
      const rules = this.rules.get(chain);
      if (rules === undefined) this.rules.set(chain, [rule]);
      else rules.push(rule);
    }
    const named = [...objectsIn(listed, 'map'), ...objectsIn(listed, 'set')];
    this.maps = new Map(named.map(({ name, elem }) => [`@${name}`, Array.isArray(elem) ? elem : []]));
  }

  /**
   * `certainty`: how sure it is that the packet comes here at all. Each chain is gone through once, also where chains
   * call each other in a circle.
   */
  through(chain: string, certainty: 'yes' | 'perhaps'): Passed {
    const place = `${certainty} ${chain}`;
    const known = this.passed.get(place);
    if (known !== undefined) return known;
    this.passed.set(place, { rewritten: 'no', ended: false });
    const found = this.chain(chain, certainty);
    this.passed.set(place, found);
    return found;
  }

  private chain(chain: string, certainty: 'yes' | 'perhaps'): Passed {
    let best: Rewritten = 'no';
    for (const { expr } of this.rules.get(chain) ?? []) {
      const { rewritten, ended } = this.rule(Array.isArray(expr) ? expr : [], certainty);
      if (rewritten === 'yes' || (rewritten === 'perhaps' && best === 'no')) best = rewritten;
      if (ended) return { rewritten: best, ended: true };
    }
    return { rewritten: best, ended: false };
  }

  private rule(expr: readonly unknown[], certainty: 'yes' | 'perhaps'): Passed {
    let sure = certainty;
    for (const statement of expr) {
      if (!isFields(statement)) continue;
      if (isFields(statement.match)) {
        const { matches, isAddress } = this.match(statement.match);
        if (matches === 'no') return { rewritten: 'no', ended: false };
        // A rule that names the server is for the server, whatever else it asks, such as chance where there are several
        // real servers behind it.
        if (matches === 'perhaps' && !isAddress) sure = this.named(expr) ? sure : 'perhaps';
      } else if ('xt' in statement) sure = this.named(expr) ? sure : 'perhaps';
      else if ('dnat' in statement || 'redirect' in statement)
        return { rewritten: this.target(statement, sure), ended: sure === 'yes' };
      else if ('jump' in statement || 'goto' in statement) {
        const to = statement.jump ?? statement.goto;
        const passed = this.through(String(isFields(to) ? to.target : to), sure);
        return { ...passed, ended: passed.ended && sure === 'yes' };
      } else if (isFields(statement.vmap)) return this.verdictMap(statement.vmap, sure);
      else if (['accept', 'return', 'drop'].some((verdict) => verdict in statement))
        return { rewritten: 'no', ended: sure === 'yes' };
    }
    return { rewritten: 'no', ended: false };
  }

  /** Whether `dnat` sends the packet elsewhere: to a fixed address, or by a map, in which the server stands or not. */
  private target({ dnat, redirect }: Fields, sure: 'yes' | 'perhaps'): Rewritten {
    const map = isFields(dnat) && isFields(dnat.addr) ? dnat.addr.map : undefined;
    if (redirect !== undefined || !isFields(map)) return sure;
    return this.elementsOf(map.data).some((element) => this.mentions(element)) ? sure : 'no';
  }

  private verdictMap({ data }: Fields, sure: 'yes' | 'perhaps'): Passed {
    const elements = this.elementsOf(data);
    const own = elements.filter((element) => this.mentions(element));
    const byAddress = own.length > 0 || elements.some((element) => mentionsAddress(element));
    const passed = (byAddress ? own : elements).flatMap((element) => {
      const verdict = Array.isArray(element) ? element[1] : undefined;
      const to = isFields(verdict) ? (verdict.jump ?? verdict.goto) : undefined;
      return isFields(to) ? [this.through(String(to.target), byAddress ? sure : 'perhaps').rewritten] : [];
    });
    return { rewritten: passed.includes('yes') ? 'yes' : passed.includes('perhaps') ? 'perhaps' : 'no', ended: false };
  }

  private match({ op, left, right }: Fields): { matches: 'yes' | 'no' | 'perhaps'; isAddress: boolean } {
    const { payload, meta, fib } = isFields(left) ? left : ({} as Fields);
    const turned = (holds: boolean): 'yes' | 'no' => (holds === (op !== '!=') ? 'yes' : 'no');
    const values = this.valuesOf(right);
    if (isFields(payload) && values !== undefined) {
      const { address, port, protocols } = this.server;
      const field = `${payload.protocol} ${payload.field}`;
      if (field === 'ip daddr' || field === 'ip6 daddr') {
        const isFamily = field === (address.family === 4 ? 'ip daddr' : 'ip6 daddr');
        const holds = values.some((value) => contains(value, address.text));
        return { matches: isFamily ? turned(holds) : 'no', isAddress: isFamily && holds && op !== '!=' };
      }
      if (/^(tcp|udp|th) dport$/.test(field)) {
        const isProtocol = payload.protocol === 'th' || protocols.some((protocol) => protocol === payload.protocol);
        const holds = values.some((value) => includesPort(value, port));
        return { matches: isProtocol ? turned(holds) : 'no', isAddress: false };
      }
      if (field === 'ip protocol') return { matches: turned(this.speaks(values)), isAddress: false };
    }
    if (isFields(meta) && meta.key === 'l4proto' && values !== undefined)
      return { matches: turned(this.speaks(values)), isAddress: false };
    // The server is another host, so its address is none of our own.
    if (isFields(fib) && fib.result === 'type' && right === 'local')
      return { matches: turned(false), isAddress: false };
    return { matches: 'perhaps', isAddress: false };
  }

  private speaks(values: readonly string[]): boolean {
    const numbers = { tcp: '6', udp: '17' } as const;
    return this.server.protocols.some((protocol) => values.includes(protocol) || values.includes(numbers[protocol]));
  }

  private named(expr: readonly unknown[]): boolean {
    return expr.some((one) => isFields(one) && isFields(one.match) && this.match(one.match).isAddress);
  }

  /** Values as text; undefined where there is something else. Named sets are looked up. */
  private valuesOf(right: unknown): string[] | undefined {
    if (typeof right === 'string' && right.startsWith('@')) return this.valuesOf({ set: this.elementsOf(right) });
    if (typeof right === 'string' || typeof right === 'number') return [String(right)];
    if (!isFields(right)) return undefined;
    if (isFields(right.prefix)) return [`${right.prefix.addr}/${right.prefix.len}`];
    if (Array.isArray(right.range)) return [right.range.map(String).join('-')];
    if (isFields(right.elem)) return this.valuesOf(right.elem.val);
    if (!Array.isArray(right.set)) return undefined;
    const values = right.set.map((value) => this.valuesOf(value));
    return values.every((value) => value !== undefined) ? values.flat() : undefined;
  }

  private elementsOf(data: unknown): readonly unknown[] {
    if (typeof data === 'string') return this.maps.get(data) ?? [];
    return isFields(data) && Array.isArray(data.set) ? data.set : [];
  }

  private mentions(element: unknown): boolean {
    return JSON.stringify(element ?? null).includes(`"${this.server.address.text}"`);
  }
}

function mentionsAddress(element: unknown): boolean {
  return /"(?:\d{1,3}\.){3}\d{1,3}"|"[0-9a-f]*:[0-9a-f:]+"/.test(JSON.stringify(element ?? null));
}

function contains(network: string, address: string): boolean {
  const [outer, inner] = [parseNetwork(network, 0, 0), parseNetwork(address, 0, 0)];
  return network === address || (!isRefusal(outer) && !isRefusal(inner) && isWithin(inner, outer));
}

function includesPort(text: string, port: number): boolean {
  const [first, last = first] = text.split('-').map(Number);
  return first !== undefined && last !== undefined && port >= first && port <= last;
}

function isFields(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function objectsIn(listed: unknown, kind: 'chain' | 'rule' | 'map' | 'set'): Fields[] {
  const entries: unknown[] = isFields(listed) && Array.isArray(listed.nftables) ? listed.nftables : [];
  return entries.flatMap((entry) => (isFields(entry) && isFields(entry[kind]) ? [entry[kind]] : []));
}
