import { type Gap, gapOf } from '../../outcome/gaps';
import { addGaps, type Judgement, judgementOf } from '../../outcome/states';
import { type Address, isRefusal, parseNetwork } from '../../policy/address';
import type { AllowList } from '../../policy/allow-list';
import type { GroupName } from '../../policy/flows';
import { type AcceptRule, keyOf } from './match';
import type { Unreadable } from './nft';
import type { LiveRule, Reading } from './reading';
import { acceptRules } from './rules';
import { droppingHooks, tables } from './ruleset';
import { isLasting, shapeOf } from './shape';
import { asRead, type Surroundings, widest } from './surroundings';

export const bridgedGuestsOpen = gapOf({ code: 'bridged-guests-open' });

/** A message names at most this many rules and counts the rest. */
const mostNames = 10;

/**
 * Judges what the kernel will do with the next packet, by the rules that were read back. With a policy, it also checks
 * that everybody who should be let in is let in, and nobody else. It never calls open what a listing does not show for
 * certain.
 */
export function judgeReading(
  live: Reading | Unreadable,
  allowList: AllowList | undefined,
  surroundings: Surroundings,
): Judgement {
  if ('unreadable' in live) return judgementOf([gapOf({ code: 'rules-unreadable' }, live.unreadable)]);
  if (!live.existing.includes(tables[0])) return { state: 'not-contained', gaps: [] };
  const known = acceptRules(allowList ?? anybody, widest(surroundings, allowList?.servers ?? []));
  const wanted = allowList === undefined ? [] : acceptRules(allowList, asRead(surroundings));
  const unclear = unclearRules(live, allowList, surroundings);
  const certain = live.rules.filter((rule) => !unclear.includes(rule));
  const seen = judgementOf([
    ...live.flagged.map(({ family, name }) => gapOf({ code: 'table-off', family }, `${family} ${name}`)),
    ...droppingHooks.flatMap((hook) => hookGaps(live, hook)),
    ...foreignGaps(certain, known, allowList !== undefined),
    ...(isUnclear(live, unclear) ? [] : missingGaps(certain, wanted)),
  ]);
  const more = unclearGaps(live, unclear);
  return seen.state === 'ineffective' ? { ...seen, gaps: [...seen.gaps, ...more] } : addGaps(seen, more);
}

/**
 * The rules that may be ours, but that nft lists in words that we do not know. Where none of ours is missing, all other
 * rules come from others.
 */
export function unclearRules(
  { rules }: Reading,
  allowList: AllowList | undefined,
  surroundings: Surroundings,
): LiveRule[] {
  const found = new Set(rules.flatMap(acceptedShape));
  const wanted = allowList === undefined ? [] : acceptRules(allowList, asRead(surroundings));
  if (allowList !== undefined && missingFrom(found, wanted).length === 0) return [];
  const known = acceptRules(allowList ?? anybody, widest(surroundings, allowList?.servers ?? []));
  const own = new Set(known.map(({ chain, matches }) => shapeOf(chain, matches)));
  return rules.filter(
    (rule) =>
      !rule.isPlain &&
      !acceptedShape(rule).some((shape) => own.has(shape)) &&
      (allowList !== undefined || !isNarrow(rule)),
  );
}

/** The rules that are tried out. Where no policy is known, these are all the rules that name nobody. */
export function rulesToTry(allowList: AllowList | undefined, surroundings: Surroundings): AcceptRule[] {
  return acceptRules(allowList ?? anybody, surroundings);
}

/** True when it is certain that the agent can reach no server any more: then the host would get no further order. */
export function serverIsLost(live: Reading, allowList: AllowList, surroundings: Surroundings): boolean {
  if (isUnclear(live, unclearRules(live, allowList, surroundings))) return false;
  const shapes = new Set(live.rules.flatMap(acceptedShape));
  return !allowList.servers.some((server) => {
    const rewritten = asRead(surroundings).rewritten.filter((one) => one.server === server);
    return acceptRules({ servers: [server], handlers: [], needsDns: false }, { ...surroundings, rewritten })
      .filter((rule) => rule.for === 'server' || rule.for === 'server behind NAT')
      .every((rule) => shapes.has(shapeOf(rule.chain, rule.matches)));
  });
}

/** True when these rules are in force, each as it is written, and no others. */
export function holdsExactly({ rules }: Reading, wanted: readonly AcceptRule[]): boolean {
  const live = new Set(rules.map(({ chain, matches, isUnderstood }) => (isUnderstood ? keyOf(chain, matches) : '')));
  return live.size === wanted.length && wanted.every(({ chain, matches }) => live.has(keyOf(chain, matches)));
}

/**
 * The handlers that are let in now, whoever asked for them. Our comment shows their rules, however nft spells the rest.
 */
export function liveHandlers({ rules }: Reading): Address[] {
  return rules.flatMap(({ chain, matches, verdict, comment }) => {
    const from = matches.find(({ field }) => field === 'ip saddr' || field === 'ip6 saddr');
    if (chain !== 'input' || verdict !== 'accept' || comment !== 'handler' || from === undefined) return [];
    const address = parseNetwork(from.values[0] ?? '', 24, 64);
    return isRefusal(address) ? [] : [address];
  });
}

function isUnclear({ unlisted }: Reading, unclear: readonly LiveRule[]): boolean {
  return unclear.length > 0 || unlisted.length > 0;
}

/**
 * What was loaded is in force, whatever a listing says of it. The gap is that the listing does not show that it is
 * ours.
 */
function unclearGaps({ unlisted }: Reading, unclear: readonly LiveRule[]): Gap[] {
  const texts = unlisted.map(({ unreadable }) => unreadable);
  const code = unlisted.some(({ timedOut }) => timedOut) ? 'rules-unreadable' : 'rules-not-recognised';
  if (texts.length > 0) return [gapOf({ code }, [...new Set(texts)].join('; '))];
  return named('rules-not-recognised', unclear);
}

/**
 * The gap of a hook without a chain of ours that drops. It is smaller where only a bridge's frames or packets rewritten
 * by NAT pass than where the host's own packets pass.
 */
function hookGaps({ chains, unlisted }: Reading, hook: string): Gap[] {
  if (unlisted.some(({ family }) => hook.startsWith(family))) return [];
  if (chains.some((chain) => chain.hook === hook && chain.drops)) return [];
  if (hook === 'inet postrouting') return [gapOf({ code: 'rewritten-open' })];
  return [hook.startsWith('bridge') ? bridgedGuestsOpen : gapOf({ code: 'not-dropped', hook })];
}

/** Without a policy nobody knows whose address should be let in, so any rule for one address counts as ours. */
function foreignGaps(rules: readonly LiveRule[], known: readonly AcceptRule[], isWhole: boolean): Gap[] {
  const own = new Set(known.map((rule) => shapeOf(rule.chain, rule.matches)));
  const foreign = rules.filter((rule) => !acceptedShape(rule).some((shape) => own.has(shape)));
  const small = foreign.filter((rule) => rule.verdict === 'drop' || isNarrow(rule));
  const counted = isWhole ? small : small.filter(({ verdict }) => verdict === 'drop');
  return [
    ...named(
      'open-foreign-rule',
      foreign.filter((rule) => !small.includes(rule)),
    ),
    ...named('foreign-rule', counted),
  ];
}

/** One handler with an IPv6 address: the rules for it include every rule that names nobody. */
const anybody: AllowList = {
  servers: [],
  handlers: [{ family: 6, text: '2001:db8::', prefix: 128 }],
  needsDns: false,
};

function missingGaps(rules: readonly LiveRule[], wanted: readonly AcceptRule[]): Gap[] {
  const missing = missingFrom(new Set(rules.flatMap(acceptedShape)), wanted);
  const kinds = [
    [['server', 'server behind NAT'], 'server-blocked'],
    [['handler'], 'handler-blocked'],
    [['entry', 'answers of an entry'], 'entry-blocked'],
    [['DNS'], 'dns-blocked'],
  ] as const satisfies readonly (readonly [readonly GroupName[], NamingCode])[];
  const isOf = (kind: readonly GroupName[], rule: AcceptRule): boolean => kind.includes(rule.for);
  const others = missing.filter((rule) => !kinds.some(([kind]) => isOf(kind, rule)));
  return [
    ...kinds.flatMap(([kind, code]) =>
      named(
        code,
        missing.filter((rule) => isOf(kind, rule)),
      ),
    ),
    ...named('rule-missing', others),
  ];
}

/**
 * The wanted rules that are missing. Those for a new lease or a new address of this host do not count: they come with
 * the next order.
 */
function missingFrom(shapes: ReadonlySet<string>, wanted: readonly AcceptRule[]): AcceptRule[] {
  return wanted.filter(({ chain, matches }) => isLasting(matches) && !shapes.has(shapeOf(chain, matches)));
}

/**
 * The shape of a rule that accepts; none for a rule that has another verdict, is in another table or is not understood.
 */
function acceptedShape({ table, chain, matches, isUnderstood, verdict }: LiveRule): string[] {
  return table.family === 'inet' && isUnderstood && verdict === 'accept' ? [shapeOf(chain, matches)] : [];
}

/**
 * True when a rule lets through at most one host or small network. One such condition is enough, since a packet has to
 * meet every condition of a rule.
 */
function isNarrow({ table, chain, matches, verdict }: LiveRule): boolean {
  if (table.family !== 'inet' || verdict !== 'accept') return false;
  const sides: Readonly<Record<string, string>> = { input: 'saddr', output: 'daddr', postrouting: 'daddr' };
  const fields = [`ip ${sides[chain]}`, `ip6 ${sides[chain]}`, 'ct original ip daddr', 'ct original ip6 daddr'];
  return matches.some(
    ({ field, values, not, above }) =>
      !not && !above && fields.includes(field) && values.every((value) => !isRefusal(parseNetwork(value, 24, 64))),
  );
}

type NamingCode =
  | 'open-foreign-rule'
  | 'foreign-rule'
  | 'server-blocked'
  | 'handler-blocked'
  | 'dns-blocked'
  | 'entry-blocked'
  | 'rules-not-recognised'
  | 'rule-missing';

function named(code: NamingCode, rules: readonly (AcceptRule | LiveRule)[]): Gap[] {
  if (rules.length === 0) return [];
  const more = rules.length > mostNames ? ` and ${rules.length - mostNames} more` : '';
  return [gapOf({ code }, `${rules.slice(0, mostNames).map(describe).join('; ')}${more}`)];
}

/** A rule as text for a message: no control characters, and not too long. */
function describe({ chain, matches, comment }: AcceptRule | LiveRule): string {
  const conditions = matches.map(({ field, values }) => `${field} ${values.join(',')}`).join(' ');
  return `${chain} ${conditions || comment || 'any'}`.replace(/[^\x20-\x7e]/g, '?').slice(0, 100);
}
