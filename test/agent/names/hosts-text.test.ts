import fc from 'fast-check';
import {
  appendix,
  missingPins,
  type Pin,
  pinLine,
  pinsIn,
  withoutPins,
  withoutTorn,
} from '../../../src/agent/names/hosts-text';

const pins: Pin[] = [
  { name: 'mgr.example.net', address: '192.0.2.10' },
  { name: 'mgr.example.net', address: '2001:db8::10' },
];

describe('lines are appended in the kind of the file, and taken out to the byte', () => {
  test.each([
    ['an empty file', ''],
    ['one line', '127.0.0.1 localhost\n'],
    ['one line of Windows', '127.0.0.1 localhost\r\n'],
    ['no end of the last line', '127.0.0.1 localhost'],
    ['no end of the last line, on Windows', '# x\r\n127.0.0.1 localhost'],
    ['a carriage return alone at its end', '127.0.0.1 localhost\r'],
    ['a byte order mark and nothing else', '\xef\xbb\xbf'],
    ['a byte order mark', '\xef\xbb\xbf127.0.0.1 localhost\n'],
    ['empty lines at its end', '127.0.0.1 localhost\n\n\n'],
    ['bytes that are no text', '\x80\xff\x01\r\n\x02'],
  ])('%s', (_what, before) => {
    for (const platform of ['windows', 'linux'] as const) {
      const during = before + appendix(before, pins, false, platform);
      expect(pinsIn(during)).toEqual([...pinsIn(before), ...pins]);
      expect(withoutPins(during)).toBe(before);
    }
  });

  test('with the line ends of the file', () => {
    expect(appendix('a\r\n', pins, false, 'linux')).toMatch(/^192\.0\.2\.10 mgr\.example\.net # contain-host\r\n/);
    expect(appendix('a\n', pins, false, 'windows')).not.toContain('\r');
    expect(appendix('', pins, false, 'windows')).toContain('\r\n');
  });

  test('a file that we made goes again, unless somebody else wrote into it', () => {
    const made = appendix('', pins, true, 'linux');
    expect(withoutPins(made)).toBeUndefined();
    expect(withoutPins(`${made}10.0.0.1 other\n`)).toBe('10.0.0.1 other\n');
  });
});

test('lines of others that look like ours stay', () => {
  const others = [
    '192.0.2.10 mgr.example.net',
    '#192.0.2.10 mgr.example.net # contain-host',
    '192.0.2.10 mgr.example.net # contain-host of the summer',
    '192.0.2.10 mgr.example.net other # contain-host',
    '192.0.2.10  mgr.example.net # contain-host',
    ' 192.0.2.10 mgr.example.net # contain-host',
    '192.0.2.10 mgr.example.net # contain-host ',
    '# contain-host',
  ];
  expect(withoutPins(`${others.join('\n')}\n`)).toBe(`${others.join('\n')}\n`);
});

test('what the file says already is not said again', () => {
  const text =
    '192.0.2.10\tMGR.example.net mgr # the manager\n2001:DB8:0::10 mgr.example.net\n#192.0.2.11 mgr.example.net\n';
  expect(missingPins(text, [...pins, { name: 'mgr.example.net', address: '192.0.2.11' }])).toEqual([
    { name: 'mgr.example.net', address: '192.0.2.11' },
  ]);
});

const lineText = fc.oneof(
  fc.string({ maxLength: 12 }).map((text) => text.replace(/[\r\n\0]/g, '')),
  fc.constantFrom('127.0.0.1 localhost', '', '#', '\t', '192.0.2.10 mgr.example.net', '\xef\xbb\xbf', '\x80\xff'),
);
const end = fc.constantFrom('\n', '\r\n');
const fileText = fc
  .tuple(fc.array(fc.tuple(lineText, end)), fc.oneof(fc.constant(''), lineText, fc.constant('x\r')))
  .map(([lines, last]) => lines.map(([line, lineEnd]) => line + lineEnd).join('') + last);
const anyPin = fc.record({
  name: fc.constantFrom('mgr.example.net', 'a', 'x_1.local', 'b.'),
  address: fc.constantFrom('192.0.2.10', '2001:db8::10', 'fe80::5'),
});
const somePins = fc.array(anyPin, { minLength: 1, maxLength: 4 });
const anyPlatform = fc.constantFrom('windows' as const, 'linux' as const);

test('appending and taking out gives every file back, byte for byte', () => {
  fc.assert(
    fc.property(fileText, fc.array(somePins, { maxLength: 3 }), anyPlatform, (before, appended, platform) => {
      let during = before;
      for (const more of appended) during += appendix(during, more, false, platform);
      expect(withoutPins(during)).toBe(before);
    }),
    { numRuns: 2000 },
  );
});

test('whatever others do in between, their lines are what is left', () => {
  const edit = fc.oneof(
    fc.tuple(fc.constant('append' as const), fc.tuple(lineText, end)),
    fc.tuple(fc.constant('prepend' as const), fc.tuple(lineText, end)),
    fc.tuple(fc.constant('pin' as const), somePins),
  );
  fc.assert(
    fc.property(fileText, fc.array(edit, { maxLength: 8 }), anyPlatform, (before, edits, platform) => {
      const linesOf = (text: string): string[] => text.split(/\r*\n|\r+$/).filter((line) => line !== '');
      let during = before;
      const foreign = linesOf(before);
      for (const [kind, what] of edits) {
        if (kind === 'pin') during += appendix(during, what, false, platform);
        else {
          const [line, lineEnd] = what;
          if (kind === 'prepend') {
            during = line + lineEnd + during;
            foreign.unshift(...linesOf(line));
          } else {
            // Who appends a line sees to it that it is one.
            if (during !== '' && !during.endsWith('\n')) during += lineEnd;
            during += line + lineEnd;
            foreign.push(...linesOf(line));
          }
        }
      }
      expect(linesOf(withoutPins(during) ?? '')).toEqual(foreign);
    }),
    { numRuns: 2000 },
  );
});

test('an appendix that was cut short is taken away, a whole one and what others wrote is not', () => {
  fc.assert(
    fc.property(fileText, somePins, fc.nat(), fc.boolean(), (before, more, length, isZeroed) => {
      const whole = appendix(before, more, false, 'linux');
      const part = whole.slice(0, length % whole.length);
      const torn = isZeroed ? '\0'.repeat(part.length) : part;
      expect(withoutTorn(before + torn, before.length, whole)).toBe(before);
      expect(withoutTorn(before + whole, before.length, whole)).toBe(before + whole);
      const edited = `${before}10.0.0.1 other\n`;
      expect(withoutTorn(edited, before.length, whole)).toBe(edited);
    }),
  );
});

test('a line of ours is read by the C library and by Windows as one name', () => {
  expect(pinLine(pins[0] as Pin)).toBe('192.0.2.10 mgr.example.net # contain-host');
});
