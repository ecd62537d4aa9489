import { type Gap, gapOf } from '../../../outcome/gaps';
import type { AllowList } from '../../../policy/allow-list';
import type { Doors } from './doors';
import type { EffectiveProfile } from './effective';
import type { KeptOut } from './kept-out';
import { serverReachIn } from './reach';

/** Settings of a profile that leave a host uncontained there, whatever the rules are. */
export function openSettingGaps({ profile, out, in: inwards }: Doors): Gap[] {
  const findings = [
    [!profile.enforced, 'profile-off'],
    [carries(out), 'outbound-allowed'],
    [carries(inwards), 'inbound-allowed'],
    [profile.excludedInterfaces !== '', 'interface-excluded'],
  ] as const;
  return findings.flatMap(([found, code]) => (found ? [gapOf({ code, profile: profile.name })] : []));
}

/** TCP or UDP: what every program can use. */
function carries(protocols: readonly number[]): boolean {
  return protocols.includes(6) || protocols.includes(17);
}

/** Settings of a profile that open less than that, or that keep somebody out. */
export function settingGaps({ profile, out, in: inwards }: Doors): Gap[] {
  const at = { profile: profile.name };
  const partly = (code: 'outbound-partly-allowed' | 'inbound-partly-allowed', protocols: readonly number[]): Gap[] =>
    protocols.length === 0 || carries(protocols) ? [] : [gapOf({ code, ...at }, protocols.join(', '))];
  return [
    ...partly('outbound-partly-allowed', out),
    ...partly('inbound-partly-allowed', inwards),
    ...(profile.shieldsUp ? [gapOf({ code: 'inbound-exceptions-ignored', ...at })] : []),
  ];
}

/** Who cannot be reached, or cannot come in, in a profile. */
export function reachGaps(profile: EffectiveProfile, allowList: AllowList, keptOut: KeptOut): Gap[] {
  const reach = serverReachIn(profile, allowList);
  const kept = keptOut.handlersIn(profile);
  const at = { profile: profile.name };
  return [
    ...(reach === 'lost' ? [gapOf({ code: 'server-lost', ...at })] : []),
    ...(reach === 'unknown' ? [gapOf({ code: 'server-uncertain', ...at })] : []),
    ...(kept.length > 0 ? [gapOf({ code: 'handler-blocked', ...at }, kept.slice(0, 10).join('; '))] : []),
  ];
}

/** The entries of the settings that are kept out in some profile. */
export function entryGaps(doors: readonly Doors[], keptOut: KeptOut): Gap[] {
  const kept = [...new Set(doors.flatMap(({ profile }) => keptOut.entriesIn(profile)))];
  return kept.length === 0 ? [] : [gapOf({ code: 'entry-blocked' }, kept.slice(0, 10).join('; '))];
}
