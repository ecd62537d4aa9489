import type { Site } from '../firewall';
import { type FirewallPolicy, type PolicyRecord, profileDifferences } from './read/policy-store';
import { readNameAndActive } from './read/rule-on-demand';
import { blocksByDefault, hasOurRules } from './traits';

/** True where a containment was in force, nobody was interrupted since, and nothing of it is in force any more. */
export function isGone({ openCase }: Site, local: FirewallPolicy): boolean {
  const wasInForce = openCase?.judged !== undefined && openCase.unfinished.every((step) => step === 'backup');
  return wasInForce && !hasOurRules(local) && !blocksByDefault(local);
}

/**
 * True where somebody else has given a host back, by an import or a reset: most of the rules that containment had switched off
 * are on again. What is in force then is the policy to come back to, whatever happened to it since. Where only our rules are
 * gone the others are still off, and the policy from before is the one in the backup.
 */
export function isGivenBack(before: PolicyRecord, local: FirewallPolicy): boolean {
  const wereOn = before.rules.filter(({ raw }) => readNameAndActive(raw).active);
  if (wereOn.length === 0) return profileDifferences(before, local).length === 0;
  const on = new Set(local.rules.filter(({ active }) => active).map(({ id }) => id.toLowerCase()));
  return 2 * wereOn.filter(({ id }) => on.has(id.toLowerCase())).length > wereOn.length;
}
