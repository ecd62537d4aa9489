import { networkText, rangeText } from '../../../policy/address-set';
import { type Ports, portText } from '../../../policy/ports';
import { protocolNumber, protocolNumbers, type Rule } from '../../../policy/rule';
import { parseRule } from './parse-rule';
import { meaningParts } from './rule-meaning';
import type { StoredRule } from './stored-rule';

export type { StoredRule } from './stored-rule';

const actions = { allow: 'Allow', block: 'Block' } as const;
const directions = { in: 'In', out: 'Out' } as const;

/** A rule of ours as Windows stores what netsh was told. */
export function storedForm(rule: Rule): StoredRule {
  const protocol = protocolNumber(rule.protocol);
  const fields = [
    `Action=${actions[rule.action]}|Active=TRUE|Dir=${directions[rule.direction]}|Protocol=${protocol}`,
    ...portFields('LPort', rule.localPorts === 'any' ? undefined : rule.localPorts),
    ...portFields('RPort', rule.remotePorts),
    ...(rule.icmpType === undefined ? [] : [`ICMP${protocol === protocolNumbers.icmpv6 ? 6 : 4}=${rule.icmpType}:*`]),
    ...remoteFields(rule.remote),
    ...(rule.service === undefined ? [] : [`Svc=${rule.service}`]),
  ];
  return parseRule(rule.name, `v2.31|${fields.join('|')}|Name=${rule.name}|`);
}

function portFields(name: 'LPort' | 'RPort', ports: Ports = []): string[] {
  return ports.map((range) => `${name}=${portText(range)}`);
}

function remoteFields(remote: Rule['remote']): string[] {
  if (remote === 'dns') return ['RA4=DNS|RA6=DNS'];
  return (remote ?? []).map((range) => `RA${range.family}=${rangeText(range)}`);
}

/** Which of the wanted rules are stored. */
export interface Matches {
  /** Those that no stored rule matches, in their order. */
  readonly missing: ReadonlySet<Rule>;
  /** The stored rules that match one of them. */
  readonly ours: ReadonlySet<StoredRule>;
}

/**
 * Looks for the rules that are wanted among those that are stored. A stored rule matches if it is active, does the same
 * in every profile, and is restricted by nothing else. Descriptions, groups and edge traversal do not matter. Neither
 * do fields that nobody knows: a later Windows may write one into each of its rules.
 *
 * Each rule is turned into a text once, and found by that text. The rules of all handlers have the same four names, so
 * to compare them pair by pair would take a time that grows with the square of the handlers.
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

/** The cheapest checks come first: every rule of a host has to pass them, and few do. */
function activeNamesakes(wanted: readonly Rule[], stored: readonly StoredRule[]): StoredRule[] {
  const names = new Set(wanted.map(({ name }) => name.toLowerCase()));
  return stored.filter((rule) => rule.active && names.has(rule.name.toLowerCase()) && rule.notUnderstood === undefined);
}

/**
 * What a rule does and its name, without its other texts and in lower case: two rules with the same text are the same
 * to a policy. Windows may store the word `dns` for one family or for both.
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
