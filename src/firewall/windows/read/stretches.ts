import type { Run } from '../../../policy/runs';
import { type Box, meet, without } from './lanes';

/** A run of addresses that no box outside it touches, and the boxes in it by their first address. */
interface Stretch extends Run<bigint> {
  readonly boxes: readonly Box[];
}

/** Boxes of one lane by their addresses: there may be thousands, and few of them have an address in common. */
export class Stretches {
  private readonly stretches: readonly Stretch[];

  constructor(boxes: readonly Box[]) {
    this.stretches = inStretches(boxes);
  }

  get isEmpty(): boolean {
    return this.stretches.length === 0;
  }

  /** True when some flow lies in the box and in one of these. */
  meets(box: Box): boolean {
    for (const { boxes } of this.near(box.remote)) if (boxes.some((other) => meet(box, other))) return true;
    return false;
  }

  /**
   * What lies outside all of these: of the addresses, which are in order and apart, and of the ports of `every`. Cut
   * first where one of these begins or ends, so that each piece is compared with those only that hold its addresses. Of
   * these no more than `most` are taken out.
   */
  leftOf(addresses: readonly Run<bigint>[], every: Omit<Box, 'remote'>, most = Number.POSITIVE_INFINITY): Box[] {
    const [first, last] = [addresses[0]?.first ?? 0n, addresses.at(-1)?.last ?? -1n];
    const boxes = [...this.near({ first, last })].flatMap((stretch) => stretch.boxes);
    let around: Box[] = [];
    let next = 0;
    return piecesOf(addresses, boxes).flatMap((remote) => {
      around = around.filter((box) => box.remote.last >= remote.first);
      for (let box = boxes[next]; box !== undefined && box.remote.first <= remote.first; box = boxes[++next])
        if (box.remote.last >= remote.first) around.push(box);
      return without({ ...every, remote }, around.slice(0, most));
    });
  }

  /** All that have an address of the run. */
  private *near({ first, last }: Run<bigint>): Generator<Stretch> {
    for (let index = this.positionOf(first); index < this.stretches.length; index++) {
      const stretch = this.stretches[index];
      if (stretch === undefined || stretch.first > last) return;
      yield stretch;
    }
  }

  /** Where the first stretch is that does not end before an address, found by halving. */
  private positionOf(address: bigint): number {
    let [low, high] = [0, this.stretches.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((this.stretches[middle]?.last ?? 0n) < address) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}

function inStretches(boxes: readonly Box[]): Stretch[] {
  const stretches: { first: bigint; last: bigint; boxes: Box[] }[] = [];
  for (const box of boxes.toSorted((a, b) => order(a.remote.first, b.remote.first))) {
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

/** Runs of addresses that are in order and apart, cut where one of the boxes begins or ends. */
function piecesOf(addresses: readonly Run<bigint>[], boxes: readonly Box[]): Run<bigint>[] {
  const ends = [...addresses, ...boxes.map(({ remote }) => remote)].flatMap(({ first, last }) => [first, last + 1n]);
  const borders = [...new Set(ends)].sort(order);
  const pieces: Run<bigint>[] = [];
  let next = 0;
  for (const { first, last } of addresses) {
    let from = first;
    for (let border = borders[next]; border !== undefined && border <= last + 1n; border = borders[++next]) {
      if (border <= from) continue;
      pieces.push({ first: from, last: border - 1n });
      from = border;
    }
  }
  return pieces;
}

function order(a: bigint, b: bigint): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
