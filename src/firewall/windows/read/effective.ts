import { type FirewallPolicy, type ProfileName, settingOf } from './policy-store';
import type { StoredRule } from './rule';

/** One profile as Windows enforces it, merged from all sources. */
export interface EffectiveProfile {
  readonly name: ProfileName;
  /** False: nothing is filtered at all. */
  readonly enforced: boolean;
  readonly inbound: 'allow' | 'block';
  readonly outbound: 'allow' | 'block';
  /** "Block all connections": inbound allow rules do not count, ours neither. */
  readonly shieldsUp: boolean;
  /** False: what netsh adds is ignored. */
  readonly localRulesCount: boolean;
  /** Interfaces that are not filtered, as Windows lists them; empty for none. */
  readonly excludedInterfaces: string;
  readonly rules: readonly SourcedRule[];
}

export interface SourcedRule {
  readonly source: FirewallPolicy['source'];
  readonly rule: StoredRule;
}

/**
 * Merges the sources as Windows does ([MS-GPFAS] 2.2.3): what a policy configures, else the local store, else the built-in
 * default; "block all connections" is on if anybody says so; only a policy can switch local rules off. Which of two policies
 * wins over the other is not documented, so the one that is worse for a containment is taken.
 */
export function effectiveProfile(
  name: ProfileName,
  local: FirewallPolicy,
  managed: readonly FirewallPolicy[],
): EffectiveProfile {
  const configured = (setting: string): number[] =>
    managed.map(({ profiles }) => profiles[name][setting]).filter((value) => typeof value === 'number');
  // Of each of these settings 0 is the worse for a containment: off, allow, ignore.
  const policyElse = (setting: string, otherwise: number): number => {
    const values = configured(setting);
    return values.length > 0 ? Math.min(...values) : otherwise;
  };
  const localOr = (setting: string): number => Number(settingOf(local.profiles[name], setting));
  const localRulesCount = policyElse('AllowLocalPolicyMerge', 1) !== 0;
  return {
    name,
    enforced: policyElse('EnableFirewall', localOr('EnableFirewall')) !== 0,
    inbound: policyElse('DefaultInboundAction', localOr('DefaultInboundAction')) === 0 ? 'allow' : 'block',
    outbound: policyElse('DefaultOutboundAction', localOr('DefaultOutboundAction')) === 0 ? 'allow' : 'block',
    shieldsUp: [...configured('DoNotAllowExceptions'), localOr('DoNotAllowExceptions')].includes(1),
    localRulesCount,
    excludedInterfaces: [local, ...managed].map(({ profiles }) => profiles[name].DisabledInterfaces ?? '').join(''),
    rules: [...managed, ...(localRulesCount ? [local] : [])].flatMap(({ source, rules }) =>
      rules.filter((rule) => rule.active && appliesTo(rule, name)).map((rule) => ({ source, rule })),
    ),
  };
}

/** A rule without a profile is for every profile. */
function appliesTo({ fields }: StoredRule, profile: ProfileName): boolean {
  const named = fields.filter(([field]) => field.toLowerCase() === 'profile').map(([, value]) => value.toLowerCase());
  return named.length === 0 || named.includes(profile);
}
