import { type Gap, gapOf } from '../../../outcome/gaps';
import { cidr } from '../../../policy/address';
import type { AllowList } from '../../../policy/allow-list';
import type { EffectiveProfile } from './effective';
import { handlerReachIn, serverReachIn } from './reach';

/** What is wrong with the settings of the profiles, and with the policy also who is lost in which. */
export function profileGaps(profiles: readonly EffectiveProfile[], policy: AllowList | undefined): Gap[] {
  return [
    ...profiles.flatMap(settingGaps),
    ...localRulesIgnored(profiles),
    ...(policy === undefined ? [] : profiles.flatMap((profile) => reachGaps(profile, policy))),
  ];
}

function settingGaps(profile: EffectiveProfile): Gap[] {
  const gaps = [
    [!profile.enforced, 'profile-off'],
    [profile.outbound === 'allow', 'outbound-allowed'],
    [profile.inbound === 'allow', 'inbound-allowed'],
    [profile.shieldsUp, 'inbound-exceptions-ignored'],
    [profile.excludedInterfaces !== '', 'interface-excluded'],
  ] as const;
  return gaps.flatMap(([found, code]) => (found ? [gapOf({ code, profile: profile.name })] : []));
}

/** In some profiles it costs the server; in all of them nothing that is set here counts. */
function localRulesIgnored(profiles: readonly EffectiveProfile[]): Gap[] {
  return profiles.some(({ localRulesCount }) => localRulesCount) ? [] : [gapOf({ code: 'local-rules-ignored' })];
}

/** "Block all connections" keeps every handler out and has a gap of its own. */
function reachGaps(profile: EffectiveProfile, policy: AllowList): Gap[] {
  const reach = serverReachIn(profile, policy);
  const kept = profile.shieldsUp ? [] : policy.handlers.filter((one) => handlerReachIn(profile, one) === 'lost');
  const at = { profile: profile.name };
  return [
    ...(reach === 'lost' ? [gapOf({ code: 'server-lost', ...at })] : []),
    ...(reach === 'unknown' ? [gapOf({ code: 'server-uncertain', ...at })] : []),
    ...(kept.length > 0 ? [gapOf({ code: 'handler-blocked', ...at }, kept.slice(0, 10).map(cidr).join(', '))] : []),
  ];
}
