import { mkdirSync, writeFileSync } from 'node:fs';
import { networkInterfaces } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { readSettings, type Settings } from '../../src/agent/settings';
import { cidr } from '../../src/policy/address';
import { entryText } from '../../src/policy/allow-entry';
import { newFolder } from './agent-home';

const pushed = 'shared/contain-host.json';
const beside = 'active-response/bin/contain-host.json';
const defaults = {
  ...{ handlers: [], allow: [], alertAddress: 'ignore', whenServerLost: 'refuse', seal: 'where-needed' },
  message: {},
  warnings: [],
};

const read = (content: string | Buffer): Settings => readSettings('windows', newFolder({ [pushed]: content }));
const readObject = (settings: unknown): Settings => read(JSON.stringify(settings));
const handlersOf = (settings: Settings): string[] => settings.handlers.map(cidr);

test('without a file everything has its default', () => {
  expect(readSettings('windows', newFolder())).toEqual(defaults);
});

test('every key is read', () => {
  const settings = readObject({
    handlers: ['198.51.100.7', '198.51.100.0/24', '2001:DB8::/64'],
    alertAddress: 'allow',
    whenServerLost: 'contain',
    seal: 'always',
    allow: [{ address: '203.0.113.7', direction: 'out', protocol: 'udp', ports: [500, 4500] }],
    probe: { address: '192.0.2.80', port: 443 },
    message: { contained: 'Call 4711.', released: 'Ärger vorbei' },
  });
  expect(handlersOf(settings)).toEqual(['198.51.100.7/32', '198.51.100.0/24', '2001:db8::/64']);
  expect(settings).toMatchObject({
    alertAddress: 'allow',
    whenServerLost: 'contain',
    seal: 'always',
    probe: { address: { text: '192.0.2.80' }, port: 443 },
    message: { contained: 'Call 4711.', released: 'Ärger vorbei' },
    warnings: [],
  });
});

test.each([
  ['Two\nlines', /line breaks/],
  ['\u001b[2J', /control characters/],
  ['Left \u202egnilur', /control characters/],
  ['/server:pc', /does not begin with a letter or a digit/],
  ['-g root', /does not begin with a letter or a digit/],
  ['', /does not begin with a letter or a digit/],
  ['x'.repeat(251), /more than 250/],
  [17, /is no text/],
])('the message %j is left out and named, and the other one counts', (contained, why) => {
  const { message, warnings } = readObject({ message: { contained, released: 'Back' } });
  expect(message).toEqual({ released: 'Back' });
  expect(warnings).toEqual([expect.stringMatching(why)]);
});

test.each([['Call 4711.'], [['Call 4711.']], [null]])('a message %j is none', (message) => {
  expect(readObject({ message })).toMatchObject({ message: {}, warnings: [expect.stringMatching(/message is not/)] });
});

test('a message for anything else is named, and one that stands there twice is left out', () => {
  expect(readObject({ message: { __proto__: null, opened: 'x' } }).warnings).toEqual([
    expect.stringMatching(/contained and released only/),
  ]);
  expect(read('{"message": {"contained": "a", "contained": "b"}}')).toMatchObject({
    message: {},
    warnings: [expect.stringMatching(/"message" stands there twice/)],
  });
});

test('this host is no handler of its own, but may lie in the network of one', () => {
  const own = Object.values(networkInterfaces())
    .flatMap((entries) => entries ?? [])
    .find(({ family, internal }) => family === 'IPv4' && !internal)?.address;
  const settings = readObject({ handlers: [own, `${own}/32`, `${own}/24`] });
  expect(handlersOf(settings)).toEqual([expect.stringMatching(/\.0\/24$/)]);
  expect(settings.warnings.join()).toMatch(/is this host's own/);
});

test('the file that the server pushes counts, whole; else the one beside the program', () => {
  const both = newFolder({ [pushed]: '{"alertAddress":"allow"}', [beside]: '{"whenServerLost":"contain"}' });
  expect(readSettings('windows', both)).toEqual({ ...defaults, alertAddress: 'allow', file: join(both, pushed) });
  const one = newFolder({ [beside]: '{"whenServerLost":"contain"}' });
  expect(readSettings('windows', one)).toMatchObject({ whenServerLost: 'contain', file: join(one, beside) });
});

test('on Linux the pushed file lies in etc/shared', () => {
  const home = newFolder({ 'etc/shared/contain-host.json': '{"alertAddress":"allow"}', [pushed]: '{}' });
  expect(readSettings('linux', home).alertAddress).toBe('allow');
});

test.each([
  '0.0.0.0/0',
  '10.0.0.0/8',
  '198.51.100.0/23',
  '2001:db8::/63',
  '127.0.0.1',
  'any',
  'sift.example.net',
  '198.51.100.7 ',
  '198.51.100.7-198.51.100.9',
  '',
  42,
  null,
  true,
  ['198.51.100.7'],
  { toString: 1, valueOf: 1 },
])('the handler %j is left out and said, the good one stays', (bad) => {
  const settings = readObject({ handlers: [bad, '198.51.100.7', '198.51.100.7'] });
  expect(handlersOf(settings)).toEqual(['198.51.100.7/32']);
  expect(settings.warnings).toEqual([expect.stringContaining('handler')]);
});

test('the first 100 handlers count, and one warning says which do not', () => {
  const list = Array.from({ length: 4000 }, (_, index) => `10.1.${index >> 8}.${index & 255}`);
  expect(readObject({ handlers: list.slice(0, 100) })).toMatchObject({ handlers: { length: 100 }, warnings: [] });
  const settings = readObject({ handlers: ['sift.example.net', ...list, 'any', 42] });
  expect(handlersOf(settings)).toEqual(list.slice(0, 99).map((text) => `${text}/32`));
  expect(settings.warnings).toEqual([
    expect.stringMatching(/handlers has 4003 entries: only the first 100 .* number 101/),
    expect.stringContaining('sift.example.net'),
  ]);
});

const entriesOf = (settings: Settings): string[] => settings.allow.map(entryText);

test('each entry to let through is judged alone, and what is wrong with it is said', () => {
  const gateway = { address: '203.0.113.7', direction: 'out', protocol: 'udp', ports: [500, 4500] };
  const settings = readObject({
    allow: [gateway, { ...gateway, direction: 'sideways' }, { ...gateway, address: 'vpn.example.net' }, gateway],
  });
  expect(entriesOf(settings)).toEqual(['203.0.113.7/32 out udp 500,4500']);
  expect(settings.warnings).toEqual([
    expect.stringMatching(/number 2 of the setting allow .*direction/),
    expect.stringMatching(/number 3 of the setting allow .*vpn\.example\.net/),
  ]);
});

test('the first 100 entries count, and one warning says which do not', () => {
  const allow = Array.from({ length: 140 }, (_, index) => ({ address: `10.1.0.${index + 1}`, protocol: 'tcp' }));
  const settings = readObject({ allow });
  expect(entriesOf(settings)).toEqual(allow.slice(0, 100).map(({ address }) => `${address}/32 both tcp`));
  expect(settings.warnings).toEqual([expect.stringMatching(/allow has 140 entries: only the first 100/)]);
});

test("this host's own address is no entry", () => {
  const own = Object.values(networkInterfaces())
    .flatMap((entries) => entries ?? [])
    .find(({ family, internal }) => family === 'IPv4' && !internal)?.address;
  const settings = readObject({ allow: [{ address: own, protocol: 'tcp' }] });
  expect(entriesOf(settings)).toEqual([]);
  expect(settings.warnings).toEqual([expect.stringContaining("this host's own")]);
});

test.each([
  ['handlers', '198.51.100.7'],
  ['allow', { address: '203.0.113.7', protocol: 'tcp' }],
  ['allow', '203.0.113.7'],
  ['seal', 'off'],
  ['seal', true],
  ['handlers', { 0: '198.51.100.7' }],
  ['alertAddress', 'ALLOW'],
  ['alertAddress', true],
  ['whenServerLost', 'ignore'],
  ['whenServerLost', null],
  ['probe', '192.0.2.80:443'],
  ['probe', { address: 'probe.example.net', port: 443 }],
  ['probe', { address: '192.0.2.80' }],
  ['probe', { address: '192.0.2.80', port: 0 }],
  ['probe', { address: '192.0.2.80', port: '443' }],
  ['probe', { address: '192.0.2.80', port: 443.5 }],
  ['handler', ['198.51.100.7']],
  ['__proto__', { alertAddress: 'allow' }],
])('%s: %j is left out and named', (key, value) => {
  const settings = read(`{"${key}":${JSON.stringify(value)}}`);
  expect(settings).toMatchObject({ ...defaults, warnings: [expect.stringContaining(key)] });
  expect(settings.probe).toBeUndefined();
});

test.each([
  ['{"alertAddress":"allow","alertAddress":"ignore","whenServerLost":"contain"}', 'alertAddress'],
  ['{"alertAddress":"allow","alert\\u0041ddress":"allow","whenServerLost":"contain"}', 'alertAddress'],
  ['{"probe":{"address":"192.0.2.80","port":443,"port":80},"whenServerLost":"contain"}', 'probe'],
  ['{"allow":[{"address":"203.0.113.7","protocol":"tcp","protocol":"udp"}],"whenServerLost":"contain"}', 'allow'],
])('a key that stands twice does not count: %s', (content, key) => {
  const settings = read(content);
  expect(settings).toMatchObject({ ...defaults, whenServerLost: 'contain', warnings: [expect.stringContaining(key)] });
  expect(settings.probe).toBeUndefined();
});

test.each([
  ['', 'not JSON'],
  ['{', 'not JSON'],
  ['[]', 'not a JSON object'],
  ['null', 'not a JSON object'],
  ['"x"', 'not a JSON object'],
  [Buffer.from('{"alertAddress":"allow"}', 'utf16le'), 'not JSON'],
  [`{"alertAddress":"allow"}${' '.repeat(65_536)}`, 'larger'],
  ['['.repeat(60_000), 'not JSON'],
])('a file that is no settings file is not used, and said', (content, why) => {
  expect(read(content)).toMatchObject({ ...defaults, warnings: [expect.stringContaining(why)] });
});

test('a byte order mark does no harm', () => {
  expect(read('\ufeff{"alertAddress":"allow"}').alertAddress).toBe('allow');
});

test('a folder in place of the file is said, and nothing else is read instead', () => {
  const home = newFolder({ [beside]: '{"alertAddress":"allow"}' });
  mkdirSync(join(home, pushed), { recursive: true });
  expect(readSettings('windows', home)).toMatchObject({ ...defaults, warnings: [expect.stringContaining(pushed)] });
});

test('deeply nested entries do no harm', () => {
  const deep = `${'['.repeat(20_000)}${']'.repeat(20_000)}`;
  expect(read(`{"handlers":[${deep},"198.51.100.7"]}`).handlers).toHaveLength(1);
});

test('no JSON throws, and nothing that is not allowed comes out of one', () => {
  const key = fc.constantFrom(
    'handlers',
    'allow',
    'alertAddress',
    'whenServerLost',
    'seal',
    'probe',
    '__proto__',
    'constructor',
    'x',
  );
  const address = fc.oneof(
    fc.ipV4(),
    fc.ipV6(),
    fc.ipV4().map((text) => `${text}/24`),
    fc.string(),
  );
  const value = fc.oneof(
    fc.jsonValue(),
    fc.array(address),
    fc.record({ address, port: fc.integer() }),
    fc.constant('allow'),
  );
  const json = fc.oneof(
    fc.array(fc.tuple(key, value)).map((pairs) => `{${pairs.map(([k, v]) => `"${k}":${JSON.stringify(v)}`).join()}}`),
    fc.json(),
    fc.string(),
  );
  const home = newFolder({ [pushed]: '' });
  fc.assert(
    fc.property(json, (content) => {
      writeFileSync(join(home, pushed), content);
      const settings = readSettings('windows', home);
      expect(['allow', 'ignore']).toContain(settings.alertAddress);
      expect(['refuse', 'contain']).toContain(settings.whenServerLost);
      expect(['where-needed', 'always', 'never']).toContain(settings.seal);
      const letIn = [...settings.handlers, ...settings.allow.map(({ address }) => address)];
      for (const { family, prefix } of letIn) expect(prefix).toBeGreaterThanOrEqual(family === 4 ? 24 : 64);
      expect(settings.warnings.join('')).toMatch(/^[\x20-\x7e]*$/);
    }),
    { numRuns: 2000 },
  );
});
