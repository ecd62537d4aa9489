import fc from 'fast-check';
import {
  type AddressItem,
  addressText,
  coverMost,
  readAddressItem,
} from '../../../../src/firewall/windows/read/address-range';

const read = (text: string, family: 4 | 6 = 4): string | undefined => {
  const item = readAddressItem(text, family);
  return item === undefined ? undefined : addressText(item);
};

describe('every spelling of the same addresses is the same text', () => {
  test.each([
    ['1.2.3.4/32', 4, ['1.2.3.4', '1.2.3.4/32', '1.2.3.4/255.255.255.255', '1.2.3.4-1.2.3.4']],
    ['1.2.3.0/24', 4, ['1.2.3.0/24', '1.2.3.0/255.255.255.0', '1.2.3.0-1.2.3.255', '1.2.3.77/24']],
    ['128.0.0.0/1', 4, ['128.0.0.0/1', '128.0.0.0/128.0.0.0', '128.0.0.0-255.255.255.255']],
    ['0.0.0.0-255.255.255.255', 4, ['0.0.0.0-255.255.255.255']],
    ['1.2.3.4-1.2.3.9', 4, ['1.2.3.4-1.2.3.9']],
    ['1.2.3.1-1.2.3.2', 4, ['1.2.3.1-1.2.3.2']],
    [
      '2001:db8::1/128',
      6,
      ['2001:db8::1', '2001:DB8:0:0:0:0:0:1/128', '2001:db8::0001-2001:db8::1', '2001:db8::0.0.0.1'],
    ],
    ['fe80::/64', 6, ['fe80::/64', 'fe80::1/64', 'fe80::-fe80::ffff:ffff:ffff:ffff']],
    ['localsubnet', 4, ['LocalSubnet', 'LOCALSUBNET']],
    ['dns', 6, ['DNS', 'dns']],
  ] as const)('%s', (text, family, spellings) => {
    expect(spellings.map((spelling) => read(spelling, family))).toEqual(spellings.map(() => text));
  });
});

test.each([
  ['a list in one field', '1.2.3.4,1.2.3.5', 4],
  ['an end before its beginning', '1.2.3.9-1.2.3.4', 4],
  ['three ends', '1.2.3.4-1.2.3.5-1.2.3.6', 4],
  ['prefix 0', '0.0.0.0/0', 4],
  ['prefix 0', '::/0', 6],
  ['prefix 33', '1.2.3.4/33', 4],
  ['prefix 129', '::1/129', 6],
  ['mask 0.0.0.0', '1.2.3.4/0.0.0.0', 4],
  ['a mask with a hole', '1.2.3.4/255.0.255.0', 4],
  ['two prefixes', '1.2.3.4/24/24', 4],
  ['octal', '010.0.0.1', 4],
  ['a number above 255', '1.2.3.256', 4],
  ['three numbers', '1.2.3', 4],
  ['a zone', 'fe80::1%4', 6],
  ['brackets', '[::1]', 6],
  ['IPv6 in a field for IPv4', '2001:db8::1', 4],
  ['IPv4 in a field for IPv6', '1.2.3.4', 6],
  ['nothing', '', 4],
  ['a blank', '1.2.3.4 ', 4],
  ['a mask for IPv6', '2001:db8::/ffff::', 6],
] as const)('%s is not understood: %s', (_, text, family) => {
  expect(readAddressItem(text, family)).toBeUndefined();
});

const address4 = fc.nat(0xffffffff).map(BigInt);
const address6 = fc.bigInt({ min: 0n, max: (1n << 128n) - 1n });
const item: fc.Arbitrary<AddressItem> = fc
  .oneof(fc.tuple(fc.constant(4 as const), address4, address4), fc.tuple(fc.constant(6 as const), address6, address6))
  .map(([family, a, b]) => (a < b ? { family, first: a, last: b } : { family, first: b, last: a }));

test('whatever was read is read again from its text', () => {
  fc.assert(fc.property(item, (range) => expect(readAddressItem(addressText(range), range.family)).toEqual(range)));
});

test('a network has as many addresses as its prefix leaves, and holds the address it was written with', () => {
  fc.assert(
    fc.property(address4, fc.integer({ min: 1, max: 32 }), (address, prefix) => {
      const dotted = [24n, 16n, 8n, 0n].map((shift) => (address >> shift) & 255n).join('.');
      const range = readAddressItem(`${dotted}/${prefix}`, 4);
      if (range === undefined || 'keyword' in range) throw new Error('not read');
      expect(range.last - range.first + 1n).toBe(2n ** BigInt(32 - prefix));
      expect(range.first <= address && address <= range.last).toBe(true);
    }),
  );
});

test('any text is read or refused, never anything else', () => {
  const text = fc.oneof(fc.string(), fc.string({ unit: fc.constantFrom('.', ':', '/', '-', '1', '0', 'f', '%') }));
  fc.assert(
    fc.property(text, fc.constantFrom(4, 6 as const), (value, family) => {
      const read = readAddressItem(value, family as 4 | 6);
      if (read !== undefined && 'first' in read) expect(read.first <= read.last).toBe(true);
    }),
    { numRuns: 3000 },
  );
});

test.each([
  [true, ['0.0.0.0-255.255.255.255']],
  [true, ['128.0.0.0/1', '0.0.0.0/1']],
  [true, ['0.0.0.0-10.0.0.0', '9.0.0.0-255.255.255.255', '10.0.0.1-10.0.0.2']],
  [true, ['::/1', '8000::/1', '1.2.3.4']],
  [false, ['0.0.0.0/1']],
  [false, ['0.0.0.0/2', '64.0.0.0/2', '1.0.0.0/8']],
  [true, ['0.0.0.0-9.255.255.255', '10.0.0.1-255.255.255.255']],
  [true, ['0.0.0.0/1', '128.0.0.0']],
  [false, ['LocalSubnet']],
  [false, ['::/1', '128.0.0.0/1']],
] as const)('to be more than half of all addresses is %s of %j', (expected, texts) => {
  const items = texts.map((text) => readAddressItem(text, text.includes(':') ? 6 : 4));
  expect(coverMost(items.filter((one) => one !== undefined))).toBe(expected);
});
