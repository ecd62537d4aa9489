import { type AddressSet, addressSet } from '../../../policy/address-set';
import type { AllowList } from '../../../policy/allow-list';
import { batchScriptNames, isOurName, rulesOf } from '../../../policy/rules';
import { type AddressItem, coverMost } from './address-range';
import type { EffectiveProfile } from './effective';
import { LeftOpen, type Permitted } from './left-open';
import { findWanted, storedForm } from './rule';
import type { StoredPolicy } from './stored-policy';
import type { StoredRule } from './stored-rule';

/** What a profile lets through beyond what is permitted, block rules taken into account. */
export interface Doors {
  readonly profile: EffectiveProfile;
  /** Protocols that the default lets out, and in. */
  readonly out: readonly number[];
  readonly in: readonly number[];
  /**
   * Rules of policies (`imposed`) and local rules that are not ours (`foreign`). `ForAll`: for any program, to or from
   * everybody; the others are for fewer.
   */
  readonly imposedForAll: readonly StoredRule[];
  readonly imposed: readonly StoredRule[];
  readonly foreignForAll: readonly StoredRule[];
  readonly foreign: readonly StoredRule[];
  /** Rules with authenticated bypass, which no block rule stops. */
  readonly bypass: readonly StoredRule[];
  /** Rules that are not understood, and may do anything. */
  readonly odd: readonly StoredRule[];
}

/** The batch script's rules for ping do not prove that they are ours, but they are no door either. */
const pingNames: readonly string[] = batchScriptNames.slice(0, 2).map((name) => name.toLowerCase());

/** The batch script lets this protocol through. */
const icmpv4 = 1;

/** Whom a contained host may talk to, and which of the local rules are ours. */
export interface Yardstick {
  readonly permitted: Permitted;
  isOurs(rule: StoredRule): boolean;
}

/** Without an allow list to compare with, the rules that have our names serve instead. */
export function yardstickOf(local: StoredPolicy, allowList: AllowList | undefined): Yardstick {
  if (allowList === undefined) {
    const isOurs = ({ name }: StoredRule): boolean => isOurName(name) || pingNames.includes(name.toLowerCase());
    const rules = local.rules.filter((rule) => rule.active && isOurs(rule) && rule.action === 'allow');
    return { permitted: { rules, addresses: addressesIn(rules) }, isOurs };
  }
  const wanted = rulesOf(allowList);
  const { ours } = findWanted(wanted, local.rules);
  const addresses = addressSet([...allowList.servers.map(({ address }) => address), ...allowList.handlers]);
  // A contained host may talk with servers and handlers in any way, so their rules add nothing.
  const rules = wanted
    .filter(({ action, name }) => action === 'allow' && !batchScriptNames.slice(2).some((own) => own === name))
    .map(storedForm);
  return {
    permitted: { rules, addresses },
    isOurs: (rule) => ours.has(rule) || (rule.action === 'block' && isOurName(rule.name)),
  };
}

function addressesIn(rules: readonly StoredRule[]): AddressSet {
  return addressSet(rules.flatMap(({ remoteAddresses }) => remoteAddresses.filter((item) => 'first' in item)));
}

export function doorsIn(profile: EffectiveProfile, { permitted, isOurs }: Yardstick): Doors {
  const left = new LeftOpen(profile, permitted);
  // A local rule that is not ours is one too many, whoever it is for, unless it is wholly blocked.
  const unblocked = new LeftOpen(profile, { rules: [], addresses: [] });
  const found = { imposedForAll: [], imposed: [], foreignForAll: [], foreign: [], bypass: [], odd: [] } as Found;
  for (const { source, rule } of profile.rules) {
    const isForeign = source === 'local';
    if (isForeign && isOurs(rule)) continue;
    if (rule.notUnderstood !== undefined) {
      if (!isSurelyClosed(rule, left)) found.odd.push(rule);
    } else if (rule.action === 'bypass') {
      if (!isWithin(rule, permitted.addresses)) found.bypass.push(rule);
    } else if (rule.action === 'allow' && rule.protocol !== icmpv4) {
      if ((isForeign ? unblocked : left).isOpenedBy(rule))
        found[`${isForeign ? 'foreign' : 'imposed'}${isForAll(rule) ? 'ForAll' : ''}`].push(rule);
    }
  }
  return {
    profile,
    out: profile.outbound === 'allow' ? left.protocols('out') : [],
    in: profile.inbound === 'allow' ? left.protocols('in') : [],
    ...found,
  };
}

type Found = { [kind in Exclude<keyof Doors, 'profile' | 'in' | 'out'>]: StoredRule[] };

/** True for a rule that surely allows, where nothing is left that it could open. */
function isSurelyClosed({ raw, direction }: StoredRule, left: LeftOpen): boolean {
  if (/\|(action=bypass|authbypassout=)/i.test(raw)) return false;
  return /\|action=allow\|/i.test(raw) && /\|dir=(in|out)\|/i.test(raw) && left.protocols(direction).length === 0;
}

/** True when a rule lets through these addresses only, such as one that the domain made for its server. */
function isWithin({ remoteAddresses }: StoredRule, addresses: AddressSet): boolean {
  return remoteAddresses.length > 0 && remoteAddresses.every((item) => isOneOf(item, addresses));
}

function isOneOf(item: AddressItem, addresses: AddressSet): boolean {
  if ('keyword' in item) return false;
  return addresses.some(
    ({ family, first, last }) => family === item.family && first <= item.first && item.last <= last,
  );
}

/**
 * Fields that leave out most programs or most remote hosts; a user, an interface or a local address leaves out too
 * little.
 */
const narrow = new Set(['apppkgid', 'pfn', 'luown', 'security', 'rmauth', 'ruauth', 'ttk', 'securityrealmid']);

/** True for a rule for any program, over TCP, UDP or every protocol, with nearly everybody. A single port is enough. */
function isForAll(rule: StoredRule): boolean {
  return (
    ['any', 6, 17].includes(rule.protocol) &&
    (rule.remoteAddresses.length === 0 || isEverybody(rule.remoteAddresses)) &&
    rule.app === undefined &&
    rule.service === undefined &&
    !rule.restrictions.some((name) => narrow.has(name))
  );
}

/** The word `internet` leaves out nobody that matters. */
function isEverybody(items: readonly AddressItem[]): boolean {
  return items.some((item) => 'keyword' in item && item.keyword === 'internet') || coverMost(items);
}
