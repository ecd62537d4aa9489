import type { Gap, Judgement } from '../../../outcome/states';
import type { AllowList } from '../../../policy/allow-list';
import { profileGaps } from './profile-gaps';
import { planned, profilesInForce, type Sources } from './reach';
import { ruleGaps } from './rule-gaps';

/** Gaps with which a host is not contained at all, whatever rules are set. */
const fatal = /^(profile-off|outbound-allowed|inbound-allowed|local-rules-ignored|open-policy-rule|open-foreign-rule)/;

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
  if (gaps.some(({ code }) => fatal.test(code))) return { state: 'ineffective', gaps };
  return { state: gaps.length > 0 ? 'degraded' : 'contained', gaps };
}

/** What would stay open, and who would be lost, once the plan is carried out. */
export function judgePlan(sources: Sources, policy: AllowList): Judgement {
  return judge(planned(sources, policy), policy);
}

function unreadableGaps({ managed }: Sources): Gap[] {
  if (!('unreadable' in managed)) return [];
  return [{ code: 'domain-policy-unreadable', detail: `What the domain imposes is unknown: ${managed.unreadable}` }];
}

/** One gap for each code, the first. */
function distinct(gaps: readonly Gap[]): Gap[] {
  return gaps.filter(({ code }, index) => gaps.findIndex((gap) => gap.code === code) === index);
}
