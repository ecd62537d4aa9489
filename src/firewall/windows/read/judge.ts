import { codeOf, type Gap, gapOf } from '../../../outcome/gaps';
import { type Judgement, judgementOf } from '../../../outcome/states';
import type { AllowList } from '../../../policy/allow-list';
import { profileGaps } from './profile-gaps';
import { planned, profilesInForce, type Sources } from './reach';
import { ruleGaps } from './rule-gaps';

/**
 * Judges a host that is meant to be contained by what Windows will do with the next packet: the local store, the domain's
 * policy and the device management's, merged as Windows merges them. With a policy it also looks whether everybody who is to
 * be let in is. Where it is not known which of two policies wins, the gaps of both ways are named.
 */
export function judge(sources: Sources, policy?: AllowList): Judgement {
  const inForce = profilesInForce(sources);
  const gaps = distinct([
    ...unreadableGaps(sources),
    ...inForce.flatMap((profiles) => profileGaps(profiles, policy)),
    ...ruleGaps(sources, inForce.flat(), policy),
  ]);
  return judgementOf(gaps);
}

/** What would stay open, and who would be lost, once the plan is carried out. */
export function judgePlan(sources: Sources, policy: AllowList): Judgement {
  return judge(planned(sources, policy), policy);
}

function unreadableGaps({ managed }: Sources): Gap[] {
  if (!('unreadable' in managed)) return [];
  return [gapOf({ code: 'domain-policy-unreadable' }, managed.unreadable)];
}

/** Each gap once in each profile, as it was found first. */
function distinct(gaps: readonly Gap[]): Gap[] {
  return gaps.filter((one, index) => gaps.findIndex((gap) => codeOf(gap) === codeOf(one)) === index);
}
