import { gapOf } from '../../outcome/gaps';
import { type Judgement, judgementOf } from '../../outcome/states';
import type { AllowList } from '../../policy/allow-list';
import type { Unreadable } from '../../windows/registry';
import { judge, judgePlan } from './read/judge';
import type { Reading } from './reading';
import { blocksByDefault, hasOurRules } from './traits';

/**
 * Judges a host by its live policy. Without rules of ours it is not contained, unless a case is open (`policy` is what that
 * asks for) and everything is blocked all the same.
 */
export function judgeReading(live: Reading | Unreadable, allowList?: AllowList): Judgement {
  if ('unreadable' in live) return unreadable(live);
  const isHeld = allowList !== undefined && blocksByDefault(live.local);
  if (!hasOurRules(live.local) && !isHeld) return { state: 'not-contained', gaps: [] };
  return judge(live, allowList);
}

/** Judges what would be in force once the plan is carried out. */
export function judgeAhead(live: Reading | Unreadable, allowList: AllowList): Judgement {
  return 'unreadable' in live ? unreadable(live) : judgePlan(live, allowList);
}

function unreadable(live: Unreadable): Judgement {
  return judgementOf([gapOf({ code: 'policy-unreadable' }, live.unreadable)]);
}
