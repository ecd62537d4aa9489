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
 * doubt. Sets that come to the same are one, profiles that are the same one object, and profiles for which the same
 * rules are have one list of them: there may be a hundred ways and thousands of rules.
 */
export function effectiveProfiles(local: StoredPolicy, managed: readonly StoredPolicy[]): EffectiveProfile[][] {
  const orders = ordersOf(managed);
  const merged = readingsOf(local).flatMap((ours) =>
    orders.map((order) => profileNames.map((name) => effectiveSettings(name, ours, order))),
  );
  const rules = new RulesByProfile(local, managed);
  const profiles = new Map<string, EffectiveProfile>();
  const withRules = (settings: EffectiveSettings): EffectiveProfile => {
    const key = JSON.stringify(settings);
    const profile = profiles.get(key) ?? { ...settings, rules: rules.in(settings) };
    profiles.set(key, profile);
    return profile;
  };
  const sets = new Map(merged.map((set) => [JSON.stringify(set), set]));
  return [...sets.values()].map((set) => set.map(withRules));
}

/** Every reading of the policies, in every order in which they could win. */
function ordersOf(managed: readonly StoredPolicy[]): StoredPolicy[][] {
  return choices(managed.map(readingsOf)).flatMap((others) => (disagree(others) ? permutations(others) : [others]));
}

/** Every combination of one item from each list. */
function choices<T>(lists: readonly (readonly T[])[]): T[][] {
  return lists.reduce<T[][]>((chosen, list) => chosen.flatMap((before) => list.map((one) => [...before, one])), [[]]);
}

type EffectiveSettings = Omit<EffectiveProfile, 'rules'>;

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
  const settings = effectiveSettings(name, local, managed);
  return { ...settings, rules: new RulesByProfile(local, managed).in(settings) };
}

function effectiveSettings(
  name: ProfileName,
  local: StoredPolicy,
  managed: readonly StoredPolicy[],
): EffectiveSettings {
  const all = [...managed, local];
  // Of each of these settings 0 is the worse for a containment, and so is a value that nobody knows.
  const isOn = (setting: string, sources: readonly StoredPolicy[]): boolean => {
    const configured = sources.find(({ profiles }) => profiles[name][setting] !== undefined);
    return settingOf(configured?.profiles[name] ?? {}, setting) === 1;
  };
  const shields = all.map(({ profiles }) => settingOf(profiles[name], 'DoNotAllowExceptions'));
  return {
    name,
    enforced: isOn('EnableFirewall', all),
    inbound: isOn('DefaultInboundAction', all) ? 'block' : 'allow',
    outbound: isOn('DefaultOutboundAction', all) ? 'block' : 'allow',
    shieldsUp: shields.some((value) => value !== 0),
    surelyShieldsUp: shields.includes(1),
    localRulesCount: isOn('AllowLocalPolicyMerge', managed),
    excludedInterfaces: all.map(({ profiles }) => profiles[name].DisabledInterfaces ?? '').join(''),
  };
}

/** The active rules of the policies and, behind them, of the local store. */
class RulesByProfile {
  private readonly imposed: readonly SourcedRule[];
  private readonly all: readonly SourcedRule[];
  private readonly lists: (readonly SourcedRule[])[] = [];

  constructor(local: StoredPolicy, managed: readonly StoredPolicy[]) {
    this.imposed = managed.flatMap(activeIn);
    this.all = [...this.imposed, ...activeIn(local)];
  }

  /** Those that are for a profile, or may be for it because they are not understood. */
  in({ name, localRulesCount }: EffectiveSettings): readonly SourcedRule[] {
    const list = (localRulesCount ? this.all : this.imposed).filter(({ rule }) => isFor(rule, name));
    const same = this.lists.find((one) => one.length === list.length && one.every((rule, at) => rule === list[at]));
    if (same === undefined) this.lists.push(list);
    return same ?? list;
  }
}

function activeIn({ source, rules }: StoredPolicy): SourcedRule[] {
  return rules.filter(({ active }) => active).map((rule) => ({ source, rule }));
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
