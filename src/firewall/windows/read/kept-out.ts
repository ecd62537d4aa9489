import { type Address, cidr } from '../../../policy/address';
import { rangeOf } from '../../../policy/address-set';
import { type AllowEntry, entryText } from '../../../policy/allow-entry';
import type { AllowList } from '../../../policy/allow-list';
import { everyPort, type Ports, portSpace, portsText } from '../../../policy/ports';
import { protocolNumber } from '../../../policy/rule';
import { complement, merge } from '../../../policy/runs';
import type { EffectiveProfile, SourcedRule } from './effective';
import { decideBy, type Matches, matchRules } from './evaluate';
import { type Box, boxesOf, type Lane } from './lanes';
import { blocksSurely } from './left-open';
import { ephemeral } from './reach';
import { soleRemote } from './rule';
import { Stretches } from './stretches';

/** How a handler and a contained host may talk: either may speak first. */
const ways = [
  { direction: 'in', protocol: 'tcp' },
  { direction: 'in', protocol: 'udp' },
  { direction: 'out', protocol: 'tcp' },
  { direction: 'out', protocol: 'udp' },
] as const;
type Way = (typeof ways)[number];

/** What rules say of one way of a handler. */
interface WaySeen {
  readonly way: Way;
  readonly matches: Matches;
  /** Where block rules surely leave nothing: ports of this host for what comes in, of the handler for what goes out. */
  readonly blocked: Ports;
}

/** What the rules of a profile say of those who are let through, whatever its settings are. */
interface Seen {
  readonly handlers: readonly { readonly who: string; readonly ways: readonly WaySeen[] }[];
  readonly entries: readonly string[];
}

/**
 * Who of the allow list is kept out in a profile, for people. Where profiles have the same rules, these are looked
 * through once: there may be thousands, and a hundred handlers and entries.
 */
export class KeptOut {
  private readonly seen = new Map<EffectiveProfile['rules'], Seen>();

  constructor(private readonly allowList: AllowList) {}

  /**
   * The handlers: `192.0.2.50/32` where a handler can talk in no way, else in which way it cannot, and on which ports
   * where some are open. Single ports count only where a handler comes in by TCP: many policies close a port outward,
   * or one for UDP, that nobody needs to look at a host. Rules for single programs keep nobody out. What "block all
   * connections" keeps out is left aside: that has a gap of its own.
   */
  handlersIn(profile: EffectiveProfile): string[] {
    if (!profile.enforced) return [];
    return this.seenIn(profile).handlers.flatMap(({ who, ways: all }) => {
      const counted = all.filter(({ way }) => way.direction === 'out' || !profile.shieldsUp);
      return keptOut(
        who,
        counted.map(({ way, matches, blocked }) => {
          const isBlocked = decideBy(profile, way.direction, matches).verdict === 'blocked';
          return { way, ports: isBlocked ? [everyPort] : blocked };
        }),
      );
    });
  }

  /** The entries of the settings that block rules stop. */
  entriesIn(profile: EffectiveProfile): readonly string[] {
    return this.seenIn(profile).entries;
  }

  private seenIn({ rules }: EffectiveProfile): Seen {
    const seen = this.seen.get(rules) ?? lookThrough(rules, this.allowList);
    this.seen.set(rules, seen);
    return seen;
  }
}

function lookThrough(rules: readonly SourcedRule[], { handlers, entries = [] }: AllowList): Seen {
  const blocked = new Blocked(rules);
  const byWay = ways.map((way) => ({ way, near: new RulesByHost(rules, way) }));
  const seenBy = (handler: Address): WaySeen[] =>
    byWay.map(({ way, near }) => {
      const [localPort, remotePort] = way.direction === 'in' ? [everyPort, ephemeral] : [ephemeral, everyPort];
      const lane = { direction: way.direction, protocol: protocolNumber(way.protocol), family: handler.family };
      const who = cidr(handler);
      const matches = matchRules(near.of(who), { ...lane, localPort, remotePort, remote: who });
      return { way, matches, blocked: blocked.ports(lane, handler) };
    });
  return {
    handlers: handlers.map((handler) => ({ who: cidr(handler), ways: seenBy(handler) })),
    entries: entries.filter((entry) => isKeptOut(blocked, entry)).map(entryText),
  };
}

/**
 * The rules that may be for a way. There may be rules for each of hundreds of handlers, so those for one host are found
 * by its address.
 */
class RulesByHost {
  private readonly byHost = new Map<string, SourcedRule[]>();
  private readonly broad: SourcedRule[] = [];

  constructor(rules: readonly SourcedRule[], { direction, protocol }: Way) {
    for (const sourced of rules) {
      const { rule } = sourced;
      if (rule.direction !== direction && rule.notUnderstood === undefined) continue;
      if (rule.protocol !== 'any' && rule.protocol !== protocolNumber(protocol)) continue;
      const remote = soleRemote(rule);
      const isHost = remote !== undefined && /\.\d+\/32$|:[^/]*\/128$/.test(remote);
      if (!isHost) this.broad.push(sourced);
      else if (this.byHost.has(remote)) this.byHost.get(remote)?.push(sourced);
      else this.byHost.set(remote, [sourced]);
    }
  }

  /** `who`: `address/prefix`. */
  of(who: string): SourcedRule[] {
    return [...(this.byHost.get(who) ?? []), ...this.broad];
  }
}

function isKeptOut(blocked: Blocked, { address, direction, protocol, ports }: AllowEntry): boolean {
  const number = protocolNumber(protocol === 'icmp' ? `icmpv${address.family}` : protocol);
  const wanted = ports.length === 0 ? [everyPort] : ports;
  return (direction === 'both' ? (['in', 'out'] as const) : [direction]).some((way) => {
    const found = blocked.ports({ direction: way, protocol: number, family: address.family }, address);
    return found.some((one) => wanted.some(({ first, last }) => one.first <= last && first <= one.last));
  });
}

/** More parts of block rules than this are not looked at for one address. */
const mostBoxes = 300;

/** What block rules surely block, whatever store they come from. */
class Blocked {
  private readonly boxes = new Map<string, Stretches>();

  constructor(private readonly rules: readonly SourcedRule[]) {}

  /** The ports on which nothing of the address is left: our own for what comes in, the other's for what goes out. */
  ports(lane: Lane, address: Address): Ports {
    const every = { near: everyPort, far: everyPort };
    const side = lane.direction === 'in' ? 'near' : 'far';
    const open = merge(
      this.in(lane)
        .leftOf([rangeOf(address)], every, mostBoxes)
        .map((box) => box[side]),
      portSpace,
    );
    return complement(open, portSpace);
  }

  private in(lane: Lane): Stretches {
    const key = `${lane.direction} ${lane.protocol} ${lane.family}`;
    const known = this.boxes.get(key) ?? new Stretches(this.workOut(lane));
    this.boxes.set(key, known);
    return known;
  }

  private workOut(lane: Lane): Box[] {
    return this.rules
      .filter((sourced) => blocksSurely(sourced) && sourced.rule.direction === lane.direction)
      .flatMap(({ rule }) => boxesOf(rule, lane, 'surely'));
  }
}

/** A message lists so many ports and ranges at most. */
const mostPorts = 10;

function keptOut(who: string, seen: readonly { readonly way: Way; readonly ports: Ports }[]): string[] {
  const kept = seen.filter(({ way, ports }) => (isToComeIn(way) ? ports.length > 0 : isEvery(ports)));
  if (kept.length === ways.length && kept.every(({ ports }) => isEvery(ports))) return [who];
  return kept.map(({ way: { direction, protocol }, ports }) => `${who} ${direction} ${protocol}${portsIn(ports)}`);
}

function isToComeIn({ direction, protocol }: Way): boolean {
  return direction === 'in' && protocol === 'tcp';
}

function isEvery(ports: Ports): boolean {
  return portsText(ports) === portsText([everyPort]);
}

function portsIn(ports: Ports): string {
  if (isEvery(ports)) return '';
  const more = ports.length > mostPorts ? ` and ${ports.length - mostPorts} more` : '';
  return ` ${portsText(ports.slice(0, mostPorts))}${more}`;
}
