import { type AddressSet, addressSet, ofFamily, otherAddresses } from '../../../policy/address-set';
import { isOurName } from '../../../policy/rules';
import type { Run } from '../../../policy/runs';
import type { EffectiveProfile, SourcedRule } from './effective';
import { type Box, boxesOf, carriers, everyFlow, type Lane, lanesOf, meet, wholeLane, without } from './lanes';
import type { StoredRule } from './stored-rule';

/** Whom a contained host may talk to. */
export interface Permitted {
  /** Rules that allow. */
  readonly rules: readonly StoredRule[];
  /** With these it may talk in any way. */
  readonly addresses: AddressSet;
}

/**
 * Block rules of others beyond this number are not looked at, nor is more of them than so many boxes in a lane: to
 * ignore a block is to err on the safe side.
 */
const mostForeignBlocks = 200;
const mostForeignBoxes = 300;

/** 127.0.0.0/8 and ::/127. Nothing of it leaves the host. */
const loopback: AddressSet = [
  { family: 4, first: 0x7f00_0000n, last: 0x7fff_ffffn },
  { family: 6, first: 0n, last: 1n },
];

/**
 * What the block rules of a profile leave open beyond what is permitted. Whether something opens it, an allow rule or
 * the default, is another question.
 */
export class LeftOpen {
  private readonly ownBlocks: readonly StoredRule[];
  private readonly otherBlocks: readonly StoredRule[];
  private readonly free: AddressSet;
  private readonly known = new Map<string, readonly Stretch[]>();

  constructor(
    private readonly profile: EffectiveProfile,
    private readonly permitted: Permitted,
  ) {
    const blocking = profile.rules.filter(blocksSurely);
    this.ownBlocks = blocking.filter(isOurs).map(({ rule }) => rule);
    const others = blocking.filter((rule) => !isOurs(rule)).map(({ rule }) => rule);
    this.otherBlocks = others.slice(0, mostForeignBlocks);
    this.free = addressSet([...permitted.addresses, ...loopback]);
  }

  /** The protocols that carry and of which something is left. */
  protocols(direction: Lane['direction']): number[] {
    const isLeft = (lane: Lane): boolean => meetsOne(wholeLane(lane), this.in(lane));
    return carriers.filter((protocol) => lanesOf(direction, [protocol]).some(isLeft));
  }

  /** True when an allow rule opens something that is left. */
  isOpenedBy(rule: StoredRule): boolean {
    const protocols = rule.protocol === 'any' ? carriers : [rule.protocol];
    return lanesOf(rule.direction, protocols).some((lane) => {
      const left = this.in(lane, this.excusesDhcp(rule));
      return left.length > 0 && boxesOf(rule, lane, 'perhaps').some((box) => meetsOne(box, left));
    });
  }

  /**
   * DHCP has to work, but a rule that is not for its service alone opens its ports to every program. A seal has closed
   * them already, but for the servers.
   */
  private excusesDhcp({ service }: StoredRule): boolean {
    return service?.toLowerCase() === 'dhcp' || this.ownBlocks.length > 0;
  }

  private in(lane: Lane, excusesDhcp = true): readonly Stretch[] {
    const key = `${lane.direction} ${lane.protocol} ${lane.family} ${excusesDhcp}`;
    const known = this.known.get(key) ?? inStretches(this.workOut(lane, excusesDhcp));
    this.known.set(key, known);
    return known;
  }

  private workOut(lane: Lane, excusesDhcp: boolean): readonly Box[] {
    if (lane.direction === 'in' && this.profile.surelyShieldsUp) return [];
    const every = everyFlow(lane);
    const taken = [...this.taken(lane, excusesDhcp)];
    // Most boxes are about addresses alone, and a set of addresses can be taken out at once.
    const isWhole = ({ near, far }: Box): boolean => contains(near, every.near) && contains(far, every.far);
    const others = boxesIn(this.otherBlocks, lane);
    const wholly = [...taken, ...others].filter(isWhole);
    const isPart = (box: Box): boolean => !isWhole(box);
    const partly = [...taken.filter(isPart), ...others.filter(isPart).slice(0, mostForeignBoxes)];
    const addresses = addressSet([...this.free, ...wholly.map(({ remote }) => ({ family: lane.family, ...remote }))]);
    let left = ofFamily(otherAddresses(addresses), lane.family).map(
      ({ first, last }): Box => ({ ...every, remote: { first, last } }),
    );
    for (const box of partly) if (left.length > 0) left = without(left, box);
    return left;
  }

  /** What is permitted and what is blocked, without the addresses that the host may talk to in any way. */
  private *taken(lane: Lane, excusesDhcp: boolean): Generator<Box> {
    const { rules } = this.permitted;
    for (const rule of rules)
      if (rule.direction === lane.direction && (excusesDhcp || rule.service === undefined))
        yield* boxesOf(rule, lane, 'perhaps');
    if (lane.protocol === 17 && excusesDhcp) yield dhcpBox(lane);
    yield* boxesIn(this.ownBlocks, lane);
  }
}

/** What block rules surely block in a lane. */
function boxesIn(blocks: readonly StoredRule[], lane: Lane): Box[] {
  return blocks
    .filter(({ direction }) => direction === lane.direction)
    .flatMap((rule) => boxesOf(rule, lane, 'surely'));
}

/** A run of addresses that no box outside it touches, and the boxes in it. */
interface Stretch extends Run<bigint> {
  readonly boxes: readonly Box[];
}

function inStretches(boxes: readonly Box[]): Stretch[] {
  const stretches: { first: bigint; last: bigint; boxes: Box[] }[] = [];
  for (const box of boxes.toSorted((a, b) => (a.remote.first < b.remote.first ? -1 : 1))) {
    const { first, last } = box.remote;
    const before = stretches.at(-1);
    if (before === undefined || first > before.last) stretches.push({ first, last, boxes: [box] });
    else {
      before.boxes.push(box);
      if (last > before.last) before.last = last;
    }
  }
  return stretches;
}

/**
 * True when the box meets a stretch. There may be many rules and many stretches, so the stretch is found by halving.
 */
function meetsOne(box: Box, stretches: readonly Stretch[]): boolean {
  let [low, high] = [0, stretches.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((stretches[middle]?.last ?? 0n) < box.remote.first) low = middle + 1;
    else high = middle;
  }
  for (let index = low; index < stretches.length; index++) {
    const stretch = stretches[index];
    if (stretch === undefined || stretch.first > box.remote.last) return false;
    if (stretch.boxes.some((other) => meet(box, other))) return true;
  }
  return false;
}

function contains(outer: Run<number>, inner: Run<number>): boolean {
  return outer.first <= inner.first && inner.last <= outer.last;
}

/** The ports of DHCP, near and far: without them the address is lost. */
function dhcpBox(lane: Lane): Box {
  const [near, far] = lane.family === 4 ? [68, 67] : [546, 547];
  return { ...everyFlow(lane), near: { first: near, last: near }, far: { first: far, last: far } };
}

/**
 * True when a rule surely blocks. Unknown fields do not count in rules of ours: a later Windows may write them into
 * every rule.
 */
export function blocksSurely({ source, rule }: SourcedRule): boolean {
  return (
    rule.action === 'block' &&
    rule.notUnderstood === undefined &&
    rule.app === undefined &&
    rule.service === undefined &&
    rule.localAddresses.length + rule.restrictions.length === 0 &&
    (rule.unknownFields.length === 0 || isOurs({ source, rule }))
  );
}

function isOurs({ source, rule }: SourcedRule): boolean {
  return source === 'local' && isOurName(rule.name);
}
