import { cidr } from '../../../policy/address';
import type { Rule } from '../../../policy/rules';
import { networkText } from './address-range';
import { parseRule } from './parse-rule';
import { meaningParts } from './rule-meaning';
import type { StoredRule } from './stored-rule';

export type { StoredRule } from './stored-rule';

const protocolNumbers = { tcp: 6, udp: 17, icmpv4: 1, icmpv6: 58 } as const;

/** A rule of the policy as Windows stores what netsh was told. */
export function storedForm(rule: Rule): StoredRule {
  const fields = [
    `Action=Allow|Active=TRUE|Dir=${rule.direction === 'in' ? 'In' : 'Out'}`,
    `Protocol=${protocolNumbers[rule.protocol]}`,
  ];
  if (typeof rule.localPort === 'number') fields.push(`LPort=${rule.localPort}`);
  if (rule.remotePort !== undefined) fields.push(`RPort=${rule.remotePort}`);
  if (rule.icmpType !== undefined) fields.push(`ICMP${rule.protocol === 'icmpv6' ? 6 : 4}=${rule.icmpType}:*`);
  if (rule.remote === 'dns') fields.push('RA4=DNS|RA6=DNS');
  else if (rule.remote !== undefined) fields.push(`RA${rule.remote.family}=${cidr(rule.remote)}`);
  if (rule.service !== undefined) fields.push(`Svc=${rule.service}`);
  return parseRule(rule.name, `v2.31|${fields.join('|')}|Name=${rule.name}|`);
}

/** What is stored of the rules that are wanted. */
export interface Matches {
  /** Those that no stored rule matches, in their order. */
  readonly missing: ReadonlySet<Rule>;
  /** The stored rules that match one of them. */
  readonly ours: ReadonlySet<StoredRule>;
}

/**
 * Looks for the rules that are wanted among those that are stored. One matches that is active, allows, in every profile, and is
 * restricted by nothing else. Descriptions, groups and edge traversal do not matter. Neither do fields that nobody knows: a later
 * Windows may write one into each of its rules.
 *
 * All handlers' rules have the same four names, so to compare
 * namesakes pair by pair takes a time that grows with the square of the handlers: each rule is put into a text once instead, and
 * found by that.
 */
export function findWanted(wanted: readonly Rule[], stored: readonly StoredRule[]): Matches {
  const wantedTexts = new Map(wanted.map((rule) => [rule, identity(storedForm(rule))]));
  const asked = new Set(wantedTexts.values());
  const namesakes = activeNamesakes(wanted, stored).map((rule) => [rule, identity(rule)] as const);
  const ours = new Map(namesakes.filter(([, text]) => asked.has(text)));
  const found = new Set(ours.values());
  const missing = [...wantedTexts].filter(([, text]) => !found.has(text)).map(([rule]) => rule);
  return { missing: new Set(missing), ours: new Set(ours.keys()) };
}

/** The cheapest questions come first: they are asked of every rule of a host, and few get further. */
function activeNamesakes(wanted: readonly Rule[], stored: readonly StoredRule[]): StoredRule[] {
  const names = new Set(wanted.map(({ name }) => name.toLowerCase()));
  return stored.filter((rule) => rule.active && names.has(rule.name.toLowerCase()) && rule.notUnderstood === undefined);
}

/**
 * What a rule does and its name, without its other texts and in lower case: two rules with the same text are the same to a
 * policy. Windows may store the word `dns` for one family or for both.
 */
function identity(rule: StoredRule): string {
  const parts = meaningParts(rule).filter((part) => !/^(desc|embedctxt|edge|defer)=/.test(part));
  return [...new Set(parts.map((part) => part.toLowerCase().replace(/^ra[46]=dns$/, 'ra=dns')))].sort().join('|');
}

/** The one remote host or network of a rule, as `address/prefix`, if it has exactly one. */
export function soleRemote({ remoteAddresses, notUnderstood }: StoredRule): string | undefined {
  const [only, ...more] = remoteAddresses;
  if (only === undefined || more.length > 0 || notUnderstood !== undefined || 'keyword' in only) return undefined;
  return networkText(only);
}
