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
  if (!profile.enforced) return { verdict: 'allowed' };
  // By default loopback is not filtered, but a block rule can cut it.
  if (isLoopback(flow.remote)) {
    const cut = find(profile, 'block', flow);
    return { verdict: ({ yes: 'blocked', no: 'allowed', maybe: 'unknown' } as const)[cut.match], ...withRule(cut) };
  }
  // On an interface that is left out nothing is blocked, and which interface a flow takes cannot be seen.
  const blocked: Verdict = profile.excludedInterfaces === '' ? 'blocked' : 'unknown';
  // Whether the other side authenticates itself cannot be seen either, so a bypass is never more than possible.
  const bypass = find(profile, 'bypass', flow);
  const otherwise = (decision: Decision): Decision =>
    bypass.match === 'no' ? decision : { verdict: 'unknown', ...withRule(bypass) };

  if (profile.shieldsUp && flow.direction === 'in')
    return otherwise({ verdict: profile.surelyShieldsUp ? blocked : 'unknown' });
  const block = find(profile, 'block', flow);
  if (block.match === 'yes') return otherwise({ verdict: blocked, ...withRule(block) });
  const allow = find(profile, 'allow', flow);
  const isOpen = (flow.direction === 'in' ? profile.inbound : profile.outbound) === 'allow';
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

/** The rule with that action that is most surely for the flow. */
function find({ rules }: EffectiveProfile, action: StoredRule['action'], flow: Flow): Finding {
  let found: Finding = { match: 'no' };
  for (const rule of rules) {
    if (rule.rule.action !== action) continue;
    const match = matchFlow(rule.rule, flow);
    if (match === 'yes') return { match, rule };
    if (match === 'maybe' && found.match === 'no') found = { match, rule };
  }
  return found;
}

function withRule({ rule }: Finding): { rule?: SourcedRule } {
  return rule === undefined ? {} : { rule };
}
