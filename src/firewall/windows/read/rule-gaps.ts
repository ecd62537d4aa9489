import type { Gap } from '../../../outcome/gaps';
import type { AllowList } from '../../../policy/allow-list';
import type { Rule } from '../../../policy/rule';
import { rulesOf } from '../../../policy/rules';
import type { Doors } from './doors';
import { gapOfRules } from './gap-text';
import { findWanted } from './rule';
import type { StoredRule } from './stored-rule';

/** Rules for any program, to or from everybody: with these a host is not contained. */
export function openRuleGaps(doors: readonly Doors[]): Gap[] {
  return [
    ...gapOfRules('open-policy-rule', union(doors, 'imposedForAll')),
    ...gapOfRules('open-foreign-rule', union(doors, 'foreignForAll')),
  ];
}

/** Rules that let less through, and rules of which nobody knows what they let through. */
export function ruleGaps(doors: readonly Doors[]): Gap[] {
  return [
    ...gapOfRules('policy-allow-rule', union(doors, 'imposed')),
    ...gapOfRules('foreign-rule', union(doors, 'foreign')),
    ...gapOfRules('bypass-rule', union(doors, 'bypass')),
    ...gapOfRules('rule-not-understood', union(doors, 'odd')),
  ];
}

/** A rule that is in force in several profiles is one rule. */
function union(doors: readonly Doors[], kind: keyof Omit<Doors, 'profile' | 'out' | 'in'>): StoredRule[] {
  return [...new Set(doors.flatMap((found) => found[kind]))];
}

/** Which of our rules are not there. */
export function missingGaps(rules: readonly StoredRule[], allowList: AllowList): Gap[] {
  const missing = [...findWanted(rulesOf(allowList), rules).missing];
  const names = new Set(rules.filter(({ active }) => active).map(({ name }) => name.toLowerCase()));
  const isThere = ({ name }: Rule): boolean => names.has(name.toLowerCase());
  const absent = missing.filter((own) => !isThere(own));
  return [...gapOfRules('rule-missing', absent), ...gapOfRules('rule-differs', missing.filter(isThere))];
}
