import type { Gap } from '../../../outcome/gaps';
import { cidr } from '../../../policy/address';
import type { AddressRange } from '../../../policy/address-set';
import type { AllowList } from '../../../policy/allow-list';
import type { Rule } from '../../../policy/rule';
import { batchScriptNames, isOurName, rulesOf } from '../../../policy/rules';
import { type AddressItem, coverEverything, readAddressItem } from './address-range';
import type { EffectiveProfile, SourcedRule } from './effective';
import { gapOfRules } from './gap-text';
import type { Sources } from './reach';
import { findWanted, type Matches } from './rule';
import type { PortItem } from './rule-items';
import type { StoredRule } from './stored-rule';

/** The batch script's rules for ping prove nothing about us, but are no gap either. */
const pingNames: readonly string[] = batchScriptNames.slice(0, 2).map((name) => name.toLowerCase());

/** What the rules in force let through beyond the policy, and which of the policy's rules are not there. */
export function ruleGaps(
  { local }: Sources,
  inForce: readonly EffectiveProfile[],
  policy: AllowList | undefined,
): Gap[] {
  const rules = distinct(inForce.flatMap((profile) => profile.rules));
  const odd = rules.filter(({ rule }) => rule.notUnderstood !== undefined).map(({ rule }) => rule);
  const found = policy === undefined ? undefined : findWanted(rulesOf(policy), local.rules);
  const letIn = policy === undefined ? [] : rangesOf(policy);
  const allowing = rules.filter(({ rule }) => rule.action !== 'block' && rule.notUnderstood === undefined);
  const [foreign, imposed] = [
    allowing.filter(({ source, rule }) => source === 'local' && !isOurs(rule, found)).map(({ rule }) => rule),
    allowing.filter(({ source, rule }) => source !== 'local' && !isWithin(rule, letIn)).map(({ rule }) => rule),
  ];
  return [
    ...openings('policy-allow-rule', 'open-policy-rule', imposed),
    ...openings('foreign-rule', 'open-foreign-rule', foreign),
    ...gapOfRules('rule-not-understood', odd),
    ...(found === undefined ? [] : missingGaps(local.rules, found)),
  ];
}

function openings(
  code: 'policy-allow-rule' | 'foreign-rule',
  openCode: 'open-policy-rule' | 'open-foreign-rule',
  rules: readonly StoredRule[],
): Gap[] {
  return [
    ...gapOfRules(openCode, rules.filter(isOpen)),
    ...gapOfRules(
      code,
      rules.filter((rule) => !isOpen(rule)),
    ),
  ];
}

/** A rule that is in force in several profiles is one rule. */
function distinct(rules: readonly SourcedRule[]): SourcedRule[] {
  return [...new Map(rules.map((sourced) => [sourced.rule, sourced])).values()];
}

/** Without a policy to compare with, the name has to do. */
function isOurs(rule: StoredRule, found: Matches | undefined): boolean {
  if (found !== undefined) return found.ours.has(rule);
  return isOurName(rule.name) || pingNames.includes(rule.name.toLowerCase());
}

/** Whom a policy lets through. */
function rangesOf({ servers, handlers }: AllowList): AddressRange[] {
  return [...servers.map(({ address }) => address), ...handlers]
    .map((address) => readAddressItem(cidr(address), address.family))
    .filter((item) => item !== undefined && 'first' in item);
}

/** True when a rule lets through nobody whom the policy does not let through, as one that the domain made for its server. */
function isWithin({ remoteAddresses }: StoredRule, letIn: readonly AddressRange[]): boolean {
  if (remoteAddresses.length === 0) return false;
  return remoteAddresses.every(
    (item) =>
      'first' in item &&
      letIn.some(({ family, first, last }) => family === item.family && first <= item.first && item.last <= last),
  );
}

function missingGaps(rules: readonly StoredRule[], found: Matches): Gap[] {
  const missing = [...found.missing];
  const names = new Set(rules.filter(({ active }) => active).map(({ name }) => name.toLowerCase()));
  const isThere = ({ name }: Rule): boolean => names.has(name.toLowerCase());
  const absent = missing.filter((own) => !isThere(own));
  return [...gapOfRules('rule-missing', absent), ...gapOfRules('rule-differs', missing.filter(isThere))];
}

/** Fields that leave out most programs or most of the others; a user, an interface or an own address leaves out too little. */
const narrow = new Set(['apppkgid', 'luown', 'security', 'rmauth', 'ruauth', 'ttk', 'securityrealmid']);

/** A rule for TCP, UDP or everything, with any address, any port and any program. */
function isOpen(rule: StoredRule): boolean {
  return (
    ['any', 6, 17].includes(rule.protocol) &&
    [rule.localPorts, rule.remotePorts].every((ports) => ports.length === 0 || ports.some(isEveryPort)) &&
    (rule.remoteAddresses.length === 0 || isEverybody(rule.remoteAddresses)) &&
    rule.app === undefined &&
    rule.service === undefined &&
    !rule.restrictions.some((name) => narrow.has(name))
  );
}

function isEveryPort(item: PortItem): boolean {
  return typeof item !== 'string' && item.first <= 1 && item.last === 65_535;
}

/** The word `internet` leaves out nobody that matters. */
function isEverybody(items: readonly AddressItem[]): boolean {
  return items.some((item) => 'keyword' in item && item.keyword === 'internet') || coverEverything(items);
}
