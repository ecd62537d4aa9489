import { type Match, protocolNumbers } from './match';
import type { Nft, Unreadable } from './nft';
import { chainNames, type Table, tableCommand, tables, transaction } from './ruleset';

/** A chain of ours that the kernel runs packets through. */
export interface LiveChain {
  /** `family hook`, such as `inet input`. */
  readonly hook: string;
  readonly drops: boolean;
}

export interface LiveRule {
  readonly table: Table;
  readonly chain: string;
  readonly comment: string;
  /** Undefined where the rule holds something that we never write. */
  readonly matches: readonly Match[] | undefined;
  readonly verdict: 'accept' | 'drop' | 'other';
}

/** What the kernel holds under our names now. */
export interface Reading {
  readonly existing: readonly Table[];
  /**
   * Tables with a flag: somebody switched them off, so that they are there and do nothing (nft(8), `flags dormant`). Which
   * flag cannot be told: nft 1.0.6 answers with the table's name in its place. We set none.
   */
  readonly flagged: readonly Table[];
  readonly chains: readonly LiveChain[];
  readonly rules: readonly LiveRule[];
}

/** Reads our tables and nothing of others. Never throws. */
export async function takeReading(nft: Nft): Promise<Reading | Unreadable> {
  const live = { existing: [] as Table[], flagged: [] as Table[], chains: [] as LiveChain[], rules: [] as LiveRule[] };
  const reading = tables.map(async (table) => ({ table, found: await readTable(nft, table) }));
  for (const { table, found } of await Promise.all(reading)) {
    if (found === 'absent') continue;
    if ('unreadable' in found) return found;
    const { listed } = found;
    live.existing.push(table);
    if (objectsIn(listed, 'table').some(({ flags }) => flags !== undefined)) live.flagged.push(table);
    live.chains.push(...objectsIn(listed, 'chain').flatMap((chain) => readChain(table, chain)));
    const rules = objectsIn(listed, 'rule').filter(({ chain }) => chainNames.includes(String(chain)));
    live.rules.push(...rules.map((rule) => readRule(table, rule)));
  }
  return live;
}

/**
 * One table. Where it cannot be listed, whether the kernel would let it be made tells that it is not there. A listing of all
 * tables would too, but nft 1.0 then reads whatever they hold: a quarter of a minute with a blocklist of 200,000 addresses.
 */
async function readTable(nft: Nft, table: Table): Promise<{ readonly listed: unknown } | 'absent' | Unreadable> {
  const listed = await nft.list('table', table.family, table.name);
  if (!('unreadable' in listed)) return listed;
  const can = async (verb: 'create' | 'delete'): Promise<boolean> =>
    (await nft.check(transaction([tableCommand(verb, table)]))) === undefined;
  if (await can('create')) return 'absent';
  // A kernel without this family lets nobody make one, or take one away. That nft works shows in the other table.
  return table.family === 'bridge' && !(await can('delete')) ? 'absent' : listed;
}

function readChain({ family }: Table, { name, type, hook, policy }: Fields): LiveChain[] {
  if (type !== 'filter' || typeof hook !== 'string' || name !== hook) return [];
  return [{ hook: `${family} ${hook}`, drops: policy === 'drop' }];
}

function readRule(table: Table, { chain, comment, expr }: Fields): LiveRule {
  const statements = (Array.isArray(expr) ? expr : [undefined]).filter((one) => !isFields(one) || !('counter' in one));
  const last = statements.at(-1);
  const matches = statements.slice(0, -1).map(readMatch);
  return {
    table,
    chain: String(chain),
    comment: typeof comment === 'string' ? comment : '',
    matches: matches.every((match) => match !== undefined) ? matches : undefined,
    verdict: isFields(last) && 'accept' in last ? 'accept' : isFields(last) && 'drop' in last ? 'drop' : 'other',
  };
}

function readMatch(statement: unknown): Match | undefined {
  if (!isFields(statement) || !isFields(statement.match)) return undefined;
  const { op, left, right } = statement.match;
  const field = isFields(left) ? fieldOf(left) : undefined;
  const values = valuesOf(right);
  if (field === undefined || values === undefined) return undefined;
  const numbered = field === 'meta l4proto' || field === 'frag nexthdr' ? values.map(protocolNumber) : values;
  if (op === '==' || op === 'in') return { field, values: numbered };
  if (op === '!=') return { field, values: numbered, not: true };
  return op === '>' ? { field, values: numbered, above: true } : undefined;
}

function fieldOf({ payload, meta, exthdr, ct, '&': masked }: Fields): string | undefined {
  if (Array.isArray(masked)) return maskedField(masked);
  if (isFields(ct)) return ['ct', ...(ct.dir === undefined ? [] : [ct.dir]), ct.key].map(String).join(' ');
  if (isFields(payload) && payload.base !== undefined)
    return `@${[payload.base, payload.offset, payload.len].map(String).join(',')}`;
  if (isFields(payload)) return `${String(payload.protocol)} ${String(payload.field)}`;
  if (isFields(exthdr)) return `${String(exthdr.name)} ${String(exthdr.field)}`;
  if (!isFields(meta)) return undefined;
  const key = String(meta.key);
  return key === 'iifname' || key === 'oifname' ? key : `meta ${key}`;
}

/** `tcp flags & (syn|ack)`; nft 1.0 lists the flags as an array, the versions before and after it as an expression. */
function maskedField([left, right]: readonly unknown[]): string | undefined {
  const field = isFields(left) ? fieldOf(left) : undefined;
  const flags = isFields(right) ? right['|'] : right;
  return field === undefined || !Array.isArray(flags) ? undefined : `${field} & (${flags.map(String).join('|')})`;
}

function valuesOf(right: unknown): string[] | undefined {
  if (typeof right === 'string' || typeof right === 'number') return [String(right)];
  if (!isFields(right)) return undefined;
  if (Array.isArray(right.range)) return [right.range.map(String).join('-')];
  if (isFields(right.prefix)) return [`${String(right.prefix.addr)}/${String(right.prefix.len)}`];
  if (!Array.isArray(right.set)) return undefined;
  const values = right.set.map(valuesOf);
  return values.every((value) => value !== undefined) ? values.flat() : undefined;
}

/** Names come from /etc/protocols, so what is a name on one host is a number on the next. */
function protocolNumber(text: string): string {
  const names: Readonly<Record<string, string>> = { ...protocolNumbers, 'ipv6-icmp': protocolNumbers.icmpv6 };
  return names[text] ?? text;
}

type Fields = Readonly<Record<string, unknown>>;

function isFields(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** The objects of one kind in an answer of nft (libnftables-json(5)). */
function objectsIn(listed: unknown, kind: 'table' | 'chain' | 'rule'): Fields[] {
  const entries: unknown[] = isFields(listed) && Array.isArray(listed.nftables) ? listed.nftables : [];
  return entries.flatMap((entry) => (isFields(entry) && isFields(entry[kind]) ? [entry[kind]] : []));
}
