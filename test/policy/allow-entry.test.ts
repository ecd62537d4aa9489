import fc from 'fast-check';
import { entryText, parseEntry, parseEntryText } from '../../src/policy/allow-entry';

test.each([
  [
    { address: '203.0.113.7', direction: 'out', protocol: 'udp', ports: [4500, 500] },
    '203.0.113.7/32 out udp 500,4500',
  ],
  [{ address: '203.0.113.7', direction: 'out', protocol: 50 }, '203.0.113.7/32 out 50'],
  [{ address: '203.0.113.7', direction: 'out', protocol: '50' }, '203.0.113.7/32 out 50'],
  [{ address: '198.51.100.5/24', protocol: 'tcp' }, '198.51.100.0/24 both tcp'],
  [
    { address: '2001:DB8::5', direction: 'in', protocol: 'TCP', ports: '8000-8010' },
    '2001:db8::5/128 in tcp 8000-8010',
  ],
  [{ address: '2001:db8::5', protocol: 'icmp' }, '2001:db8::5/128 both icmp'],
  [{ address: '2001:db8::5', protocol: 58 }, '2001:db8::5/128 both icmp'],
  [{ address: '203.0.113.7', protocol: 17, ports: 53 }, '203.0.113.7/32 both udp 53'],
  [{ address: '203.0.113.7', protocol: 6, ports: ['1-65535'] }, '203.0.113.7/32 both tcp 1-65535'],
  [{ address: '203.0.113.7', protocol: 'tcp', ports: [80, '81-90', 85] }, '203.0.113.7/32 both tcp 80-90'],
])('%j is %s', (given, text) => {
  const entry = parseEntry(given);
  expect('refused' in entry ? entry.refused : entryText(entry)).toBe(text);
  expect(parseEntryText(text)).toEqual(entry);
});

const good = { address: '203.0.113.7', direction: 'out', protocol: 'tcp', ports: [443] };

test.each([
  ['a text', '203.0.113.7', 'not an object'],
  ['a list', [good], 'not an object'],
  ['nothing', null, 'not an object'],
  ['no address', { protocol: 'tcp' }, 'no address'],
  ['a name', { ...good, address: 'vpn.example.net' }, 'vpn.example.net'],
  ['everybody', { ...good, address: '0.0.0.0/0' }, '0.0.0.0'],
  ['loopback', { ...good, address: '127.0.0.1' }, 'loopback'],
  ['a wide network', { ...good, address: '10.0.0.0/8' }, 'wider than /24'],
  ['a wide IPv6 network', { ...good, address: '2001:db8::/48' }, 'wider than /64'],
  ['two addresses', { ...good, address: '203.0.113.7,203.0.113.8' }, '203.0.113.7,203.0.113.8'],
  ['another way', { ...good, direction: 'any' }, 'direction'],
  ['no protocol', { ...good, protocol: undefined }, 'protocol'],
  ['every protocol', { ...good, protocol: 'any' }, 'protocol'],
  ['protocol 256', { ...good, protocol: 256, ports: undefined }, 'protocol'],
  ['protocol 1.5', { ...good, protocol: 1.5, ports: undefined }, 'protocol'],
  ['the other ICMP', { ...good, protocol: 58, ports: undefined }, 'family'],
  ['the other ICMP behind a zero', { ...good, protocol: '058', ports: undefined }, 'protocol'],
  ['TCP behind zeros', { ...good, protocol: '006', ports: undefined }, 'protocol'],
  ['ICMP by the name of its family', { ...good, protocol: 'icmpv6', ports: undefined }, 'protocol'],
  ['GRE with ports', { ...good, protocol: 47 }, 'only tcp and udp'],
  ['ping with ports', { ...good, protocol: 'icmp' }, 'only tcp and udp'],
  ['no port in a list', { ...good, ports: [] }, 'ports'],
  ['port 0', { ...good, ports: [0] }, 'ports'],
  ['port 65536', { ...good, ports: [65_536] }, 'ports'],
  ['half a port', { ...good, ports: [443.5] }, 'ports'],
  ['a range backwards', { ...good, ports: ['90-80'] }, 'ports'],
  ['a list in a text', { ...good, ports: '80,443' }, 'ports'],
  ['ports in words', { ...good, ports: ['https'] }, 'ports'],
  ['many ports', { ...good, ports: Array.from({ length: 21 }, (_, index) => 2 * index + 1) }, 'more than 20'],
  ['a key too many', { ...good, port: 443 }, '"port"'],
])('%s is refused, and why', (_what, given, why) => {
  const entry = parseEntry(given);
  expect('refused' in entry ? entry.refused : entryText(entry)).toContain(why);
});

test('nothing throws, and no reason leaves the printable', () => {
  const entry = fc.oneof(
    fc.jsonValue(),
    fc.record({ address: fc.oneof(fc.ipV4(), fc.ipV6(), fc.string()), direction: fc.string(), ports: fc.jsonValue() }),
    fc.record({ address: fc.ipV4(), protocol: fc.oneof(fc.integer(), fc.constant('tcp')), ports: fc.jsonValue() }),
  );
  fc.assert(
    fc.property(entry, (given) => {
      const read = parseEntry(given);
      expect('refused' in read ? read.refused : entryText(read)).toMatch(/^[\x20-\x7e]+$/);
    }),
  );
});

test('what is taken reads the same from its text, so nothing that was taken is dropped later', () => {
  const address = fc.constantFrom('203.0.113.7', '198.51.100.9/24', '2001:db8::5', '2001:DB8::/64');
  const digits = fc.tuple(fc.nat(259), fc.nat(3)).map(([number, width]) => String(number).padStart(width, '0'));
  const icmp = fc.constantFrom('1', '58', '058', '001', '01', 'icmp', 'ICMP', 'icmpv6', 1, 58);
  const port = fc.oneof(
    fc.integer({ min: 1, max: 65_535 }),
    fc.tuple(fc.integer({ min: 1, max: 999 }), fc.integer({ min: 999, max: 65_535 })).map((ends) => ends.join('-')),
  );
  const entry = fc.oneof(
    fc.record({ address, protocol: fc.oneof(digits, fc.nat(259), icmp) }),
    fc.record({
      ...{ address, direction: fc.constantFrom('in', 'out', 'both') },
      protocol: fc.constantFrom('tcp', 'TCP', 'Udp', '6', '17', 6, 17),
      ports: fc.oneof(port, fc.array(port, { minLength: 1, maxLength: 20 })),
    }),
  );
  fc.assert(
    fc.property(entry, (given) => {
      const read = parseEntry(given);
      if (!('refused' in read)) expect(parseEntryText(entryText(read))).toEqual(read);
    }),
  );
});
