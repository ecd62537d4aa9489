import { isOurName } from '../../policy/rules';
import { profileNames, type StoredPolicy } from './read/stored-policy';

/** True when an active rule is one that only this program or the batch script makes. */
export function hasOurRules({ rules }: StoredPolicy): boolean {
  return rules.some(({ active, name }) => active && isOurName(name));
}

/** True when the local store itself says of every profile that the firewall is on. */
export function isSwitchedOn({ profiles }: StoredPolicy): boolean {
  return profileNames.every((name) => profiles[name].EnableFirewall === 1);
}

/** True when the local store itself says of every profile that both directions are blocked by default. */
export function blocksByDefault({ profiles }: Pick<StoredPolicy, 'profiles'>): boolean {
  return profileNames.every(
    (name) => profiles[name].DefaultInboundAction === 1 && profiles[name].DefaultOutboundAction === 1,
  );
}

/** True when no profile of the policy, once it is switched on, would block outbound what no rule allows. */
export function isOpenOutward({ profiles }: StoredPolicy): boolean {
  return profileNames.every((name) => profiles[name].DefaultOutboundAction !== 1);
}
