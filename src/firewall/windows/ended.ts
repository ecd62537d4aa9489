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
 * True where somebody else has given a host back, by an import or a reset: most of the rules that were on before are on again,
 * and most of those that were off are off. What is in force then is the policy to come back to, whatever happened to it since.
 * Where only our rules are gone, or everything was switched on, the policy from before is still the one in the backup.
 */
export function isGivenBack(before: PolicyRecord, local: FirewallPolicy): boolean {
  const now = new Map(local.rules.map(({ id, active }) => [id.toLowerCase(), active]));
  const isMostly = (state: boolean): boolean => {
    const were = before.rules.filter(({ raw }) => readNameAndActive(raw).active === state);
    return were.length === 0 || 2 * were.filter(({ id }) => now.get(id.toLowerCase()) === state).length > were.length;
  };
  // Without any rule only the settings can tell.
  return (
    isMostly(true) && isMostly(false) && (before.rules.length > 0 || profileDifferences(before, local).length === 0)
  );
}
