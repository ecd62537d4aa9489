import { type Address, cidr } from '../../../policy/address';
import { rangeOf } from '../../../policy/address-set';
import type { AllowEntry } from '../../../policy/allow-entry';
import { entryText } from '../../../policy/allow-entry';
import { everyPort, type Ports, portSpace, portsText } from '../../../policy/ports';
import { protocolNumber } from '../../../policy/rule';
import { complement, merge } from '../../../policy/runs';
import type { EffectiveProfile, SourcedRule } from './effective';
import { decide } from './evaluate';
import { type Box, boxesOf, type Lane, meet, without } from './lanes';
import { blocksSurely } from './left-open';
import { ephemeral } from './reach';
import { type StoredRule, soleRemote } from './rule';

/**
 * The handlers that cannot come in by TCP, for people, with the ports where some of them are open. Rules for single
 * programs keep nobody out. There may be hundreds of handlers, with rules for each, so rules for one other host are not
 * looked at.
 */
export function handlersKeptOut(profile: EffectiveProfile, handlers: readonly Address[]): string[] {
  const rules = profile.rules.filter(({ rule }) => ['any', 6].includes(rule.protocol) && mayBeFor(rule, 'in'));
  const byHost = new Map<string, SourcedRule[]>();
  const broad: SourcedRule[] = [];
  for (const sourced of rules) {
    const remote = soleRemote(sourced.rule);
    const isHost = remote !== undefined && /\.\d+\/32$|:[^/]*\/128$/.test(remote);
    if (!isHost) broad.push(sourced);
    else if (byHost.has(remote)) byHost.get(remote)?.push(sourced);
    else byHost.set(remote, [sourced]);
  }
  const blocked = new Blocked(profile);
  return handlers.flatMap((handler) => {
    const near = { ...profile, rules: [...(byHost.get(cidr(handler)) ?? []), ...broad] };
    const flow = { direction: 'in', protocol: 6, localPort: everyPort, remotePort: ephemeral } as const;
    if (decide(near, { ...flow, remote: cidr(handler) }).verdict === 'blocked') return [cidr(handler)];
    const lane = { direction: 'in', protocol: 6, family: handler.family } as const;
    return onPorts(cidr(handler), 'TCP', blocked.ports(lane, handler, 'near'));
  });
}

function mayBeFor({ direction, notUnderstood }: StoredRule, wanted: 'in' | 'out'): boolean {
  return direction === wanted || notUnderstood !== undefined;
}

/** The entries of the settings that block rules keep out, for people. */
export function entriesKeptOut(profile: EffectiveProfile, entries: readonly AllowEntry[]): string[] {
  const blocked = new Blocked(profile);
  return entries.filter((entry) => isKeptOut(blocked, entry)).map(entryText);
}

function isKeptOut(blocked: Blocked, { address, direction, protocol, ports }: AllowEntry): boolean {
  const number = protocol === 'icmp' ? protocolNumber(`icmpv${address.family}`) : protocolNumber(protocol);
  const ways = direction === 'both' ? (['in', 'out'] as const) : [direction];
  return ways.some((way) => {
    const lane = { direction: way, protocol: number, family: address.family };
    const found = blocked.ports(lane, address, way === 'in' ? 'near' : 'far');
    const wanted = ports.length === 0 ? [everyPort] : ports;
    return found.some((one) => wanted.some(({ first, last }) => one.first <= last && first <= one.last));
  });
}

/** More parts of block rules than this are not looked at for one address. */
const mostBoxes = 300;

/** What the block rules of a profile surely block, whatever store they come from. */
class Blocked {
  private readonly boxes = new Map<string, readonly Box[]>();

  constructor(private readonly profile: EffectiveProfile) {}

  /** Those ports on this host (`near`), or on the other, on which nothing of the address is left. */
  ports(lane: Lane, address: Address, side: 'near' | 'far'): Ports {
    const whole: Box = { remote: rangeOf(address), near: everyPort, far: everyPort };
    const left = this.in(lane)
      .filter((box) => meet(box, whole))
      .slice(0, mostBoxes)
      .reduce<Box[]>((boxes, box) => without(boxes, box), [whole]);
    const open = merge(
      left.map((box) => box[side]),
      portSpace,
    );
    return complement(open, portSpace);
  }

  private in(lane: Lane): readonly Box[] {
    const key = `${lane.direction} ${lane.protocol} ${lane.family}`;
    let found = this.boxes.get(key);
    if (found === undefined) {
      found = this.profile.rules
        .filter((sourced) => blocksSurely(sourced) && sourced.rule.direction === lane.direction)
        .flatMap(({ rule }) => boxesOf(rule, lane, 'surely'));
      this.boxes.set(key, found);
    }
    return found;
  }
}

/** A message lists so many ports and ranges at most. */
const mostPorts = 10;

function onPorts(who: string, protocol: string, ports: Ports): string[] {
  if (ports.length === 0) return [];
  const more = ports.length > mostPorts ? ` and ${ports.length - mostPorts} more` : '';
  return [`${who} on ${protocol} ${portsText(ports.slice(0, mostPorts))}${more}`];
}
