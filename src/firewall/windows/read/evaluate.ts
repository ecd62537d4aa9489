import { isLoopback } from '../../../policy/address';
import type { EffectiveProfile, SourcedRule } from './effective';
import { type Flow, type Match, matchFlow } from './flow';
import type { StoredRule } from './stored-rule';

/**
 * `unknown`: it depends on something that cannot be seen from here, such as what a word in a rule stands for right now.
 */
export type Verdict = 'allowed' | 'blocked' | 'unknown';

/**
 * What happens to a flow, and the rule that decides it or leaves it open; none where a setting of the profile decides.
 */
export interface Decision {
  readonly verdict: Verdict;
  readonly rule?: SourcedRule;
}

/**
 * What Windows does with a flow: an authenticated bypass first, then block rules, then allow rules, then the default of
 * the profile; neither the order of rules nor how specific they are matters ([MS-FASP], Microsoft's rule precedence).
 */
export function decide(profile: EffectiveProfile, flow: Flow): Decision {
  const matches = matchRules(profile.rules, flow);
  if (!profile.enforced || !isLoopback(flow.remote)) return decideBy(profile, flow.direction, matches);
  // By default loopback is not filtered, but a block rule can cut it.
  const { block: cut } = matches;
  return { verdict: ({ yes: 'blocked', no: 'allowed', maybe: 'unknown' } as const)[cut.match], ...withRule(cut) };
}

/** The same, for a flow that is not on loopback, by the rules that are for it. */
export function decideBy(
  profile: Omit<EffectiveProfile, 'rules'>,
  direction: Flow['direction'],
  { bypass, block, allow }: Matches,
): Decision {
  if (!profile.enforced) return { verdict: 'allowed' };
  // On an interface that is left out nothing is blocked, and which interface a flow takes cannot be seen.
  const blocked: Verdict = profile.excludedInterfaces === '' ? 'blocked' : 'unknown';
  // Whether the other side authenticates itself cannot be seen either, so a bypass is never more than possible.
  const otherwise = (decision: Decision): Decision =>
    bypass.match === 'no' ? decision : { verdict: 'unknown', ...withRule(bypass) };

  if (profile.shieldsUp && direction === 'in')
    return otherwise({ verdict: profile.surelyShieldsUp ? blocked : 'unknown' });
  if (block.match === 'yes') return otherwise({ verdict: blocked, ...withRule(block) });
  const isOpen = (direction === 'in' ? profile.inbound : profile.outbound) === 'allow';
  if (isOpen || allow.match === 'yes') {
    if (block.match === 'maybe') return { verdict: 'unknown', ...withRule(block) };
    return { verdict: 'allowed', ...(isOpen ? {} : withRule(allow)) };
  }
  if (allow.match === 'maybe') return { verdict: 'unknown', ...withRule(allow) };
  return otherwise({ verdict: blocked });
}

interface Finding {
  readonly match: Match;
  readonly rule?: SourcedRule;
}

/** For each action the rule that is most surely for a flow. */
export type Matches = Readonly<Record<StoredRule['action'], Finding>>;

export function matchRules(rules: readonly SourcedRule[], flow: Flow): Matches {
  const none: Finding = { match: 'no' };
  const found: Record<StoredRule['action'], Finding> = { bypass: none, block: none, allow: none };
  for (const rule of rules) {
    const before = found[rule.rule.action].match;
    if (before === 'yes') continue;
    const match = matchFlow(rule.rule, flow);
    if (match === 'yes' || (match === 'maybe' && before === 'no')) found[rule.rule.action] = { match, rule };
  }
  return found;
}

function withRule({ rule }: Finding): { rule?: SourcedRule } {
  return rule === undefined ? {} : { rule };
}
