import { readingsOf, type StoredPolicy, settingOf } from './stored-policy';
import { type ProfileName, profileNames, type StoredRule } from './stored-rule';

/** One profile as Windows enforces it, merged from all sources. */
export interface EffectiveProfile {
  readonly name: ProfileName;
  /** False: nothing is filtered at all. */
  readonly enforced: boolean;
  readonly inbound: 'allow' | 'block';
  readonly outbound: 'allow' | 'block';
  /** "Block all connections": inbound allow rules do not count, ours neither. */
  readonly shieldsUp: boolean;
  /** False where a value is neither 0 nor 1: nobody may rely on it to block. */
  readonly surelyShieldsUp: boolean;
  /** False: what netsh adds is ignored. */
  readonly localRulesCount: boolean;
  /** Interfaces that are not filtered, as Windows lists them; empty for none. */
  readonly excludedInterfaces: string;
  /** The active rules that are for this profile, and those that may be for it because they are not understood. */
  readonly rules: readonly SourcedRule[];
}

export interface SourcedRule {
  readonly source: StoredPolicy['source'];
  readonly rule: StoredRule;
}

/** Settings for which one source has the last word. */
const contested = ['EnableFirewall', 'DefaultInboundAction', 'DefaultOutboundAction', 'AllowLocalPolicyMerge'];

/**
 * All three profiles, as a set for each way in which Windows may merge the policies. It is not documented whether the
 * domain's or the device management's policy wins, so there is a set for each order; and a set for each reading of
 * values that may count or not. A statement about a host must hold for every set. There is one set where there is no
 * doubt.
 */
export function effectiveProfiles(local: StoredPolicy, managed: readonly StoredPolicy[]): EffectiveProfile[][] {
  return readingsOf(local).flatMap((ours) =>
    choices(managed.map(readingsOf)).flatMap((others) => {
      const orders = disagree(others) ? permutations(others) : [others];
      return orders.map((order) => profileNames.map((name) => effectiveProfile(name, ours, order)));
    }),
  );
}

/** Every combination of one item from each list. */
function choices<T>(lists: readonly (readonly T[])[]): T[][] {
  return lists.reduce<T[][]>((chosen, list) => chosen.flatMap((before) => list.map((one) => [...before, one])), [[]]);
}

/**
 * Merges the sources as Windows does ([MS-GPFAS] 2.2.3): what a policy configures, else the local store, else the
 * built-in default; "block all connections" is on if anybody says so; only a policy can switch local rules off. The
 * first of the managed policies wins.
 */
export function effectiveProfile(
  name: ProfileName,
  local: StoredPolicy,
  managed: readonly StoredPolicy[],
): EffectiveProfile {
  const all = [...managed, local];
  // Of each of these settings 0 is the worse for a containment, and so is a value that nobody knows.
  const isOn = (setting: string, sources: readonly StoredPolicy[]): boolean => {
    const configured = sources.find(({ profiles }) => profiles[name][setting] !== undefined);
    return settingOf(configured?.profiles[name] ?? {}, setting) === 1;
  };
  const shields = all.map(({ profiles }) => settingOf(profiles[name], 'DoNotAllowExceptions'));
  const localRulesCount = isOn('AllowLocalPolicyMerge', managed);
  return {
    name,
    enforced: isOn('EnableFirewall', all),
    inbound: isOn('DefaultInboundAction', all) ? 'block' : 'allow',
    outbound: isOn('DefaultOutboundAction', all) ? 'block' : 'allow',
    shieldsUp: shields.some((value) => value !== 0),
    surelyShieldsUp: shields.includes(1),
    localRulesCount,
    excludedInterfaces: all.map(({ profiles }) => profiles[name].DisabledInterfaces ?? '').join(''),
    rules: (localRulesCount ? all : managed).flatMap(({ source, rules }) =>
      rules.filter((rule) => rule.active && isFor(rule, name)).map((rule) => ({ source, rule })),
    ),
  };
}

function isFor({ profiles, notUnderstood }: StoredRule, name: ProfileName): boolean {
  return notUnderstood !== undefined || profiles.includes(name);
}

function disagree(managed: readonly StoredPolicy[]): boolean {
  return profileNames.some((name) =>
    contested.some((setting) => {
      const values = managed.map(({ profiles }) => profiles[name][setting]).filter((value) => value !== undefined);
      return new Set(values).size > 1;
    }),
  );
}

function permutations<T>(items: readonly T[]): T[][] {
  if (items.length < 2) return [[...items]];
  return items.flatMap((first, index) => permutations(items.toSpliced(index, 1)).map((rest) => [first, ...rest]));
}
