import { type AddressRange, type AddressSet, addressSet, everybody } from '../../policy/address-set';
import { isHandlerName } from '../../policy/rules';
import type { StoredRule } from './read/rule';

/** Whom the handlers' rules let in, whoever made them: the batch script, a person, or this program. */
export interface LetIn {
  readonly addresses: AddressSet;
  /** False where more may be let in: by a word that only Windows knows, or by a rule that is not understood. */
  readonly isAll: boolean;
}

export const nobodyLetIn: LetIn = { addresses: [], isAll: true };

/** Whom the active rules let in that have the names of a handler's; the script's own may name a list or a range. */
export function handlersLetIn(rules: readonly StoredRule[]): LetIn {
  const own = rules.filter(isHandlerRule);
  return {
    addresses: addressSet(own.flatMap(addressesOf)),
    isAll: own.every(
      ({ notUnderstood, remoteAddresses }) =>
        notUnderstood === undefined && remoteAddresses.every((item) => 'first' in item),
    ),
  };
}

export function isHandlerRule({ active, action, name }: StoredRule): boolean {
  return active && isHandlerName(name) && action === 'allow';
}

function addressesOf({ remoteAddresses, notUnderstood }: StoredRule): AddressSet {
  if (remoteAddresses.length === 0 && notUnderstood === undefined) return everybody;
  return remoteAddresses.filter((item): item is AddressRange => 'first' in item);
}
