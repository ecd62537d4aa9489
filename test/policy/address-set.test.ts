import { BlockList } from 'node:net';
import fc from 'fast-check';
import { type Address, cidr, isRefusal, parseNetwork } from '../../src/policy/address';
import {
  type AddressSet,
  addressSet,
  everybody,
  networksOf,
  otherAddresses,
  overlaps,
  rangeText,
} from '../../src/policy/address-set';

const network = (text: string): Address => {
  const parsed = parseNetwork(text, 1, 1);
  if (isRefusal(parsed)) throw new Error(parsed.refused);
  return parsed;
};
const setOf = (...texts: string[]): AddressSet => addressSet(texts.map(network));
const textsOf = (set: AddressSet): string[] => set.map(rangeText);

test.each([
  [[], ['0.0.0.0-255.255.255.255', '::-ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff']],
  [['192.0.2.1'], ['0.0.0.0-192.0.2.0', '192.0.2.2-255.255.255.255', '::-ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff']],
  [
    ['192.0.2.2/31', '192.0.2.5', '2001:db8::/64'],
    [
      '0.0.0.0-192.0.2.1',
      '192.0.2.4/32',
      '192.0.2.6-255.255.255.255',
      '::-2001:db7:ffff:ffff:ffff:ffff:ffff:ffff',
      '2001:db8:0:1::-ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff',
    ],
  ],
])('all but %j', (left, others) => {
  expect(textsOf(otherAddresses(setOf(...left)))).toEqual(others);
});

test('networks that touch, overlap or lie in one another are one range', () => {
  expect(textsOf(setOf('10.0.0.0/25', '10.0.0.128/25', '10.0.0.7', '10.0.0.192/26'))).toEqual(['10.0.0.0/24']);
  const row = Array.from({ length: 100 }, (_, index) => `198.51.100.${index}`);
  expect(textsOf(setOf(...row))).toEqual(['198.51.100.0-198.51.100.99']);
});

test('two sets overlap only where an address is in both', () => {
  expect(overlaps(setOf('10.0.0.0/24'), setOf('10.0.0.255'))).toBe(true);
  expect(overlaps(setOf('10.0.0.0/24'), setOf('10.0.1.0'))).toBe(false);
  expect(overlaps(setOf('10.0.0.0/24'), setOf('2001:db8::/32'))).toBe(false);
});

test('a set as networks: as few as there can be, and none of all addresses', () => {
  const range = { family: 4, first: 0xc000_0231n, last: 0xc000_023an } as const;
  const networks = ['192.0.2.49/32', '192.0.2.50/31', '192.0.2.52/30', '192.0.2.56/31', '192.0.2.58/32'];
  expect(networksOf([range]).map(cidr)).toEqual(networks);
  expect(networksOf(everybody).map(cidr)).toEqual(['0.0.0.0/1', '128.0.0.0/1', '::/1', '8000::/1']);
  expect(networksOf([])).toEqual([]);
});

test('networks are the same addresses as the set that they are of', () => {
  const range = fc.constantFrom(4 as const, 6 as const).chain((family) => {
    const max = (1n << (family === 4 ? 32n : 128n)) - 1n;
    const ends = fc.tuple(fc.bigInt({ min: 0n, max }), fc.bigInt({ min: 0n, max }));
    return ends.map((two) => {
      const [first = 0n, last = 0n] = two.toSorted((a, b) => (a < b ? -1 : 1));
      return { family, first, last };
    });
  });
  fc.assert(
    fc.property(fc.array(range, { maxLength: 4 }), (ranges) => {
      const set = addressSet(ranges);
      expect(addressSet(networksOf(set))).toEqual(set);
    }),
  );
});

const anyNetwork = fc.oneof(
  fc
    .tuple(fc.integer({ min: 0x0100_0000, max: 0x7eff_ffff }), fc.integer({ min: 8, max: 32 }))
    .map(([value, prefix]) => ({
      family: 'ipv4' as const,
      text: [24, 16, 8, 0].map((shift) => (value >>> shift) & 255).join('.'),
      prefix,
    })),
  fc.tuple(fc.integer({ min: 0, max: 0xffff }), fc.integer({ min: 32, max: 128 })).map(([value, prefix]) => ({
    family: 'ipv6' as const,
    text: `2001:db8::${value.toString(16)}`,
    prefix,
  })),
);

/** What Node itself says of a range, as an oracle that shares nothing with ours. */
function nodeSays(set: AddressSet, address: string, family: 'ipv4' | 'ipv6'): boolean {
  const list = new BlockList();
  for (const text of textsOf(set)) {
    const [first = '', last] = text.split('-');
    const [base = '', prefix] = first.split('/');
    if ((family === 'ipv6') !== base.includes(':')) continue;
    if (last === undefined) list.addSubnet(base, Number(prefix), family);
    else list.addRange(base, last, family);
  }
  return list.check(address, family);
}

test('every address is in a set or in the others, and in no two of them', () => {
  fc.assert(
    fc.property(fc.array(anyNetwork, { maxLength: 8 }), anyNetwork, (networks, { family, text }) => {
      const set = setOf(...networks.map(({ text, prefix }) => `${text}/${prefix}`));
      const others = otherAddresses(set);
      expect(nodeSays(set, text, family)).not.toBe(nodeSays(others, text, family));
      expect(otherAddresses(others)).toEqual(set);
      expect(overlaps(set, others)).toBe(false);
      expect(addressSet([...set, ...others])).toEqual(everybody);
    }),
  );
});
