import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readOnLink } from '../../../src/firewall/linux/on-link';

const folder = mkdtempSync(join(tmpdir(), 'on-link '));
afterAll(() => rmSync(folder, { recursive: true }));

const none = '0'.repeat(32);
/** A line of /proc/net/ipv6_route; flags as Linux 6.18 shows them. */
const route = (to: string, prefix: string, by: string, flags: string, device: string): string =>
  `${to.padEnd(32, '0')} ${prefix} ${none} 00 ${by} 00000100 00000001 00000000 ${flags}     ${device}\n`;

function found(...lines: readonly string[]): string[] {
  const file = join(folder, 'ipv6_route');
  writeFileSync(file, lines.join(''));
  return readOnLink(file).map(({ family, text, prefix }) => `${family} ${text}/${prefix}`);
}

test('networks on a link are found, once each', () => {
  const own = route('fd000001', '40', none, '00000001', 'eth0');
  const byRouter = route('20010db800010002', '40', none, '00440001', 'eth0');
  expect(found(own, byRouter, own)).toEqual(['6 fd00:1::/64', '6 2001:db8:1:2::/64']);
});

test('the usual router is a neighbour by its global address', () => {
  const router = 'fd000001000000000000000000000001';
  expect(found(route('', '00', router, '00000003', 'eth0'))).toEqual(['6 fd00:1::1/128']);
});

test.each([
  ['link-local addresses', route('fe80', '40', none, '00000001', 'eth0')],
  ['a router by its link-local address', route('', '00', `fe80${'0'.repeat(27)}1`, '00450003', 'eth0')],
  ['what lies behind a router', route('20010db8', '40', `fd000001${'0'.repeat(23)}1`, '00000003', 'eth0')],
  ['a guest of this host', route('20010db80000000000000000000000aa', '80', none, '00000001', 'cali1')],
  ['groups', route('ff', '08', none, '00000001', 'eth0')],
  ['an own address', route('fd00000100000000000000000000000a', '80', none, '80200001', 'eth0')],
  ['the routers of a network by their common address', route('fd000001', '80', none, '80300001', 'eth0')],
  ['what no route leads to', route('20010db8', '40', none, '00200200', 'lo')],
  ['a way remembered by an old kernel', route('20010db8', '80', none, '01000001', 'eth0')],
  ['half the internet by a tunnel', route('80', '01', none, '00000001', 'wg0')],
  ['everything by a device', route('', '00', none, '00000001', 'ppp0')],
  ['what is no route', 'nonsense\n\n'],
])('%s: none', (_what, line) => {
  expect(found(line)).toEqual([]);
});

test('a kernel without IPv6 has no such file', () => {
  expect(readOnLink(join(folder, 'missing'))).toEqual([]);
});
