import fc from 'fast-check';
import { otherPorts, portsOf, portsText } from '../../src/policy/ports';

test.each([
  [[], '0-65535'],
  [[1514], '0-1513,1515-65535'],
  [[0], '1-65535'],
  [[65_535], '0-65534'],
  [[500, 4500, { first: 501, last: 503 }], '0-499,504-4499,4501-65535'],
  [[{ first: 0, last: 65_535 }], ''],
])('all ports but %j are %s', (ports, others) => {
  expect(portsText(otherPorts(portsOf(...ports)))).toBe(others);
});

test('every port is in a list or among the others', () => {
  const port = fc.integer({ min: 0, max: 65_535 });
  fc.assert(
    fc.property(fc.array(port, { maxLength: 12 }), port, (some, one) => {
      const isIn = (ports: ReturnType<typeof portsOf>): boolean =>
        ports.some(({ first, last }) => first <= one && one <= last);
      expect(isIn(portsOf(...some))).toBe(some.includes(one));
      expect(isIn(otherPorts(portsOf(...some)))).toBe(!some.includes(one));
    }),
  );
});
