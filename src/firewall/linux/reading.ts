import { type Fields, isFields, textOf } from '../../json';
import { objectsIn } from './listed-objects';
import { type Match, protocolNumbers } from './match';
import type { Nft, Unreadable } from './nft';
import { isFree, isThere } from './present-tables';
import { chainNames, type Table, tables } from './ruleset';

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
  /** The conditions that are understood. A packet has to meet all of them, whatever else the rule asks. */
  readonly matches: readonly Match[];
  /** False where the rule holds something that we never write. */
  readonly isUnderstood: boolean;
  /** False also where a value is a word in place of a number: versions of nft differ in those. */
  readonly isPlain: boolean;
  readonly verdict: 'accept' | 'drop' | 'other';
  /** All that this nft lists of the rule, except what counts packets: equal for rules that do the same. */
  readonly spelling: string;
}

/** What the kernel holds under our names now. */
export interface Reading {
  readonly existing: readonly Table[];
  /** Tables that are there although nft gives no usable listing of them, and why. */
  readonly unlisted: readonly (Table & Unreadable)[];
  /**
   * Tables with a flag: somebody switched them off, so that they are there and do nothing (nft(8), `flags dormant`).
   * Which flag cannot be told: nft 1.0.6 answers with the table's name in its place. We set none.
   */
  readonly flagged: readonly Table[];
  readonly chains: readonly LiveChain[];
  readonly rules: readonly LiveRule[];
}

export const nothingThere: Reading = { existing: [], unlisted: [], flagged: [], chains: [], rules: [] };

/** Reads our tables and nothing of others. Never throws. */
export async function takeReading(nft: Nft): Promise<Reading | Unreadable> {
  return (await isFree(nft)) ? nothingThere : readOwnTables(nft);
}

/** The same, without asking first whether they are there. */
export async function readOwnTables(nft: Nft, limitMs = nft.limits.listing): Promise<Reading | Unreadable> {
  const found = await Promise.all(tables.map(async (table) => ({ table, part: await readTable(nft, table, limitMs) })));
  const existing: Table[] = [];
  const unlisted: Reading['unlisted'][number][] = [];
  const parts: Listing[] = [];
  for (const { table, part } of found) {
    if (part === 'absent') continue;
    if ('unreadable' in part) return part;
    existing.push(table);
    if ('unlisted' in part) unlisted.push({ ...table, ...part.unlisted });
    else parts.push(part);
  }
  const [flagged, chains, rules] = [
    parts.flatMap((part) => part.flagged),
    parts.flatMap((part) => part.chains),
    parts.flatMap((part) => part.rules),
  ];
  return { existing, unlisted, flagged, chains, rules };
}

type Listing = Pick<Reading, 'flagged' | 'chains' | 'rules'>;

async function readTable(
  nft: Nft,
  table: Table,
  limitMs: number,
): Promise<Listing | { readonly unlisted: Unreadable } | 'absent' | Unreadable> {
  const answer = await nft.list(['table', table.family, table.name], limitMs);
  const listing = 'unreadable' in answer ? answer : readListing(table, answer.listed);
  if (!('unreadable' in listing)) return listing;
  const there = await isThere(nft, table);
  if (typeof there === 'object') return there;
  return there ? { unlisted: listing } : 'absent';
}

/** One table of ours in an answer of nft. What does not even name the table is no listing of it. */
export function readListing(table: Table, listed: unknown): Listing | Unreadable {
  const own = objectsIn(listed, 'table');
  if (!own.some(({ family, name }) => family === table.family && name === table.name))
    return { unreadable: `nft does not list the table ${table.family} ${table.name}, which is there` };
  return {
    flagged: own.some(({ flags }) => flags !== undefined) ? [table] : [],
    chains: objectsIn(listed, 'chain').flatMap((chain) => readChain(table, chain)),
    rules: objectsIn(listed, 'rule')
      .filter(({ chain }) => chainNames.includes(textOf(chain)))
      .map((rule) => readRule(table, rule)),
  };
}

function readChain({ family }: Table, { name, type, hook, policy }: Fields): LiveChain[] {
  if (type !== 'filter' || typeof hook !== 'string' || name !== hook) return [];
  return [{ hook: `${family} ${hook}`, drops: policy === 'drop' }];
}

function readRule(table: Table, { chain, comment, expr }: Fields): LiveRule {
  const statements = (Array.isArray(expr) ? expr : [undefined]).filter((one) => !isFields(one) || !('counter' in one));
  const last = statements.at(-1);
  const conditions = statements.slice(0, -1).map(readMatch);
  const matches = conditions.flatMap((match) => match ?? []);
  const verdict = isFields(last) && 'accept' in last ? 'accept' : isFields(last) && 'drop' in last ? 'drop' : 'other';
  const isUnderstood = conditions.every((match) => match !== undefined);
  return {
    ...{ table, chain: textOf(chain), comment: typeof comment === 'string' ? comment : '', matches, verdict },
    isUnderstood,
    isPlain: isUnderstood && verdict !== 'other' && matches.every(isPlain),
    spelling: JSON.stringify([table.family, chain, statements.map(sorted)]),
  };
}

/** Sorted, so that equal sets read the same: nft lists their members in any order. */
function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (!isFields(value)) return value;
  const entries = Object.entries(value).map(([name, one]) => [name, sorted(one)] as const);
  return Object.fromEntries(
    entries
      .map(([name, one]) =>
        name === 'set' && Array.isArray(one) ? ([name, [...one].sort(byText)] as const) : [name, one],
      )
      .sort(byText),
  );
}

function byText(a: unknown, b: unknown): number {
  const [first = '', second = ''] = [a, b].map((one) => JSON.stringify(one));
  return first < second ? -1 : Number(first > second);
}

function readMatch(statement: unknown): Match | undefined {
  if (!isFields(statement) || !isFields(statement.match)) return undefined;
  const { op, left, right } = statement.match;
  const field = isFields(left) ? fieldOf(left) : undefined;
  const values = valuesOf(right);
  if (field === undefined || values === undefined) return undefined;
  const usual = values.map((value) => usualValue(field, value));
  if (op === '==' || op === 'in') return { field, values: usual };
  if (op === '!=') return { field, values: usual, not: true };
  return op === '>' ? { field, values: usual, above: true } : undefined;
}

/** Addresses, ports, protocols and the names of interfaces read the same from every nft. */
function isPlain({ field, values }: Match): boolean {
  return /^[io]ifname\b/.test(field) || values.every((value) => /^(?=.*[\d:])[\da-f.:/]+$/.test(value));
}

function fieldOf({ payload, meta, exthdr, ct, '&': masked }: Fields): string | undefined {
  if (Array.isArray(masked)) return maskedField(masked);
  if (isFields(ct)) return ['ct', ...(ct.dir === undefined ? [] : [ct.dir]), ct.key].map(textOf).join(' ');
  if (isFields(payload) && payload.base !== undefined)
    return `@${[payload.base, payload.offset, payload.len].map(textOf).join(',')}`;
  if (isFields(payload)) return `${textOf(payload.protocol)} ${textOf(payload.field)}`;
  if (isFields(exthdr)) return `${textOf(exthdr.name)} ${textOf(exthdr.field)}`;
  if (!isFields(meta)) return undefined;
  const key = textOf(meta.key);
  return key === 'iifname' || key === 'oifname' ? key : `meta ${key}`;
}

/** `tcp flags & (syn|ack)`; nft 1.0 lists the flags as an array, the versions before and after it as an expression. */
function maskedField([left, right]: readonly unknown[]): string | undefined {
  const field = isFields(left) ? fieldOf(left) : undefined;
  const flags = isFields(right) ? right['|'] : right;
  return field === undefined || !Array.isArray(flags) ? undefined : `${field} & (${flags.map(textOf).join('|')})`;
}

function valuesOf(right: unknown): string[] | undefined {
  if (typeof right === 'string' || typeof right === 'number') return [textOf(right)];
  if (!isFields(right)) return undefined;
  if (Array.isArray(right.range)) return [right.range.map(textOf).join('-')];
  if (isFields(right.prefix)) return [`${textOf(right.prefix.addr)}/${textOf(right.prefix.len)}`];
  if (!Array.isArray(right.set)) return undefined;
  const values = right.set.map(valuesOf);
  return values.every((value) => value !== undefined) ? values.flat() : undefined;
}

/** Names of protocols come from /etc/protocols, so what is a name on one host is a number on the next. */
const protocolNames: Readonly<Record<string, string>> = { ...protocolNumbers, 'ipv6-icmp': protocolNumbers.icmpv6 };

/** nft 1.1 says 4 where 1.0 says frag-needed. */
const codeNames: Readonly<Record<string, string>> = { '4': 'frag-needed' };

/** A value by the word or number that our own rules use for it. */
function usualValue(field: string, text: string): string {
  if (field === 'icmp code') return codeNames[text] ?? text;
  return field === 'meta l4proto' || field === 'frag nexthdr' ? (protocolNames[text] ?? text) : text;
}
