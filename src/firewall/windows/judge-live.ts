import type { Gap, Judgement } from '../../outcome/states';
import type { Policy } from '../../policy/policy';
import { batchScriptNames, isOurName, type Rule, rulesOf } from '../../policy/rules';
import type { Unreadable } from '../../windows/registry';
import type { Live } from './live';
import { type EffectiveProfile, effectiveProfile } from './read/effective';
import { evaluate } from './read/evaluate';
import { type FirewallPolicy, type ProfileName, profileNames } from './read/policy-store';
import { matches, type StoredRule, storedForm, valuesOf } from './read/rule';
import { blocksByDefault, hasOurRules } from './traits';

/** Gaps with which a host is not contained at all, whatever rules are set. */
const fatal = [
  'profile-off',
  'outbound-allowed',
  'inbound-allowed',
  'local-rules-ignored',
  'open-policy-rule',
  'open-foreign-rule',
];

/** The batch script's rules for ping prove nothing about us, but are no gap either. */
const pingNames: readonly string[] = batchScriptNames.slice(0, 2);

/** Names in a message are bounded; the count tells the rest. */
const mostNames = 10;

const profileLabels: Record<ProfileName, string> = { domain: 'Domain', private: 'Private', public: 'Public' };

/** An ephemeral port, as the agent's own end of a connection has it. */
const agentPort = 50_000;

/**
 * Judges what Windows will do with the next packet: from the local store, the domain's policy and the device management's,
 * merged as Windows merges them. With a policy it also looks whether everybody who is to be let in is.
 */
export function judgeLive(live: Live | Unreadable, policy?: Policy): Judgement {
  if ('unreadable' in live)
    return { state: 'uncertain', gaps: [{ code: 'policy-unreadable', detail: live.unreadable }] };
  const { local } = live;
  if (policy === undefined && !hasOurRules(local)) return { state: 'not-contained', gaps: [] };
  if (!hasOurRules(local) && !blocksByDefault(local)) return { state: 'not-contained', gaps: [] };
  const gaps = gapsOf(live, policy);
  if (gaps.some(({ code }) => fatal.some((prefix) => code.startsWith(prefix)))) return { state: 'ineffective', gaps };
  return { state: gaps.length > 0 ? 'degraded' : 'contained', gaps };
}

/** The profiles in which the server would be out of reach once the plan is carried out. */
export function serverLostProfiles(live: Live, policy: Policy): string[] {
  return profilesOf(planned(live, policy))
    .filter((profile) => serverIsLost(profile, policy))
    .map(({ name }) => profileLabels[name]);
}

/** What would stay open, and who would be lost, once the plan is carried out. */
export function judgePlan(live: Live | Unreadable, policy: Policy): Judgement {
  return judgeLive('unreadable' in live ? live : planned(live, policy), policy);
}

function planned(live: Live, policy: Policy): Live {
  const contained = { EnableFirewall: 1, DefaultInboundAction: 1, DefaultOutboundAction: 1, DoNotAllowExceptions: 0 };
  const { domain, private: home, public: elsewhere } = live.local.profiles;
  const profiles = {
    domain: { ...domain, ...contained },
    private: { ...home, ...contained },
    public: { ...elsewhere, ...contained },
  };
  return { ...live, local: { source: 'local', profiles, rules: rulesOf(policy).map(storedForm) } };
}

function profilesOf({ local, managed }: Live): EffectiveProfile[] {
  return profileNames.map((name) => effectiveProfile(name, local, 'unreadable' in managed ? [] : managed));
}

function gapsOf(live: Live, policy: Policy | undefined): Gap[] {
  const profiles = profilesOf(live);
  const managed = 'unreadable' in live.managed ? [] : live.managed;
  return [
    ...('unreadable' in live.managed
      ? [{ code: 'domain-policy-unreadable', detail: `What the domain imposes is unknown: ${live.managed.unreadable}` }]
      : []),
    ...profiles.flatMap(profileGaps),
    ...localRulesIgnored(profiles),
    ...(policy === undefined ? [] : lostGaps(profiles, policy)),
    ...managed.flatMap(managedRuleGaps),
    ...foreignRuleGaps(live.local, policy),
    ...(policy === undefined ? [] : missingRuleGaps(live.local, rulesOf(policy))),
  ];
}

function profileGaps(profile: EffectiveProfile): Gap[] {
  const label = profileLabels[profile.name];
  const gaps: [boolean, string, string][] = [
    [!profile.enforced, 'profile-off', `The firewall is off in the ${label} profile`],
    [profile.outbound === 'allow', 'outbound-allowed', `The ${label} profile lets everything out`],
    [profile.inbound === 'allow', 'inbound-allowed', `The ${label} profile lets everything in`],
    [
      profile.shieldsUp,
      'handler-kept-out',
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

function lostGaps(profiles: readonly EffectiveProfile[], policy: Policy): Gap[] {
  return profiles.flatMap((profile) => {
    const label = profileLabels[profile.name];
    const lost: Gap[] = [];
    if (serverIsLost(profile, policy)) {
      lost.push({ code: `server-lost-on-${label}`, detail: `The server cannot be reached in the ${label} profile` });
    } else if (handlerIsKeptOut(profile, policy)) {
      lost.push({ code: `handler-blocked-on-${label}`, detail: `A handler cannot come in in the ${label} profile` });
    }
    return lost;
  });
}

/** The agent needs one server that it can reach by one of its protocols. */
function serverIsLost(profile: EffectiveProfile, { servers }: Policy): boolean {
  return servers.every(({ address, port, protocols }) =>
    protocols.every((protocol) => {
      const flow = {
        direction: 'out',
        protocol: protocol === 'tcp' ? 6 : 17,
        localPort: agentPort,
        remotePort: port,
      } as const;
      return evaluate(profile, { ...flow, remote: address.text }) === 'blocked';
    }),
  );
}

function handlerIsKeptOut(profile: EffectiveProfile, { handlers }: Policy): boolean {
  if (profile.shieldsUp) return false;
  return handlers.some(({ text }) => {
    const flow = { direction: 'in', protocol: 6, localPort: 445, remotePort: agentPort, remote: text } as const;
    return evaluate(profile, flow) === 'blocked';
  });
}

function managedRuleGaps({ source, rules }: FirewallPolicy): Gap[] {
  const allowing = rules.filter(({ active, action }) => active && action !== 'block');
  const who = source === 'gpo' ? 'group policy' : 'device management';
  return [
    ...named('open-policy-rule', `Rules of ${who} let everything through`, allowing.filter(isOpen)),
    ...named(
      'policy-allow-rule',
      `Rules of ${who} stay open`,
      allowing.filter((rule) => !isOpen(rule)),
    ),
  ];
}

function foreignRuleGaps({ rules }: FirewallPolicy, policy: Policy | undefined): Gap[] {
  const wanted = policy === undefined ? undefined : rulesOf(policy);
  const isOurs = (rule: StoredRule): boolean =>
    wanted?.some((own) => matches(rule, own)) ?? (isOurName(rule.name) || pingNames.includes(rule.name));
  const foreign = rules.filter((rule) => rule.active && rule.action !== 'block' && !isOurs(rule));
  return [
    ...named('open-foreign-rule', 'Local rules let everything through', foreign.filter(isOpen)),
    ...named(
      'foreign-rule',
      'Local rules that are not ours are active',
      foreign.filter((rule) => !isOpen(rule)),
    ),
  ];
}

function missingRuleGaps({ rules }: FirewallPolicy, wanted: readonly Rule[]): Gap[] {
  const missing = wanted.filter((own) => !rules.some((rule) => matches(rule, own)));
  const isThere = ({ name }: Rule): boolean =>
    rules.some((rule) => rule.active && rule.name.toLowerCase() === name.toLowerCase());
  return [
    ...named(
      'rule-missing',
      'Rules of ours are missing',
      missing.filter((own) => !isThere(own)),
    ),
    ...named('rule-differs', 'Rules of ours are not as they should be', missing.filter(isThere)),
  ];
}

/** A rule without any restriction: any address, any port, any program. What else restricts it may be met by anybody. */
function isOpen(rule: StoredRule): boolean {
  const restrictions = [
    'lport',
    'rport',
    'la4',
    'la6',
    'ra4',
    'ra6',
    'ra42',
    'ra62',
    'app',
    'svc',
    'apppkgid',
    'luown',
    'icmp4',
    'icmp6',
  ];
  const [protocol = '256'] = valuesOf(rule, 'protocol');
  return ['256', '6', '17'].includes(protocol) && !restrictions.some((field) => valuesOf(rule, field).length > 0);
}

function named(code: string, what: string, rules: readonly { readonly name: string }[]): Gap[] {
  if (rules.length === 0) return [];
  const names = rules.slice(0, mostNames).map(({ name }) => `"${printable(name)}"`);
  const more = rules.length > mostNames ? ` and ${rules.length - mostNames} more` : '';
  return [{ code, detail: `${what}: ${names.join(', ')}${more}` }];
}

/** A name from the registry as it may stand in a message: no control characters, not without end. */
function printable(name: string): string {
  return name.replace(/[\p{Cc}\p{Cf}]/gu, '?').slice(0, 100);
}
