import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { readResolvers } from '../../../src/firewall/linux/resolvers';
import { isRefusal, parseServer } from '../../../src/policy/address';

const folder = mkdtempSync(join(tmpdir(), 'resolvers-'));
afterAll(() => rmSync(folder, { recursive: true }));
const files = { own: join(folder, 'resolv.conf'), behindLocal: join(folder, 'behind.conf') };
const read = (own: string, behind = ''): string[] => {
  writeFileSync(files.own, own);
  writeFileSync(files.behindLocal, behind);
  return readResolvers(files).map(({ text }) => text);
};

test.each([
  [
    'each name server once',
    'search example\nnameserver 10.0.0.53\nnameserver\t2001:DB8::53\nnameserver 10.0.0.53\n',
    ['10.0.0.53', '2001:db8::53'],
  ],
  [
    'no comment, no other keyword, no rubbish',
    '# nameserver 1.1.1.1\n;nameserver 1.1.1.2\n nameserver 1.1.1.3\nnameservers 1.1.1.4\nnameserver any\n',
    [],
  ],
  [
    'what stands behind a comment sign on the line',
    'nameserver 10.0.0.53 # first\nnameserver 10.0.0.54;x',
    ['10.0.0.53', '10.0.0.54'],
  ],
])('reads %s', (_what, text, expected) => {
  expect(read(text)).toEqual(expected);
});

test('one on the link counts without its zone', () => {
  expect(read('nameserver fe80::1%eth0\n')).toEqual(['fe80::1']);
});

test('a resolver on the host itself stands for those that it asks', () => {
  expect(read('nameserver 127.0.0.53\n', 'nameserver 10.0.0.53\n')).toEqual(['10.0.0.53']);
  expect(read('nameserver 10.0.0.1\n', 'nameserver 10.0.0.53\n')).toEqual(['10.0.0.1']);
});

test('no file is no name server', () => {
  expect(readResolvers({ own: join(folder, 'none'), behindLocal: join(folder, 'none') })).toEqual([]);
});

test('whatever the file holds, only good addresses come out', () => {
  fc.assert(
    fc.property(fc.array(fc.oneof(fc.string(), fc.ipV4(), fc.ipV6(), fc.constant('nameserver'))), (words) => {
      for (const text of read(words.map((word) => `nameserver ${word}\n`).join(''))) {
        expect(isRefusal(parseServer(text))).toBe(false);
      }
    }),
  );
});
