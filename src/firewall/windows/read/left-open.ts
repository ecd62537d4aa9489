import { type AddressSet, addressSet, ofFamily, otherAddresses } from '../../../policy/address-set';
import { isOurName } from '../../../policy/rules';
import type { EffectiveProfile, SourcedRule } from './effective';
import { type Box, boxesOf, carriers, contains, everyFlow, type Lane, lanesOf, wholeLane } from './lanes';
import type { StoredRule } from './stored-rule';
import { Stretches } from './stretches';

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

/** The rules that surely block in a profile. */
interface Blocks {
  readonly own: readonly StoredRule[];
  readonly others: readonly StoredRule[];
  /** "Block all connections" surely counts. */
  readonly shieldsUp: boolean;
}

function blocksIn({ rules, surelyShieldsUp }: EffectiveProfile): Blocks {
  const blocking = rules.filter(blocksSurely);
  const others = blocking.filter((rule) => !isOurs(rule)).slice(0, mostForeignBlocks);
  const own = blocking.filter(isOurs);
  return { own: own.map(({ rule }) => rule), others: others.map(({ rule }) => rule), shieldsUp: surelyShieldsUp };
}

/** To work out what is left takes most of the time of a judgement, and most profiles have the same block rules. */
export class LeftOpenByProfile {
  private readonly known: { readonly blocks: Blocks; readonly left: LeftOpen }[] = [];

  constructor(private readonly permitted: Permitted) {}

  in(profile: EffectiveProfile): LeftOpen {
    const blocks = blocksIn(profile);
    const before = this.known.find((one) => isSame(one.blocks, blocks));
    if (before !== undefined) return before.left;
    const left = new LeftOpen(blocks, this.permitted);
    this.known.push({ blocks, left });
    return left;
  }
}

function isSame(a: Blocks, b: Blocks): boolean {
  return a.shieldsUp === b.shieldsUp && areSame(a.own, b.own) && areSame(a.others, b.others);
}

function areSame<T>(a: readonly T[], b: readonly T[]): boolean {
  return a.length === b.length && a.every((one, index) => one === b[index]);
}

/**
 * What block rules leave open beyond what is permitted. Whether something opens it, an allow rule or the default, is
 * another question.
 */
export class LeftOpen {
  private readonly free: AddressSet;
  private readonly known = new Map<string, Stretches>();

  constructor(
    private readonly blocks: Blocks,
    private readonly permitted: Permitted,
  ) {
    this.free = addressSet([...permitted.addresses, ...loopback]);
  }

  /** The protocols that carry and of which something is left. */
  protocols(direction: Lane['direction']): number[] {
    const isLeft = (lane: Lane): boolean => this.in(lane).meets(wholeLane(lane));
    return carriers.filter((protocol) => lanesOf(direction, [protocol]).some(isLeft));
  }

  /** True when an allow rule opens something that is left. */
  isOpenedBy(rule: StoredRule): boolean {
    const protocols = rule.protocol === 'any' ? carriers : [rule.protocol];
    return lanesOf(rule.direction, protocols).some((lane) => {
      const left = this.in(lane, this.excusesDhcp(rule));
      return !left.isEmpty && boxesOf(rule, lane, 'perhaps').some((box) => left.meets(box));
    });
  }

  /**
   * DHCP has to work, but a rule that is not for its service alone opens its ports to every program. A seal has closed
   * them already, but for the servers.
   */
  private excusesDhcp({ service }: StoredRule): boolean {
    return service?.toLowerCase() === 'dhcp' || this.blocks.own.length > 0;
  }

  private in(lane: Lane, excusesDhcp = true): Stretches {
    const key = `${lane.direction} ${lane.protocol} ${lane.family} ${excusesDhcp}`;
    const known = this.known.get(key) ?? new Stretches(this.workOut(lane, excusesDhcp));
    this.known.set(key, known);
    return known;
  }

  private workOut(lane: Lane, excusesDhcp: boolean): readonly Box[] {
    if (lane.direction === 'in' && this.blocks.shieldsUp) return [];
    const every = everyFlow(lane);
    const taken = [...this.taken(lane, excusesDhcp)];
    // Most boxes are about addresses alone, and a set of addresses can be taken out at once.
    const isWhole = ({ near, far }: Box): boolean => contains(near, every.near) && contains(far, every.far);
    const others = boxesIn(this.blocks.others, lane);
    const wholly = [...taken, ...others].filter(isWhole);
    const isPart = (box: Box): boolean => !isWhole(box);
    const partly = new Stretches([...taken.filter(isPart), ...others.filter(isPart).slice(0, mostForeignBoxes)]);
    const addresses = addressSet([...this.free, ...wholly.map(({ remote }) => ({ family: lane.family, ...remote }))]);
    return partly.leftOf(ofFamily(otherAddresses(addresses), lane.family), every);
  }

  /** What is permitted and what is blocked, without the addresses that the host may talk to in any way. */
  private *taken(lane: Lane, excusesDhcp: boolean): Generator<Box> {
    const { rules } = this.permitted;
    for (const rule of rules)
      if (rule.direction === lane.direction && (excusesDhcp || rule.service === undefined))
        yield* boxesOf(rule, lane, 'perhaps');
    if (lane.protocol === 17 && excusesDhcp) yield dhcpBox(lane);
    yield* boxesIn(this.blocks.own, lane);
  }
}

/** What block rules surely block in a lane. */
function boxesIn(blocks: readonly StoredRule[], lane: Lane): Box[] {
  return blocks
    .filter(({ direction }) => direction === lane.direction)
    .flatMap((rule) => boxesOf(rule, lane, 'surely'));
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
