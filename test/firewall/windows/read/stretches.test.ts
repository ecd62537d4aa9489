import fc from 'fast-check';
import { type Box, meet } from '../../../../src/firewall/windows/read/lanes';
import { Stretches } from '../../../../src/firewall/windows/read/stretches';

/** Few addresses and ports, so that boxes lie in one another, touch and overlap. */
const run = fc.tuple(fc.nat(6), fc.nat(6)).map(([a, b]) => ({ first: Math.min(a, b), last: Math.max(a, b) }));
const box = fc
  .record({ remote: run, near: run, far: run })
  .map(
    ({ remote, near, far }): Box => ({ near, far, remote: { first: BigInt(remote.first), last: BigInt(remote.last) } }),
  );
const flow = fc
  .tuple(fc.nat(6), fc.nat(6), fc.nat(6))
  .map(([remote, near, far]): Box => ({ remote: only(BigInt(remote)), near: only(near), far: only(far) }));

function only<T>(value: T): { first: T; last: T } {
  return { first: value, last: value };
}

/** Addresses in order and apart. */
const addresses = fc
  .constantFrom(
    [],
    [[0, 6]],
    [[2, 3]],
    [
      [0, 2],
      [4, 6],
    ],
    [
      [0, 0],
      [2, 4],
      [6, 6],
    ],
  )
  .map((runs) => runs.map(([first = 0, last = 0]) => ({ first: BigInt(first), last: BigInt(last) })));

test('a flow lies once in what is left of some addresses, or in what was taken out', () => {
  const given = fc.tuple(fc.array(box, { maxLength: 8 }), addresses, run, run);
  fc.assert(
    fc.property(given, fc.array(flow, { minLength: 20 }), ([taken, remotes, near, far], flows) => {
      const left = new Stretches(taken).leftOf(remotes, { near, far });
      for (const one of flows) {
        const isAsked = remotes.some((remote) => meet({ remote, near, far }, one));
        const isTaken = taken.some((other) => meet(other, one));
        expect(left.filter((part) => meet(part, one))).toHaveLength(isAsked && !isTaken ? 1 : 0);
      }
    }),
  );
});

test('a box meets what it has a flow in common with, and nothing else', () => {
  fc.assert(
    fc.property(fc.array(box, { maxLength: 8 }), box, (boxes, one) => {
      expect(new Stretches(boxes).meets(one)).toBe(boxes.some((other) => meet(one, other)));
    }),
  );
});
