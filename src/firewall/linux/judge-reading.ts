import { type Gap, gapOf } from '../../outcome/gaps';
import { type Judgement, judgementOf } from '../../outcome/states';
import { type Address, isRefusal, parseNetwork } from '../../policy/address';
import type { AllowList } from '../../policy/allow-list';
import type { Unreadable } from './nft';
import type { LiveRule, Reading } from './reading';
import { type AcceptRule, acceptRules, handlerProtocols, keyOf } from './rules';
import { droppingHooks, tables } from './ruleset';

export const bridgedGuestsOpen = gapOf({ code: 'bridged-guests-open' });

/** Names in a message are bounded; the count tells the rest. */
const mostNames = 10;

/**
 * Judges what the kernel will do with the next packet, by the meaning of the rules that were read back. With a policy it
 * also looks whether everybody who is to be let in is, and nobody else.
 */
export function judgeReading(
  live: Reading | Unreadable,
  allowList: AllowList | undefined,
  resolvers: readonly Address[],
): Judgement {
  if ('unreadable' in live) return judgementOf([gapOf({ code: 'rules-unreadable' }, live.unreadable)]);
  if (!live.existing.includes(tables[0])) return { state: 'not-contained', gaps: [] };
  const wanted = allowList === undefined ? undefined : acceptRules(allowList, resolvers);
  return judgementOf([
    ...live.flagged.map(({ family, name }) => gapOf({ code: 'table-off', family }, `${family} ${name}`)),
    ...droppingHooks.flatMap((hook) => hookGaps(live, hook)),
    ...foreignGaps(live.rules, wanted),
    ...(wanted === undefined ? [] : missingGaps(live.rules, wanted)),
  ]);
}

/** True when no server is left that the agent could reach: the host would take no further order. */
export function serverIsLost(live: Reading, allowList: AllowList): boolean {
  const keys = new Set(live.rules.flatMap(acceptedKey));
  return !allowList.servers.some((server) =>
    acceptRules({ servers: [server], handlers: [], needsDns: false }, [])
      .filter((rule) => rule.for === 'server')
      .every((rule) => keys.has(keyOf(rule.chain, rule.matches))),
  );
}

/** The handlers that are let in now, whoever asked for them. */
export function liveHandlers({ rules }: Reading): Address[] {
  return rules.flatMap(({ chain, matches, verdict }) => {
    const from = matches?.find(({ field }) => field === 'ip saddr' || field === 'ip6 saddr');
    if (chain !== 'input' || verdict !== 'accept' || matches?.length !== 2 || from === undefined) return [];
    const address = parseNetwork(from.values[0] ?? '', 24, 64);
    if (isRefusal(address)) return [];
    const whole = { field: 'meta l4proto', values: handlerProtocols(address.family) };
    return keyOf(chain, matches) === keyOf(chain, [from, whole]) ? [address] : [];
  });
}

/** A chain that a bridge's frames pass is a smaller gap than one that the host's own packets pass. */
function hookGaps({ chains }: Reading, hook: string): Gap[] {
  if (chains.some((chain) => chain.hook === hook && chain.drops)) return [];
  return [hook.startsWith('bridge') ? bridgedGuestsOpen : gapOf({ code: 'not-dropped', hook })];
}

/** Without a policy it cannot be told whose address should be let in, so any rule for one address counts as ours. */
function foreignGaps(rules: readonly LiveRule[], wanted: readonly AcceptRule[] | undefined): Gap[] {
  const own = new Set((wanted ?? forEverybody).map((rule) => keyOf(rule.chain, rule.matches)));
  const foreign = rules.filter((rule) => !acceptedKey(rule).some((key) => own.has(key)));
  const small = foreign.filter((rule) => rule.verdict === 'drop' || isNarrow(rule));
  const counted = wanted === undefined ? small.filter(({ verdict }) => verdict === 'drop') : small;
  return [
    ...named(
      'open-foreign-rule',
      foreign.filter((rule) => !small.includes(rule)),
    ),
    ...named('foreign-rule', counted),
  ];
}

/** The rules that name no address. */
const forEverybody = acceptRules(
  { servers: [], handlers: [{ family: 6, text: '2001:db8::', prefix: 128 }], needsDns: false },
  [],
).filter((rule) => rule.for !== 'handler');

function missingGaps(rules: readonly LiveRule[], wanted: readonly AcceptRule[]): Gap[] {
  const keys = new Set(rules.flatMap(acceptedKey));
  const missing = wanted.filter((rule) => !keys.has(keyOf(rule.chain, rule.matches)));
  const kinds = [
    ['server', 'server-blocked'],
    ['handler', 'handler-blocked'],
    ['dns', 'dns-blocked'],
  ] as const;
  const others = missing.filter((rule) => !kinds.some(([kind]) => kind === rule.for));
  return [
    ...kinds.flatMap(([kind, code]) =>
      named(
        code,
        missing.filter((rule) => rule.for === kind),
      ),
    ),
    ...named('rule-missing', others),
  ];
}

/** The key of a rule that accepts; none for a rule with another verdict, elsewhere, or not understood. */
function acceptedKey({ table, chain, matches, verdict }: LiveRule): string[] {
  return table.family === 'inet' && matches !== undefined && verdict === 'accept' ? [keyOf(chain, matches)] : [];
}

/** True when a rule lets through one host or small network, by a condition on the other side's address. */
function isNarrow({ table, chain, matches, verdict }: LiveRule): boolean {
  if (table.family !== 'inet' || verdict !== 'accept') return false;
  const side = chain === 'input' ? 'saddr' : chain === 'output' ? 'daddr' : 'none';
  return (matches ?? []).some(
    ({ field, values }) =>
      [`ip ${side}`, `ip6 ${side}`].includes(field) && values.every((value) => !isRefusal(parseNetwork(value, 24, 64))),
  );
}

type NamingCode =
  | 'open-foreign-rule'
  | 'foreign-rule'
  | 'server-blocked'
  | 'handler-blocked'
  | 'dns-blocked'
  | 'rule-missing';

function named(code: NamingCode, rules: readonly (AcceptRule | LiveRule)[]): Gap[] {
  if (rules.length === 0) return [];
  const more = rules.length > mostNames ? ` and ${rules.length - mostNames} more` : '';
  return [gapOf({ code }, `${rules.slice(0, mostNames).map(describe).join('; ')}${more}`)];
}

/** A rule as it may stand in a message: no control characters, not without end. */
function describe({ chain, matches, comment }: AcceptRule | LiveRule): string {
  const conditions = (matches ?? []).map(({ field, values }) => `${field} ${values.join(',')}`).join(' ');
  return `${chain} ${conditions || comment || 'any'}`.replace(/[^\x20-\x7e]/g, '?').slice(0, 100);
}
