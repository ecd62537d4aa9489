import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import fc from 'fast-check';
import { watchRuns } from '../../fixtures/interpose/within';
import { exitCodes } from '../../src/outcome/exit-codes';
import { isRefusal, parseNetwork } from '../../src/policy/address';
import { Bench, type Order, release } from './bench';
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

/** A configuration of the corpus in which some bytes are others, missing, or there twice. */
const mutated: fc.Arbitrary<Buffer> = fc
  .tuple(
    fc.constantFrom(...samples),
    fc.array(fc.tuple(fc.nat(), fc.nat(40), fc.string({ maxLength: 12 })), { maxLength: 4 }),
  )
  .map(([sample, changes]) => {
    let bytes = sample;
    for (const [position, length, text] of changes) {
      const at = position % (bytes.length + 1);
      bytes = Buffer.concat([bytes.subarray(0, at), Buffer.from(text), bytes.subarray(at + length)]);
    }
    return bytes;
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
  .tuple(fc.string(), fc.oneof(goodAddress, hostileAddress), rest)
  .map(([user, address, more]): Order => (more === undefined ? ['ADD', user, address] : ['ADD', user, address, more]));

/** Everything in a text that could be meant as an address, in the form in which rules are made. */
function addressesIn(text: string): Set<string> {
  const words = text.split(/[^0-9A-Za-z.:/]+/).flatMap((word) => [word, ...word.split('/')]);
  return new Set(
    words.flatMap((word) => {
      const address = parseNetwork(word, 24, 64);
      return isRefusal(address) ? [] : [address.text];
    }),
  );
}

/** The hosts that active rules of this machine let in or out, without their prefixes. */
function letThrough(bench: Bench): string[] {
  const active = Object.values(bench.machine.rules()).filter((rule) => rule.includes('|Active=TRUE|'));
  return active.flatMap((rule) =>
    [...rule.matchAll(/\|RA[46]=([^|/]+)/g)]
      .map(([, address]) => String(address))
      .filter((address) => !/^DNS$/i.test(address)),
  );
}

/** Rules without an address: ping, DHCP, and what an IPv6 neighbour needs. Everything else is for somebody. */
const forEverybody = /Name=(Allow ICMP (in|out)|contain-host: (DHCP|ICMPv6|neighbour)[^|]*)\|/;

test('whatever is ordered and configured: an exit code of the table, no exception, and nobody in who was not named', async () => {
  await fc.assert(
    fc.asyncProperty(order, mutated, settings, async (one, configuration, settingsText) => {
      const bench = prepared.copy();
      try {
        mkdirSync(join(bench.home, 'shared'), { recursive: true });
        writeFileSync(join(bench.home, 'ossec.conf'), configuration);
        writeFileSync(join(bench.home, 'shared', 'contain-host.json'), settingsText);
        const { exitCode, outcome } = await bench.workWithin(one, { lock: 'played' });
        expect(Object.values(exitCodes)).toContain(exitCode);
        expect(outcome?.message).not.toMatch(/unexpected error|\bat .+:\d+:\d+|TypeError/);
        if (bench.machine.fingerprint() === original) {
          refused++;
          return;
        }
        contained++;
        const isUtf16 = configuration[0] === 0xff && configuration[1] === 0xfe;
        const text = configuration.toString(isUtf16 ? 'utf16le' : 'latin1');
        const named = addressesIn([one[2], settingsText, text].join(' '));
        expect(letThrough(bench).filter((address) => !named.has(address))).toEqual([]);
        const rules = Object.values(bench.machine.rules()).filter((rule) => rule.includes('|Active=TRUE|'));
        expect(rules.filter((rule) => !/\|RA[46]=/.test(rule) && !forEverybody.test(rule))).toEqual([]);
        expect((await bench.workWithin(release, { lock: 'played' })).exitCode).toBe(0);
        expect(bench.machine.fingerprint()).toBe(original);
      } finally {
        bench.remove();
      }
    }),
    isLong ? { numRuns: 5000 } : { numRuns: 500, seed: 20_261_125 },
  );
}, 3_600_000);
