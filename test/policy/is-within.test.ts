import { type Address, isRefusal, isWithin, parseNetwork } from '../../src/policy/address';

const network = (text: string): Address => {
  const parsed = parseNetwork(text, 0, 0);
  if (isRefusal(parsed)) throw new Error(parsed.refused);
  return parsed;
};

test.each([
  ['192.0.2.9', '192.0.2.0/24', true],
  ['192.0.2.9', '192.0.2.9', true],
  ['192.0.3.9', '192.0.2.0/24', false],
  ['192.0.2.0/24', '192.0.2.9', false],
  ['2001:db8::9', '2001:db8::/64', true],
  ['2001:db8:1::9', '2001:db8::/64', false],
  ['192.0.2.9', '2001:db8::/64', false],
])('%s lies in %s: %s', (inner, outer, expected) => {
  expect(isWithin(network(inner), network(outer))).toBe(expected);
});
