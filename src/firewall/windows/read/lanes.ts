import { type AddressRange, addressSpace } from '../../../policy/address-set';
import { everyPort } from '../../../policy/ports';
import type { Run } from '../../../policy/runs';
import type { AddressItem } from './address-range';
import type { PortItem } from './rule-items';
import type { StoredRule } from './stored-rule';

/** All flows of one direction, IANA protocol number and family of addresses. */
export interface Lane {
  readonly direction: 'in' | 'out';
  readonly protocol: number;
  readonly family: 4 | 6;
}

/**
 * Flows of a lane by their remote addresses, near and far ports. For ICMPv6 the types stand in place of the near ports.
 */
export interface Box {
  readonly remote: Run<bigint>;
  readonly near: Run<number>;
  readonly far: Run<number>;
}

const icmpv6 = 58;
const everyType = { first: 0, last: 255 };
/** Of the ICMPv6 types only these can carry any data; no ordinary program answers the others. */
const echoTypes = { first: 128, last: 129 };

/**
 * The protocols that carry data off a host, and that block rules therefore close: TCP, UDP, ping for IPv6, and the
 * protocols of tunnels. ICMPv4 is left out: the batch script lets it through.
 */
export const carriers = [6, 17, icmpv6, 4, 41, 47, 50, 51, 115, 132, 136] as const;

export function lanesOf(direction: Lane['direction'], protocols: readonly number[]): Lane[] {
  return protocols.flatMap((protocol) =>
    (protocol === icmpv6 ? [6 as const] : [4 as const, 6 as const]).map((family) => ({ direction, protocol, family })),
  );
}

/** All flows of a lane that can carry data. */
export function wholeLane({ protocol, family }: Lane): Box {
  const near = protocol === icmpv6 ? echoTypes : everyPort;
  return { remote: addressSpace(family), near, far: everyPort };
}

/** Every flow of a lane. */
export function everyFlow(lane: Lane): Box {
  return lane.protocol === icmpv6 ? { ...wholeLane(lane), near: everyType } : wholeLane(lane);
}

/**
 * A rule may list 1,000 addresses and twice as many ports. With more combinations than this it counts as one for
 * nothing, or for every port, whichever is the worse.
 */
const mostBoxes = { surely: 1_000, perhaps: 10_000 };

/**
 * The flows of a lane that a rule is for, whatever its action, direction and profiles. Only Windows knows what some
 * words in rules stand for: `surely` leaves out what depends on such a word, `perhaps` takes in all that it could stand
 * for.
 */
export function boxesOf(rule: StoredRule, lane: Lane, certainty: 'surely' | 'perhaps'): Box[] {
  if (rule.protocol !== 'any' && rule.protocol !== lane.protocol) return [];
  const remotes = remotesOf(rule.remoteAddresses, lane.family, certainty);
  const [near, far] = lane.protocol === icmpv6 ? [typesOf(rule, certainty), [everyPort]] : portsOf(rule, certainty);
  if (remotes.length * near.length * far.length > mostBoxes[certainty])
    return certainty === 'surely' ? [] : remotes.map((remote) => ({ ...everyFlow(lane), remote }));
  return remotes.flatMap((remote) => near.flatMap((one) => far.map((other) => ({ remote, near: one, far: other }))));
}

function remotesOf(items: readonly AddressItem[], family: 4 | 6, certainty: 'surely' | 'perhaps'): Run<bigint>[] {
  if (items.length === 0) return [addressSpace(family)];
  const own = items.filter((item) => item.family === family);
  if (certainty === 'perhaps' && own.some((item) => 'keyword' in item)) return [addressSpace(family)];
  return own.filter((item): item is AddressRange => 'first' in item);
}

function portsOf(rule: StoredRule, certainty: 'surely' | 'perhaps'): [Run<number>[], Run<number>[]] {
  const runs = (items: readonly PortItem[]): Run<number>[] => {
    if (items.length === 0) return [everyPort];
    if (certainty === 'perhaps' && items.some((item) => typeof item === 'string')) return [everyPort];
    return items.filter((item) => typeof item !== 'string');
  };
  return [runs(rule.localPorts), runs(rule.remotePorts)];
}

function typesOf({ protocol, icmpTypes }: StoredRule, certainty: 'surely' | 'perhaps'): Run<number>[] {
  if (protocol === 'any') return [certainty === 'perhaps' ? echoTypes : everyType];
  if (icmpTypes.length === 0) return [everyType];
  const wanted = icmpTypes.filter(({ code }) => certainty === 'perhaps' || code === 'any');
  return wanted.map(({ type }) => ({ first: type, last: type }));
}

/**
 * The parts of a box that lie outside all of these, which hold all of its addresses. Most of them are about the ports
 * of one end alone, and a set of ports can be taken out at once.
 */
export function without(box: Box, taken: readonly Box[]): Box[] {
  const nears: Run<number>[] = [];
  const fars: Run<number>[] = [];
  const both: Box[] = [];
  for (const one of taken) {
    if (contains(one.near, box.near)) fars.push(one.far);
    else if (contains(one.far, box.far)) nears.push(one.near);
    else both.push(one);
  }
  const farsLeft = outside(box.far, fars);
  const left = outside(box.near, nears).flatMap((near) => farsLeft.map((far) => ({ ...box, near, far })));
  return both.reduce((parts, one) => parts.flatMap((part) => (meet(part, one) ? beside(part, one) : [part])), left);
}

/** True when some flow lies in both. Ports come first: they are the quickest to compare. */
export function meet(a: Box, b: Box): boolean {
  return overlap(a.near, b.near) && overlap(a.far, b.far) && overlap(a.remote, b.remote);
}

function overlap<T>(a: Run<T>, b: Run<T>): boolean {
  return a.first <= b.last && b.first <= a.last;
}

/** What is left of a box when the part that lies in another is cut out: beside it by near, then by far port. */
function beside(box: Box, taken: Box): Box[] {
  const near = { first: Math.max(box.near.first, taken.near.first), last: Math.min(box.near.last, taken.near.last) };
  return [
    ...outside(box.near, [taken.near]).map((other) => ({ ...box, near: other })),
    ...outside(box.far, [taken.far]).map((far) => ({ ...box, near, far })),
  ];
}

/** What is left of a run outside of others. */
function outside({ first, last }: Run<number>, taken: readonly Run<number>[]): Run<number>[] {
  const left: Run<number>[] = [];
  let from = first;
  for (const one of taken.toSorted((a, b) => a.first - b.first)) {
    if (one.first > last) break;
    if (one.first > from) left.push({ first: from, last: one.first - 1 });
    if (one.last >= from) from = one.last + 1;
  }
  return from <= last ? [...left, { first: from, last }] : left;
}

/** True when all of a run lies in another. */
export function contains(outer: Run<number>, inner: Run<number>): boolean {
  return outer.first <= inner.first && inner.last <= outer.last;
}
