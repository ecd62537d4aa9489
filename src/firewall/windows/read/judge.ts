import { codeOf, type Gap, gapOf } from '../../../outcome/gaps';
import { type Judgement, judgementOf } from '../../../outcome/states';
import type { AllowList } from '../../../policy/allow-list';
import { DoorFinder, type Doors } from './doors';
import { gapOfRules } from './gap-text';
import { KeptOut } from './kept-out';
import { entryGaps, openSettingGaps, reachGaps, settingGaps } from './profile-gaps';
import { planned, profilesInForce, type Sources } from './reach';
import { missingGaps, openRuleGaps, ruleGaps } from './rule-gaps';
import type { StoredPolicy } from './stored-policy';
import { type ProfileName, profileNames } from './stored-rule';

/** A judgement in which every profile counts as in force, and what it rests on. */
export interface JudgementByProfile extends Judgement {
  /** The profiles in which the host is not contained. */
  readonly openIn: readonly ProfileName[];
  /** The judgement where only these profiles are in force. */
  weigh(inForce: readonly ProfileName[]): Judgement;
}

/**
 * Judges a host that is meant to be contained by what Windows will do with the next packet: the local store, the
 * domain's policy and the device management's, merged as Windows merges them. With an allow list it also checks that
 * everybody on it is let through. Where it is not known which of two policies wins, the gaps of both ways are named.
 */
export function judge(sources: Sources, allowList?: AllowList): JudgementByProfile {
  const findings = new Findings(sources, allowList);
  const openIn = profileNames.filter((name) => findings.openGaps(name).length > 0);
  return { ...findings.weigh(profileNames), openIn, weigh: (inForce) => findings.weigh(inForce) };
}

/** What would stay open, and who would be lost, once the plan is carried out. */
export function judgePlan(sources: Sources, allowList: AllowList): JudgementByProfile {
  return judge(planned(sources, allowList), allowList);
}

/** What was found in each profile, in every order in which policies could win. */
class Findings {
  private readonly doors: readonly Doors[];
  private readonly ignoresLocal: boolean;
  /** Who of the allow list is kept out, and which rules of ours are missing. */
  private readonly lost: readonly Gap[];
  private readonly missing: readonly Gap[];

  constructor(
    private readonly sources: Sources,
    allowList: AllowList | undefined,
  ) {
    const readings = profilesInForce(sources);
    const finder = new DoorFinder(sources.local, allowList);
    this.doors = [...new Set(readings.flat())].map((profile) => finder.in(profile));
    this.lost = allowList === undefined ? [] : lostGaps(this.doors, allowList);
    this.missing = allowList === undefined ? [] : missingGaps(sources.local.rules, allowList);
    // Where local rules are ignored in some profiles, the server is lost there; where in all, nothing that is set here
    // counts.
    this.ignoresLocal = readings.some((profiles) => profiles.every(({ localRulesCount }) => !localRulesCount));
  }

  weigh(inForce: readonly ProfileName[]): Judgement {
    const { doors, sources } = this;
    const open = inForce.flatMap((name) => this.openGaps(name));
    return judgementOf(
      distinct([
        ...unreadableGaps(sources),
        ...oddValueGaps(sources),
        ...open.filter((gap) => 'profile' in gap),
        ...doors.flatMap(settingGaps),
        ...open.filter(({ code }) => code === 'local-rules-ignored'),
        ...this.lost,
        ...ipsecGaps(sources),
        ...openRuleGaps(this.in(inForce)),
        ...ruleGaps(doors),
        ...this.missing,
        ...profileNames.filter((name) => !inForce.includes(name)).flatMap((name) => this.openElsewhere(name)),
      ]),
    );
  }

  /** Why a host is not contained in a profile. Empty where it is contained. */
  openGaps(name: ProfileName): Gap[] {
    const doors = this.in([name]);
    return [
      ...doors.flatMap(openSettingGaps),
      ...(this.ignoresLocal ? [gapOf({ code: 'local-rules-ignored' })] : []),
      ...openRuleGaps(doors),
    ];
  }

  private in(names: readonly ProfileName[]): Doors[] {
    return this.doors.filter(({ profile }) => names.includes(profile.name));
  }

  /**
   * The gap of an open profile that is not in force now: a PC enters it by moving to another network, or by losing its
   * domain, which a containment can cause.
   */
  private openElsewhere(name: ProfileName): Gap[] {
    const open = distinct(this.openGaps(name));
    if (open.length === 0) return [];
    const reasons = `as soon as it is, this host is NOT CONTAINED. ${open.map(({ detail }) => detail).join('; ')}`;
    const ignored = this.in([name]).some(({ profile: { localRulesCount } }) => !localRulesCount);
    const advice =
      '. Group policy ignores local rules there: have AllowLocalPolicyMerge or DefaultOutboundAction set to 1';
    return [gapOf({ code: 'open', profile: name }, `${reasons}${ignored ? advice : ''}`)];
  }
}

function lostGaps(doors: readonly Doors[], allowList: AllowList): Gap[] {
  const keptOut = new KeptOut(allowList);
  return [...doors.flatMap(({ profile }) => reachGaps(profile, allowList, keptOut)), ...entryGaps(doors, keptOut)];
}

function unreadableGaps({ managed }: Sources): Gap[] {
  if (!('unreadable' in managed)) return [];
  return [gapOf({ code: 'domain-policy-unreadable' }, managed.unreadable)];
}

/** Values of an unexpected type, which Windows may use or ignore. */
function oddValueGaps(sources: Sources): Gap[] {
  return gapOfRules(
    'value-not-understood',
    allIn(sources).flatMap(({ odd = [] }) => odd),
  );
}

/** What is demanded in one profile only counts as well: the gap says that something is unknown, not that it is lost. */
function ipsecGaps(sources: Sources): Gap[] {
  return gapOfRules(
    'ipsec-demanded',
    allIn(sources).flatMap(({ demands = [] }) => demands),
  );
}

function allIn({ local, managed }: Sources): StoredPolicy[] {
  return [local, ...('unreadable' in managed ? [] : managed)];
}

/** Each gap once in each profile, as it was found first. */
function distinct(gaps: readonly Gap[]): Gap[] {
  return gaps.filter((one, index) => gaps.findIndex((gap) => codeOf(gap) === codeOf(one)) === index);
}
