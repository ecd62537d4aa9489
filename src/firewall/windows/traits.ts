import { isOurName } from '../../policy/rules';
import { type FirewallPolicy, profileNames } from './read/stored-policy';

/** True when a rule is active that only this program or the batch script makes. */
export function hasOurRules({ rules }: FirewallPolicy): boolean {
  return rules.some(({ active, name }) => active && isOurName(name));
}

/** True when the local store switches the firewall on in every profile, in so many words. */
export function isSwitchedOn({ profiles }: FirewallPolicy): boolean {
  return profileNames.every((name) => profiles[name].EnableFirewall === 1);
}

/** True when the local store blocks both ways by default in every profile, in so many words. */
export function blocksByDefault({ profiles }: Pick<FirewallPolicy, 'profiles'>): boolean {
  return profileNames.every(
    (name) => profiles[name].DefaultInboundAction === 1 && profiles[name].DefaultOutboundAction === 1,
  );
}

/** True when no profile of the policy, switched on, would hold back what no rule allows out. */
export function isOpenOutward({ profiles }: FirewallPolicy): boolean {
  return profileNames.every((name) => profiles[name].DefaultOutboundAction !== 1);
}
