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

test('a flow of a box lies in what is left of it, once, or in what was taken out', () => {
  fc.assert(
    fc.property(fc.array(box, { maxLength: 8 }), box, fc.array(flow, { minLength: 20 }), (taken, whole, flows) => {
      const left = new Stretches(taken).leftOf([whole.remote], whole);
      for (const one of flows) {
        const isTaken = taken.some((other) => meet(other, one));
        expect(left.filter((part) => meet(part, one))).toHaveLength(meet(whole, one) && !isTaken ? 1 : 0);
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
