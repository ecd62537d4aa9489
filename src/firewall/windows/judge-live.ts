import type { Judgement } from '../../outcome/states';
import type { Policy } from '../../policy/allow-list';
import type { Unreadable } from '../../windows/registry';
import { judge, judgePlan } from './read/judge';
import type { Live } from './reading';
import { blocksByDefault, hasOurRules } from './traits';

/**
 * Judges a host by its live policy. Without rules of ours it is not contained, unless a case is open (`policy` is what that
 * asks for) and everything is blocked all the same.
 */
export function judgeLive(live: Live | Unreadable, policy?: Policy): Judgement {
  if ('unreadable' in live) return unreadable(live);
  const isHeld = policy !== undefined && blocksByDefault(live.local);
  if (!hasOurRules(live.local) && !isHeld) return { state: 'not-contained', gaps: [] };
  return judge(live, policy);
}

/** Judges what would be in force once the plan is carried out. */
export function judgeAhead(live: Live | Unreadable, policy: Policy): Judgement {
  return 'unreadable' in live ? unreadable(live) : judgePlan(live, policy);
}

function unreadable(live: Unreadable): Judgement {
  return { state: 'uncertain', gaps: [{ code: 'policy-unreadable', detail: live.unreadable }] };
}
