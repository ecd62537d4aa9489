import { type Gap, gapOf } from '../../outcome/gaps';
import { addGaps, type Judgement, judgementOf } from '../../outcome/states';
import type { AllowList } from '../../policy/allow-list';
import type { Unreadable } from '../../windows/registry';
import type { Context } from '../firewall';
import { type JudgementByProfile, judge } from './read/judge';
import { planned } from './read/reach';
import type { Reading } from './reading';
import { isSealNeeded, prepareSealing } from './sealing';
import { blocksByDefault, hasOurRules } from './traits';

/**
 * Judges a host by its live policy. A host without rules of ours is not contained, unless a case is open (`allowList`
 * is what the case asks for) and everything is blocked by default all the same.
 */
export function judgeReading(live: Reading | Unreadable, allowList?: AllowList): JudgementByProfile {
  if ('unreadable' in live) return unreadable(live);
  const isHeld = allowList !== undefined && blocksByDefault(live.local);
  if (!hasOurRules(live.local) && !isHeld) return inAnyProfile({ state: 'not-contained', gaps: [] });
  return judge(live, allowList);
}

/** Judges what would be in force once the plan is carried out, with the seal that belongs to it. */
export async function judgeAhead(
  context: Context,
  reading: Reading | Unreadable,
  allowList: AllowList,
): Promise<JudgementByProfile> {
  if ('unreadable' in reading) return unreadable(reading);
  if (!isSealNeeded(context.seal, reading, allowList)) return judge(planned(reading, allowList), allowList);
  const { rules, gaps } = await prepareSealing(context, allowList);
  return withGaps(judge(planned(reading, allowList, rules), allowList), gaps);
}

/** Adds gaps that do not come from the policy. They count whichever profiles are in force. */
export function withGaps(judgement: JudgementByProfile, gaps: readonly Gap[]): JudgementByProfile {
  const { openIn, weigh } = judgement;
  return { ...addGaps(judgement, gaps), openIn, weigh: (inForce) => addGaps(weigh(inForce), gaps) };
}

function unreadable(live: Unreadable): JudgementByProfile {
  return inAnyProfile(judgementOf([gapOf({ code: 'policy-unreadable' }, live.unreadable)]));
}

function inAnyProfile(judgement: Judgement): JudgementByProfile {
  return { ...judgement, openIn: [], weigh: () => judgement };
}
