import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import fc from 'fast-check';
import { watchRuns } from '../../fixtures/interpose/within';
import { parseOssecArguments } from '../../src/request/ossec';
import { damaged } from '../damage';
import { Bench, type Order, release } from './bench';
import { carryOut, expectOnlyNamed } from './hostile';
import { isLong, reportFigures } from './report';

const corpus = resolve(__dirname, '../../fixtures/conf');
const samples = readdirSync(corpus)
  .filter((name) => name.endsWith('.conf'))
  .map((name) => readFileSync(join(corpus, name)));

let prepared: Bench;
let original = '';
let endWatching: () => void;
beforeAll(() => {
  endWatching = watchRuns();
  prepared = Bench.create();
  original = prepared.machine.fingerprint();
});

let contained = 0;
let refused = 0;
afterAll(() => {
  endWatching();
  prepared.remove();
  const sentence = `${contained + refused} hostile orders: ${contained} contained the host, ${refused} were refused`;
  reportFigures('fuzz', sentence, { contained, refused });
});

const goodAddress = fc.constantFrom('192.0.2.50', '198.51.100.7', '2001:db8::50');
const hostileAddress = fc.oneof(
  fc.constantFrom(
    '192.0.2.50',
    '2001:db8::50',
    '::ffff:192.0.2.9',
    '0.0.0.0',
    'any',
    '*',
    '-',
    '1.2.3.4/0',
    '0x7f.1',
    '010.1.1.1',
  ),
  fc.constantFrom(
    '192.0.2.1,203.0.113.0/24',
    '192.0.2.1 remoteip=any',
    '192.0.2.1"',
    '192.0.2.1\r\nadvfirewall reset',
    'dns',
  ),
  fc.ipV4(),
  fc.ipV6(),
  fc.ipV4Extended(),
  fc.string(),
);
const settings = fc.oneof(
  fc.constant('{}'),
  fc
    .record({ handlers: fc.array(hostileAddress), alertAddress: fc.constantFrom('allow', 'ignore', '') })
    .map((it) => JSON.stringify(it)),
  fc.json(),
);
const rest = fc.option(
  fc.constantFrom('1598432109.1 5710 (h) any->/var/log/secure', '(from_the_server) (no_rule_id)'),
  { nil: undefined },
);
const order = fc
  .tuple(fc.string(), fc.oneof({ weight: 3, arbitrary: goodAddress }, hostileAddress), rest)
  .map(([user, address, more]): Order => (more === undefined ? ['ADD', user, address] : ['ADD', user, address, more]))
  // A user "?" and no address ask for help; what is no order never gets as far as this.
  .filter((words) => parseOssecArguments(words.map(String))?.kind === 'order');

test('whatever is ordered and configured: an exit code of the table, no exception, and nobody in who was not named', async () => {
  await fc.assert(
    fc.asyncProperty(order, damaged(samples), settings, async (one, configuration, settingsText) => {
      const bench = prepared.copy();
      try {
        mkdirSync(join(bench.home, 'shared'), { recursive: true });
        writeFileSync(join(bench.home, 'ossec.conf'), configuration);
        writeFileSync(join(bench.home, 'shared', 'contain-host.json'), settingsText);
        await carryOut(bench, one);
        if (bench.machine.fingerprint() === original) {
          refused++;
          return;
        }
        contained++;
        const isUtf16 = configuration[0] === 0xff && configuration[1] === 0xfe;
        expectOnlyNamed(bench, one[2], settingsText, configuration.toString(isUtf16 ? 'utf16le' : 'latin1'));
        expect((await carryOut(bench, release)).exitCode).toBe(0);
        expect(bench.machine.fingerprint()).toBe(original);
      } finally {
        bench.remove();
      }
    }),
    { numRuns: isLong ? 1000 : 300 },
  );
}, 3_600_000);
