import fc from 'fast-check';
import { readHive } from '../../../../src/firewall/windows/read/hive';
import { readHivePolicy } from '../../../../src/firewall/windows/read/stored-policy';
import type { RegistryKeys } from '../../../../src/windows/registry-file';
import { buildHive, type Key, type Shape, seal, type Value } from './hive-builder';

const rule = 'v2.31|Action=Allow|Active=TRUE|Dir=In|Name=One|';
const policy: Key = {
  name: '{0AE5B52B-4C5B-4B9B-8E4B-9C1A3A6B3D11}',
  values: { PolicyVersion: 545 },
  subkeys: [
    {
      name: 'DomainProfile',
      values: { EnableFirewall: 1 },
      subkeys: [{ name: 'Logging', values: { LogFileSize: 9 } }],
    },
    { name: 'FirewallRules', values: { 'CoreNet-DHCP-In': rule, '{Имя}': rule.replace('One', 'Два') } },
    { name: 'PublicProfile', values: { DisabledInterfaces: '' } },
  ],
};

function keysOf(hive: Buffer): RegistryKeys {
  const read = readHive(hive);
  if ('damaged' in read) throw new Error(read.damaged);
  return read.keys;
}

function reasonFor(hive: Buffer): string {
  const read = readHive(hive);
  return 'damaged' in read ? read.damaged : 'none';
}

describe('a whole hive', () => {
  const shapes: [string, Shape][] = [
    ['hash leaves', { list: 'lh' }],
    ['fast leaves', { list: 'lf' }],
    ['plain leaves', { list: 'li' }],
    ['an index of leaves', { list: 'ri' }],
    ['version 1.3', { minor: 3 }],
    ['version 1.6', { minor: 6 }],
    ['a bin for every other cell', { cellsPerBin: 2 }],
  ];
  test.each(shapes)('with %s is read from its root on', (_, shape) => {
    const keys = keysOf(buildHive(policy, shape));
    expect([...keys.keys()].sort()).toEqual([
      '',
      'domainprofile',
      'domainprofile\\logging',
      'firewallrules',
      'publicprofile',
    ]);
    expect(keys.get('')?.number('policyversion')).toBe(545);
    expect(keys.get('domainprofile\\logging')?.number('LogFileSize')).toBe(9);
    expect(keys.get('publicprofile')?.text('DisabledInterfaces')).toBe('');
    expect([...(keys.get('firewallrules')?.texts() ?? [])]).toEqual([
      ['CoreNet-DHCP-In', rule],
      ['{Имя}', rule.replace('One', 'Два')],
    ]);
  });

  test('holds no rule that is only left in a free cell', () => {
    const hive = buildHive(policy, { leftovers: { '{Old}': rule.replace('One', 'Yesterday') } });
    expect(hive.includes(Buffer.from('Yesterday', 'utf16le'))).toBe(true);
    expect(readHivePolicy(keysOf(hive)).rules.map(({ id }) => id)).toEqual(['CoreNet-DHCP-In', '{Имя}']);
  });

  test.each([3, 5])('of version 1.%i holds texts that are longer than one segment', (minor) => {
    const long = `${rule}${'Desc=x|'.repeat(5_000)}`;
    const keys = keysOf(buildHive({ name: 'r', values: { long } }, { minor }));
    expect(keys.get('')?.text('LONG')).toBe(long);
  });

  test('takes a text up to its end mark, or without one, and no number of another length', () => {
    const values: Record<string, Value> = {
      stuffed: { type: 1, data: Buffer.from('a\0b\0\0', 'utf16le') },
      bare: { type: 1, data: Buffer.from('bare', 'utf16le') },
      empty: { type: 1, data: Buffer.alloc(0) },
      long: { type: 4, data: Buffer.alloc(8, 1) },
      short: { type: 4, data: Buffer.alloc(2, 1) },
      multi: { type: 7, data: Buffer.from('a\0\0', 'utf16le') },
    };
    const read = keysOf(buildHive({ name: 'r', values })).get('');
    expect([read?.text('stuffed'), read?.text('bare'), read?.text('empty')]).toEqual(['a', 'bare', '']);
    expect([read?.number('long'), read?.number('short'), read?.text('multi')]).toEqual([
      undefined,
      undefined,
      undefined,
    ]);
  });

  test.each([
    [0, 1],
    [0xffffffff, 0xfffffffe],
  ])('whose words come to %i has checksum %i', (sum, checksum) => {
    const hive = buildHive(policy);
    hive.writeUInt32LE((hive.readUInt32LE(508) ^ sum) >>> 0, 300);
    hive.writeUInt32LE(checksum, 508);
    expect(reasonFor(hive)).toBe('none');
    hive.writeUInt32LE(sum, 508);
    expect(reasonFor(hive)).toMatch(/checksum/);
  });

  test('may have something behind its declared end', () => {
    expect(reasonFor(Buffer.concat([buildHive(policy), Buffer.alloc(100, 7)]))).toBe('none');
  });
});

describe('a hive that is not whole', () => {
  const sealed = (at: number, value: number): Buffer => {
    const hive = buildHive(policy);
    hive.writeUInt32LE(value, at);
    return seal(hive);
  };
  const raw = (at: number, value: number): Buffer => {
    const hive = buildHive(policy);
    hive.writeUInt32LE(value, at);
    return hive;
  };
  const whole = buildHive(policy);
  const damages: [string, Buffer, RegExp][] = [
    ['nothing', Buffer.alloc(0), /too short/],
    ['a header alone', whole.subarray(0, 4096), /too short/],
    ['text', Buffer.alloc(9000, 'netsh'), /not a registry hive/],
    ['sequence numbers that differ', sealed(8, 8), /not finished/],
    ['another major version', sealed(20, 2), /version 2\.5/],
    ['minor version 2', sealed(24, 2), /version 1\.2/],
    ['minor version 7', sealed(24, 7), /version 1\.7/],
    ['a log file', sealed(28, 1), /primary/],
    ['another format', sealed(32, 2), /primary/],
    ['a root beyond the bins', sealed(36, whole.length), /root/],
    ['no bins', sealed(40, 0), /length of its bins/],
    ['bins of an odd length', sealed(40, 4097), /length of its bins/],
    ['bins longer than the file', sealed(40, 1 << 20), /end is missing/],
    ['a wrong checksum', raw(508, 1), /checksum/],
    ['a changed byte that the checksum covers', raw(300, 1), /checksum/],
    ['a bin without its mark', raw(4096, 0), /bin at 0/],
    ['a bin with a wrong offset', raw(4100, 4096), /bin at 0/],
    ['a bin of no length', raw(4104, 0), /bin at 0/],
    ['a bin beyond the end', raw(4104, 8192), /bin at 0/],
    ['a cell of no length', raw(4128, 0), /cell at 32/],
    ['a cell beyond its bin', raw(4128, 0xffff_0000), /cell at 32/],
    ['a root that is no key', sealed(36, 32), /cell at 32/],
    ['a root inside of a cell', sealed(36, 40), /no cell at 40/],
  ];
  test.each(damages)('%s', (_, hive, reason) => {
    expect(reasonFor(hive)).toMatch(reason);
  });

  test('cut short anywhere it is never read', () => {
    fc.assert(fc.property(fc.nat(whole.length - 1), (length) => reasonFor(whole.subarray(0, length)) !== 'none'));
  });

  test('a key that leads back to the root is not followed', () => {
    const hive = buildHive({ name: 'r', subkeys: [{ name: 'a', subkeys: [{ name: 'b' }] }] });
    const root = hive.readUInt32LE(36);
    const list = hive.readUInt32LE(4096 + root + 4 + 28);
    const child = hive.readUInt32LE(4096 + list + 4 + 4);
    const childList = hive.readUInt32LE(4096 + child + 4 + 28);
    hive.writeUInt32LE(root, 4096 + childList + 4 + 4);
    expect(reasonFor(hive)).toMatch(/no cell/);
  });

  test('keys nested without end are not followed', () => {
    let key: Key = { name: 'k' };
    for (let depth = 0; depth < 50; depth++) key = { name: 'k', subkeys: [key] };
    expect(reasonFor(buildHive(key))).toMatch(/too deep/);
  });

  test('names that stand there twice are refused, in whatever case', () => {
    expect(reasonFor(buildHive({ name: 'r', subkeys: [{ name: 'A' }, { name: 'a' }] }))).toMatch(/keys/);
    expect(reasonFor(buildHive({ name: 'r', values: { A: 1, a: 2 } }))).toMatch(/values/);
  });

  test('a short value of more than four bytes is refused', () => {
    const hive = buildHive({ name: 'r', values: { n: 1 } });
    const at = hive.indexOf('vk');
    hive.writeUInt32LE(0x80000005, at + 4);
    expect(reasonFor(hive)).toMatch(/too long/);
    hive.writeUInt32LE(0xffffffff, at + 4);
    expect(reasonFor(hive)).toMatch(/too long/);
  });

  test('counts that do not fit are refused', () => {
    const counted = (at: number, value: number): Buffer => {
      const hive = buildHive(policy);
      hive.writeUInt32LE(value, 4096 + hive.readUInt32LE(36) + 4 + at);
      return hive;
    };
    expect(reasonFor(counted(20, 0xffffffff))).toMatch(/keys are missing/);
    expect(reasonFor(counted(20, 2))).toMatch(/keys are missing/);
    expect(reasonFor(counted(36, 0xffffffff))).toMatch(/cut off/);
    expect(reasonFor(counted(72, 0xffff))).toMatch(/cut off/);
  });
});

describe('any file', () => {
  const hive = buildHive(policy, { cellsPerBin: 3, leftovers: { old: rule } });
  const cells = hive.length - 4096;

  test('with bytes changed at random is read or refused, never anything else', () => {
    const change = fc.tuple(fc.nat(cells - 1), fc.nat(255));
    fc.assert(
      fc.property(fc.array(change, { minLength: 1, maxLength: 20 }), (changes) => {
        const damaged = Buffer.from(hive);
        for (const [at, byte] of changes) damaged[4096 + at] = byte;
        const read = readHive(damaged);
        if ('damaged' in read) expect(read.damaged).toMatch(/^(it|its|one|some|a) /);
        else expect(textLength(read.keys)).toBeLessThan(hive.length);
      }),
      { numRuns: 3000 },
    );
  });

  test('with pointers and counts set to telling numbers neither loops nor grows', () => {
    const telling = fc.constantFrom(0, 1, 0x20, 0x7fffffff, 0x80000000, 0xfffffff8, 0xffffffff, hive.readUInt32LE(36));
    const change = fc.tuple(fc.nat(cells / 4 - 1), telling);
    fc.assert(
      fc.property(fc.array(change, { minLength: 1, maxLength: 8 }), (changes) => {
        const damaged = Buffer.from(hive);
        for (const [at, value] of changes) damaged.writeUInt32LE(value, 4096 + at * 4);
        const read = readHive(damaged);
        if (!('damaged' in read)) expect(textLength(read.keys)).toBeLessThan(hive.length);
      }),
      { numRuns: 3000 },
    );
  });

  test('of an index that names the same long list thousands of times is refused at once', () => {
    const children = Array.from({ length: 2_000 }, (_, index) => ({ name: `k${index}` }));
    const bomb = buildHive({ name: 'r', subkeys: children }, { list: 'ri' });
    const index = 4096 + bomb.readUInt32LE(4096 + bomb.readUInt32LE(36) + 4 + 28) + 4;
    const first = bomb.readUInt32LE(index + 4);
    for (let at = 0; at < bomb.readUInt16LE(index + 2); at++) bomb.writeUInt32LE(first, index + 4 + at * 4);
    expect(reasonFor(bomb)).toMatch(/no cell/);
  });

  test('written and read again is the same', () => {
    const name = fc.oneof(fc.string({ minLength: 1, maxLength: 12 }), fc.constantFrom('{Имя}', '規則', 'Straße'));
    const value = fc.oneof(
      fc.string({ unit: 'grapheme' }),
      fc.nat(),
      fc.string({ minLength: 8_170, maxLength: 8_200 }),
    );
    const values = fc.uniqueArray(fc.tuple(name, value), { selector: ([key]) => key.toLowerCase(), maxLength: 30 });
    const shape = fc.record({
      list: fc.constantFrom('lf', 'lh', 'li', 'ri' as const),
      minor: fc.constantFrom(3, 4, 5, 6),
      cellsPerBin: fc.integer({ min: 1, max: 50 }),
    });
    fc.assert(
      fc.property(values, values, shape, (first, second, how) => {
        const withoutEndMarks = (pairs: typeof first) =>
          pairs.filter(([key, data]) => key !== '__proto__' && !String(data).includes('\0') && !key.includes('\0'));
        const [a, b] = [withoutEndMarks(first), withoutEndMarks(second)];
        const root = {
          name: 'r',
          values: Object.fromEntries(a),
          subkeys: [{ name: 'K', values: Object.fromEntries(b) }],
        };
        const keys = keysOf(buildHive(root, how as Shape));
        for (const [path, pairs] of [
          ['', a],
          ['k', b],
        ] as const) {
          for (const [key, data] of pairs) {
            expect(typeof data === 'number' ? keys.get(path)?.number(key) : keys.get(path)?.text(key)).toBe(data);
          }
        }
      }),
      { numRuns: 150 },
    );
  });
});

function textLength(keys: RegistryKeys): number {
  let sum = 0;
  for (const [path, values] of keys) {
    sum += path.length;
    for (const [name, text] of values.texts()) sum += name.length + text.length;
  }
  return sum;
}
