import fc from 'fast-check';
import { keyPath, parseRegistryFile, type RegistryKeys } from '../../../../src/windows/registry-file';

type Data = string | number | Buffer;

const head = 'Windows Registry Editor Version 5.00';
const root = 'HKEY_LOCAL_MACHINE\\SYSTEM\\Rules';

function encode(text: string): Buffer {
  return Buffer.from(`\ufeff${text}`, 'utf16le');
}

/** Writes keys as `reg export` does: a blank line behind each, long binary values over several lines. */
function write(
  keys: readonly (readonly [path: string, values: readonly (readonly [name: string, data: Data])[]])[],
): Buffer {
  const quote = (text: string): string => `"${text.replaceAll('\\', '\\\\').replaceAll('"', '\\"')}"`;
  const data = (value: Data): string => {
    if (typeof value === 'string') return quote(value);
    if (typeof value === 'number') return `dword:${value.toString(16).padStart(8, '0')}`;
    return `hex(7):${value
      .toString('hex')
      .replace(/..\B/g, '$&,')
      .replace(/(?:..,){25}/g, '$&\\\r\n  ')}`;
  };
  const lines = keys.map(([path, values]) => {
    const pairs = values.map(([name, value]) => `${name === '' ? '@' : quote(name)}=${data(value)}\r\n`);
    return `[${path}]\r\n${pairs.join('')}\r\n`;
  });
  return encode(`${head}\r\n\r\n${lines.join('')}`);
}

function keysOf(bytes: Buffer): RegistryKeys {
  const parsed = parseRegistryFile(bytes);
  if ('error' in parsed) throw new Error(parsed.error);
  return parsed.keys;
}

test('texts and numbers are read by the path of their key and their name, in any case', () => {
  const rule = 'v2.31|Action=Allow|Active=TRUE|Dir=In|App=C:\\a "b"\\c.exe|Name=One\r\nTwo|';
  const values: [string, Data][] = [
    ['', 'standard'],
    ['{Имя} "x"', rule],
    ['Number', 0xffff_fffe],
    ['Many', Buffer.from('a\0b\0\0'.repeat(40), 'utf16le')],
    ['Empty', ''],
    ['None', Buffer.alloc(0)],
    ['Last', 1],
  ];
  const keys = keysOf(
    write([
      [root, values],
      [`${root}\\Sub[1]`, []],
    ]),
  );
  expect([...keys.keys()]).toEqual([keyPath('HKLM\\System\\RULES'), keyPath('HKLM\\System\\RULES\\sub[1]')]);
  const read = keys.get(keyPath('HKLM\\SYSTEM\\Rules'));
  expect([...(read?.texts() ?? [])]).toEqual([
    ['', 'standard'],
    ['{Имя} "x"', rule],
    ['Empty', ''],
  ]);
  expect([read?.number('NUMBER'), read?.number('last'), read?.text('many'), read?.number('none')]).toEqual([
    0xffff_fffe,
    1,
    undefined,
    undefined,
  ]);
});

describe('whatever is not a whole export is an error', () => {
  const whole = write([
    [
      root,
      [
        ['a', 'text'],
        ['b', 7],
      ],
    ],
  ]);
  const bad: [string, Buffer][] = [
    ['nothing', Buffer.alloc(0)],
    ['the mark alone', encode('')],
    ['8-bit text', Buffer.from(`${head}\r\n\r\n[${root}]\r\n\r\n`)],
    ['UTF-16 without its mark', whole.subarray(2)],
    ['the other byte order', Buffer.from(whole).swap16()],
    ['version 4', encode(`REGEDIT4\r\n\r\n[${root}]\r\n\r\n`)],
    ['a value before the first key', encode(`${head}\r\n\r\n"a"="b"\r\n\r\n`)],
    ['a text without its end', encode(`${head}\r\n\r\n[${root}]\r\n"a"="b\r\n\r\n`)],
    ['an escape of something else', encode(`${head}\r\n\r\n[${root}]\r\n"a"="\\b"\r\n\r\n`)],
    ['a number that is too short', encode(`${head}\r\n\r\n[${root}]\r\n"a"=dword:1\r\n\r\n`)],
    ['something behind a value', encode(`${head}\r\n\r\n[${root}]\r\n"a"="b" c\r\n\r\n`)],
    ['an unknown kind of value', encode(`${head}\r\n\r\n[${root}]\r\n"a"=number:1\r\n\r\n`)],
    ['binary data that goes on nowhere', encode(`${head}\r\n\r\n[${root}]\r\n"a"=hex:00,\\\r\n\r\n\r\n[x]\r\n\r\n`)],
    ['a key without its end', encode(`${head}\r\n\r\n[${root}\r\n\r\n`)],
  ];
  test.each(bad)('%s', (_, bytes) => {
    expect(parseRegistryFile(bytes)).toEqual({ error: expect.any(String) });
  });

  test('a file cut short within a line', () => {
    const lines = whole.toString('utf16le').split('\r\n\r\n');
    const atBlankLine = new Set(lines.map((_, index) => 2 * (lines.slice(0, index + 1).join('\r\n\r\n').length + 4)));
    for (let length = 0; length < whole.length; length++) {
      if (!atBlankLine.has(length)) expect(parseRegistryFile(whole.subarray(0, length))).toHaveProperty('error');
    }
  });
});

test('written and read again is the same', () => {
  const text = fc.oneof(
    fc.string({ unit: 'binary' }),
    fc.string({ unit: fc.constantFrom('"', '\\', '\r', '\n', '[', ']', '=', ';', 'x'), maxLength: 40 }),
  );
  const name = fc.string({ unit: 'grapheme', maxLength: 30 }).filter((value) => !/[\r\n]/.test(value));
  const data = fc.oneof(
    text,
    fc.nat(0xffffffff),
    fc.uint8Array({ maxLength: 200 }).map((bytes) => Buffer.from(bytes)),
  );
  const pairs = fc.uniqueArray(fc.tuple(name, data), { selector: ([key]) => key.toLowerCase(), maxLength: 20 });
  fc.assert(
    fc.property(pairs, pairs, (first, second) => {
      const keys = keysOf(
        write([
          [root, first],
          [`${root}\\Б`, second],
        ]),
      );
      for (const [path, values] of [
        [root, first],
        [`${root}\\Б`, second],
      ] as const) {
        const read = keys.get(keyPath(path));
        for (const [key, value] of values) {
          expect(read?.text(key)).toBe(typeof value === 'string' ? value : undefined);
          expect(read?.number(key)).toBe(typeof value === 'number' ? value : undefined);
        }
      }
    }),
    { numRuns: 500 },
  );
});

test('any bytes, and any change of a sound file, are read or refused, never anything else', () => {
  const sound = write([
    [
      root,
      [
        ['a "b"', 'c\\d'],
        ['n', 5],
        ['h', Buffer.alloc(60, 1)],
      ],
    ],
  ]);
  const change = fc.tuple(fc.nat(sound.length - 1), fc.nat(255));
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 300 }), fc.array(change, { maxLength: 6 }), (bytes, changes) => {
      const damaged = Buffer.from(sound);
      for (const [at, byte] of changes) damaged[at] = byte;
      for (const file of [Buffer.from(bytes), Buffer.concat([encode(`${head}\r\n`), Buffer.from(bytes)]), damaged]) {
        const parsed = parseRegistryFile(file);
        expect('error' in parsed ? typeof parsed.error : parsed.keys).not.toBe('undefined');
      }
    }),
    { numRuns: 2000 },
  );
});

test('values of many megabytes are read, whatever they are made of', () => {
  const long: [string, Data][] = [
    ['hex', Buffer.alloc(1_000_000, 1)],
    ['text', 'x'.repeat(1_000_000)],
    ['quotes', '"\\'.repeat(500_000)],
    ['lines', '\r\n'.repeat(500_000)],
  ];
  const read = keysOf(write([[root, long]])).get(keyPath(root));
  expect(['text', 'quotes', 'lines'].map((name) => read?.text(name)?.length)).toEqual([
    1_000_000, 1_000_000, 1_000_000,
  ]);
});

test.each([
  ['hex(1):76,00,32,00,00,00', 'v2', 'v2'],
  ['hex(2):25,00,78,00,\\\r\n  25,00,00,00,41,00', '%x%', { expandable: '%x%' }],
  ['hex(2):', '', { expandable: '' }],
  ['hex(b):01,00,00,00,00,00,00,00', undefined, { type: 11, bytes: Buffer.from([1, 0, 0, 0, 0, 0, 0, 0]) }],
  ['hex:ff', undefined, { type: 3, bytes: Buffer.from([0xff]) }],
])('%s is a text, or keeps its type', (data, text, value) => {
  const read = keysOf(encode(`${head}\r\n\r\n[${root}]\r\n"a"=${data}\r\n\r\n`)).get(keyPath('HKLM\\SYSTEM\\Rules'));
  expect(read?.text('A')).toBe(text);
  expect(read?.value('A')).toEqual(value);
});
