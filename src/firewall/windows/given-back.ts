import type { Context } from '../firewall';
import { readNameAndActive } from './read/rule-on-demand';
import { type PolicyRecord, profileDifferences, type StoredPolicy } from './read/stored-policy';
import { blocksByDefault, hasOurRules } from './traits';

/** True where a containment was in force, no order was interrupted since, and none of our rules is active any more. */
export function isGone({ openCase }: Context, local: StoredPolicy): boolean {
  const wasInForce = openCase?.judged !== undefined && openCase.unfinished.every((step) => step === 'backup');
  return wasInForce && !hasOurRules(local);
}

/**
 * True where somebody else has given the host a policy back, by an import or a reset: the host blocks no more than
 * before, most of the rules that were on are on again, and most of those that were off are off. Then the present policy
 * is the one to come back to, whatever happened to it since. Where only our rules and the block are gone, or everything
 * was switched on, the policy from before is still the one in the backup.
 */
export function isGivenBack(before: PolicyRecord, local: StoredPolicy): boolean {
  if (blocksByDefault(local) && !blocksByDefault(before)) return false;
  const [on, off] = [true, false].map((state) => shareLeft(before, local, state));
  if (on !== undefined && off !== undefined) return on > 0.5 && off > 0.5;
  // Where all rules were on, or all off, only the settings tell whether somebody gave the policy back.
  return [on, off].every((share = 1) => share > 0.5) && profileDifferences(before, local).length === 0;
}

/** The share of the rules that were on (or off, by `state`) before and are so now; undefined where there were none. */
function shareLeft(before: PolicyRecord, local: StoredPolicy, state: boolean): number | undefined {
  const were = before.rules.filter(({ raw }) => readNameAndActive(raw).active === state);
  const now = new Set(local.rules.filter(({ active }) => active === state).map(({ id }) => id.toLowerCase()));
  return were.length === 0 ? undefined : were.filter(({ id }) => now.has(id.toLowerCase())).length / were.length;
}
