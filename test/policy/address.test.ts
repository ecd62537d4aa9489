import fc from 'fast-check';
import { isLoopback, isRefusal, parseHost, parseNetwork } from '../../src/policy/address';

const text = (value: string): string => {
  const parsed = parseHost(value);
  return isRefusal(parsed) ? 'refused' : parsed.text;
};

test.each([
  ['192.0.2.50', '192.0.2.50'],
  ['::ffff:192.0.2.50', '192.0.2.50'],
  ['::FFFF:C000:232', '192.0.2.50'],
  ['2001:DB8:0:0::0050', '2001:db8::50'],
  ['2001:db8::192.0.2.50', '2001:db8::c000:232'],
  ['fd00::1', 'fd00::1'],
])('%s is the host %s', (given, normalised) => {
  expect(text(given)).toBe(normalised);
});

test.each([
  ...['', '-', 'null', '(null)', 'NULL', 'any', 'none', 'localhost', 'sift.example.net'],
  ...['0.0.0.0', '0.1.2.3', '127.0.0.1', '127.8.8.8', '224.0.0.1', '239.255.255.250', '240.0.0.1', '255.255.255.255'],
  ...['::', '::1', 'ff02::1', 'fe80::1', 'fe80::1%4', '::192.0.2.50', '::ffff:0.0.0.0', '::ffff:127.0.0.1'],
  ...[
    '010.1.1.1',
    '1.2.3',
    '1.2.3.4.5',
    '3232300756',
    '0xC0A8FED4',
    '0x1.2.3.4',
    '1.2.3.04',
    '256.1.1.1',
    '::ffff:1.2.3.04',
  ],
  ...['192.0.2.50/32', '192.0.2.0/24', '0.0.0.0/0', '::/0', '192.0.2.1-192.0.2.9', '192.0.2.44,198.51.100.8'],
  ...[
    '192.0.2.44:445',
    '[2001:db8::50]',
    '2001:db8::1::2',
    ' 192.0.2.50',
    '192.0.2.50 ',
    '192.0.2.50\n',
    '192.0.2.50\0',
  ],
  ...['192.0.2.44&calc', '192.0.2.44 action=allow', '１.２.３.４', '١.٢.٣.٤', '1。2。3。4'],
])('%j is refused', (given) => {
  expect(text(given)).toBe('refused');
});

test('any text that is taken normalises to itself', () => {
  const texts = fc.oneof(fc.ipV4(), fc.ipV6(), fc.string(), fc.stringMatching(/^[0-9a-fA-Fx:.%/]{0,40}$/));
  fc.assert(
    fc.property(texts, (given) => {
      const once = text(given);
      expect(once === 'refused' || text(once) === once).toBe(true);
    }),
    { numRuns: 5000 },
  );
});

test.each([
  ['192.0.2.77/24', '192.0.2.0', 24],
  ['192.0.2.77', '192.0.2.77', 32],
  ['2001:db8::77/64', '2001:db8::', 64],
  ['2001:db8::77/128', '2001:db8::77', 128],
])('%s is the network %s/%i', (given, base, prefix) => {
  expect(parseNetwork(given, 24, 64)).toMatchObject({ text: base, prefix });
});

test.each([
  '192.0.2.0/23',
  '0.0.0.0/0',
  '2001:db8::/63',
  '::/0',
  '192.0.2.0/33',
  '192.0.2.0/',
  '192.0.2.0/24/24',
  '10.0.0.0/-1',
  '::ffff:192.0.2.1/96',
])('the network %s is refused', (given) => {
  expect(parseNetwork(given, 24, 64)).toHaveProperty('refused');
});

test.each([
  ['127.3.2.1', true],
  ['::1', true],
  ['::ffff:127.0.0.1', true],
  ['128.0.0.1', false],
  ['2001:db8::1', false],
  ['localhost', false],
])('%s is loopback: %s', (given, expected) => {
  expect(isLoopback(given)).toBe(expected);
});
