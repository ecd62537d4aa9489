import { cidr } from '../../../policy/address';
import type { AllowList } from '../../../policy/allow-list';
import type { Rule } from '../../../policy/rule';
import { rulesOf } from '../../../policy/rules';
import type { Unreadable } from '../../../windows/registry';
import { type EffectiveProfile, effectiveProfiles } from './effective';
import { decide, type Verdict } from './evaluate';
import type { Flow } from './flow';
import { storedForm } from './rule';
import type { ProfileSettings, StoredPolicy } from './stored-policy';
import { type ProfileName, profileNames } from './stored-rule';

/** Everything that decides what Windows does. */
export interface Sources {
  readonly local: StoredPolicy;
  /** What the domain and the device management impose, or why that could not be read. */
  readonly managed: readonly StoredPolicy[] | Unreadable;
}

/** The three profiles as they may be in force, once for each possible order of precedence among the policies. */
export function profilesInForce({ local, managed }: Sources): EffectiveProfile[][] {
  return effectiveProfiles(local, 'unreadable' in managed ? [] : managed);
}

/**
 * What would be in force once the plan is carried out: every local rule off, ours and the seal on, block by default
 * both ways.
 */
export function planned({ local, managed }: Sources, policy: AllowList, seal: readonly Rule[] = []): Sources {
  const contained = { EnableFirewall: 1, DefaultInboundAction: 1, DefaultOutboundAction: 1, DoNotAllowExceptions: 0 };
  const settings = (name: ProfileName): ProfileSettings => ({ ...local.profiles[name], ...contained });
  const profiles = { domain: settings('domain'), private: settings('private'), public: settings('public') };
  const { demands } = local;
  const rules = [...rulesOf(policy), ...seal].map(storedForm);
  return { local: { source: 'local', profiles, rules, ...(demands === undefined ? {} : { demands }) }, managed };
}

/** `unknown`: it depends on something that cannot be seen from here. */
export type Reach = 'reachable' | 'lost' | 'unknown';

/** Whether the agent can reach a server in each profile, by what is in force now. */
export function serverReach(sources: Sources, policy: AllowList): Record<ProfileName, Reach> {
  const inForce = profilesInForce(sources);
  const reach = (name: ProfileName): Reach =>
    worst(
      inForce.flatMap((profiles) => profiles.filter((profile) => profile.name === name)),
      (profile) => serverReachIn(profile, policy),
    );
  return { domain: reach('domain'), private: reach('private'), public: reach('public') };
}

/** The profiles in which no server could be reached once the plan is carried out. */
export function serverLostProfiles(sources: Sources, policy: AllowList): ProfileName[] {
  const reach = serverReach(planned(sources, policy), policy);
  return profileNames.filter((name) => reach[name] === 'lost');
}

/** The range from which Windows takes the local ports of connections. */
export const ephemeral = { first: 49_152, last: 65_535 };

/** The names that the agent's service and program have in OSSEC and Wazuh. */
const agent = { services: ['OssecSvc', 'WazuhSvc'], programs: ['ossec-agent.exe', 'wazuh-agent.exe'] };

/** The agent needs one server that it can reach by one of its protocols. */
export function serverReachIn(profile: EffectiveProfile, { servers }: AllowList): Reach {
  const verdicts = servers.flatMap(({ address, port, protocols }) =>
    protocols.map((protocol) => {
      const ports = { localPort: ephemeral, remotePort: port };
      const flow: Flow = {
        direction: 'out',
        protocol: protocol === 'tcp' ? 6 : 17,
        ...ports,
        ...agent,
        remote: cidr(address),
      };
      return decide(profile, flow).verdict;
    }),
  );
  return reachOf(verdicts.includes('allowed') ? 'allowed' : verdicts.includes('unknown') ? 'unknown' : 'blocked');
}

function reachOf(verdict: Verdict): Reach {
  return ({ allowed: 'reachable', blocked: 'lost', unknown: 'unknown' } as const)[verdict];
}

function worst(profiles: readonly EffectiveProfile[], reachIn: (profile: EffectiveProfile) => Reach): Reach {
  const all = profiles.map(reachIn);
  return all.includes('lost') ? 'lost' : all.includes('unknown') ? 'unknown' : 'reachable';
}
