import { isOurName } from '../../policy/rules';
import { profileNames, type StoredPolicy } from './read/stored-policy';

/** True when a rule is active that only this program or the batch script makes. */
export function hasOurRules({ rules }: StoredPolicy): boolean {
  return rules.some(({ active, name }) => active && isOurName(name));
}

/** True when the local store switches the firewall on in every profile, in so many words. */
export function isSwitchedOn({ profiles }: StoredPolicy): boolean {
  return profileNames.every((name) => profiles[name].EnableFirewall === 1);
}

/** True when the local store blocks both ways by default in every profile, in so many words. */
export function blocksByDefault({ profiles }: Pick<StoredPolicy, 'profiles'>): boolean {
  return profileNames.every(
    (name) => profiles[name].DefaultInboundAction === 1 && profiles[name].DefaultOutboundAction === 1,
  );
}

/** True when no profile of the policy, switched on, would hold back what no rule allows out. */
export function isOpenOutward({ profiles }: StoredPolicy): boolean {
  return profileNames.every((name) => profiles[name].DefaultOutboundAction !== 1);
}
