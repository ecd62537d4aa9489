import type { Gap } from '../../../outcome/states';
import { cidr } from '../../../policy/address';
import type { AllowList } from '../../../policy/allow-list';
import type { EffectiveProfile } from './effective';
import { handlerReachIn, serverReachIn } from './reach';
import type { ProfileName } from './stored-rule';

/** How Windows calls the profiles, in gap codes and messages. */
const labels: Readonly<Record<ProfileName, string>> = { domain: 'Domain', private: 'Private', public: 'Public' };

/** What is wrong with the settings of the profiles, and with the policy also who is lost in which. */
export function profileGaps(profiles: readonly EffectiveProfile[], policy: AllowList | undefined): Gap[] {
  return [
    ...profiles.flatMap(settingGaps),
    ...localRulesIgnored(profiles),
    ...(policy === undefined ? [] : profiles.flatMap((profile) => reachGaps(profile, policy))),
  ];
}

function settingGaps(profile: EffectiveProfile): Gap[] {
  const label = labels[profile.name];
  const gaps: [boolean, string, string][] = [
    [!profile.enforced, 'profile-off', `The firewall is off in the ${label} profile`],
    [profile.outbound === 'allow', 'outbound-allowed', `The ${label} profile lets everything out`],
    [profile.inbound === 'allow', 'inbound-allowed', `The ${label} profile lets everything in`],
    [
      profile.shieldsUp,
      'inbound-exceptions-ignored',
      `The ${label} profile blocks all connections from outside, the handler's too`,
    ],
    [profile.excludedInterfaces !== '', 'interface-excluded', `Interfaces are not filtered in the ${label} profile`],
  ];
  return gaps.filter(([found]) => found).map(([, code, detail]) => ({ code: `${code}-on-${label}`, detail }));
}

/** In some profiles it costs the server; in all of them nothing that is set here counts. */
function localRulesIgnored(profiles: readonly EffectiveProfile[]): Gap[] {
  if (profiles.some(({ localRulesCount }) => localRulesCount)) return [];
  return [{ code: 'local-rules-ignored', detail: 'Group policy ignores every local rule, in every profile' }];
}

/** "Block all connections" keeps every handler out and has a gap of its own. */
function reachGaps(profile: EffectiveProfile, policy: AllowList): Gap[] {
  const label = labels[profile.name];
  const reach = serverReachIn(profile, policy);
  const kept = profile.shieldsUp ? [] : policy.handlers.filter((one) => handlerReachIn(profile, one) === 'lost');
  const gaps: [boolean, string, string][] = [
    [reach === 'lost', 'server-lost', `The server cannot be reached in the ${label} profile`],
    [reach === 'unknown', 'server-uncertain', `Whether the server can be reached in the ${label} profile is unknown`],
    [
      kept.length > 0,
      'handler-blocked',
      `A handler cannot come in in the ${label} profile: ${kept.slice(0, 10).map(cidr).join(', ')}`,
    ],
  ];
  return gaps.filter(([found]) => found).map(([, code, detail]) => ({ code: `${code}-on-${label}`, detail }));
}
