import { type AddressSet, addressSet } from '../../../policy/address-set';
import type { AllowList } from '../../../policy/allow-list';
import { batchScriptNames, isHandlerName, isOurName, rulesOf } from '../../../policy/rules';
import { type AddressItem, coverMost } from './address-range';
import type { EffectiveProfile } from './effective';
import { type LeftOpen, LeftOpenByProfile, type Permitted } from './left-open';
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
interface Yardstick {
  readonly permitted: Permitted;
  isOurs(rule: StoredRule): boolean;
}

/** Without an allow list to compare with, the rules that have our names serve instead. */
function yardstickOf(local: StoredPolicy, allowList: AllowList | undefined): Yardstick {
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
  // A rule of the batch script for several handlers at once counts as one for each of them.
  const handlers = addressSet(allowList.handlers);
  const isForHandlers = (rule: StoredRule): boolean =>
    isHandlerName(rule.name) && rule.action === 'allow' && rule.notUnderstood === undefined && isWithin(rule, handlers);
  return {
    permitted: { rules, addresses },
    isOurs: (rule) => ours.has(rule) || isForHandlers(rule) || (rule.action === 'block' && isOurName(rule.name)),
  };
}

function addressesIn(rules: readonly StoredRule[]): AddressSet {
  return addressSet(rules.flatMap(({ remoteAddresses }) => remoteAddresses.filter((item) => 'first' in item)));
}

type Found = Omit<Doors, 'profile' | 'in' | 'out'>;

/**
 * Finds what profiles let through. Where they have the same rules these are looked through once: there may be
 * thousands, and profiles in a hundred ways.
 */
export class DoorFinder {
  private readonly yardstick: Yardstick;
  private readonly left: LeftOpenByProfile;
  /** A local rule that is not ours is one too many, whoever it is for, unless it is wholly blocked. */
  private readonly unblocked = new LeftOpenByProfile({ rules: [], addresses: [] });
  private readonly known = new Map<LeftOpen, Map<EffectiveProfile['rules'], Found>>();

  constructor(local: StoredPolicy, allowList: AllowList | undefined) {
    this.yardstick = yardstickOf(local, allowList);
    this.left = new LeftOpenByProfile(this.yardstick.permitted);
  }

  in(profile: EffectiveProfile): Doors {
    const left = this.left.in(profile);
    return {
      profile,
      out: profile.outbound === 'allow' ? left.protocols('out') : [],
      in: profile.inbound === 'allow' ? left.protocols('in') : [],
      ...this.foundIn(profile, left),
    };
  }

  private foundIn(profile: EffectiveProfile, left: LeftOpen): Found {
    const byRules = this.known.get(left) ?? new Map<EffectiveProfile['rules'], Found>();
    this.known.set(left, byRules);
    const found = byRules.get(profile.rules) ?? this.lookThrough(profile, left);
    byRules.set(profile.rules, found);
    return found;
  }

  private lookThrough(profile: EffectiveProfile, left: LeftOpen): Found {
    const { isOurs, permitted } = this.yardstick;
    const unblocked = this.unblocked.in(profile);
    const found = { imposedForAll: [], imposed: [], foreignForAll: [], foreign: [], bypass: [], odd: [] } as Lists;
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
    return found;
  }
}

type Lists = { [kind in keyof Found]: StoredRule[] };

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
