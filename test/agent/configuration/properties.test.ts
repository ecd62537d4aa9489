import { readdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import fc from 'fast-check';
import { addressesIn, damaged } from '../../damage';
import { outcomeOf } from '../agent-home';

/** What must never come out; noise is full of it. */
const decoy = '198.51.100.66';
const decoys = [
  `<server-ip>${decoy}</server-ip>`,
  `<server><address>${decoy}</address></server>`,
  `<client><server-ip>${decoy}</server-ip></client>`,
  `<address>${decoy}</address>`,
  `</client></ossec_config>`,
  '<!-- <!--',
  '<![CDATA[',
  'a -- b & c',
  "<x y='",
];

const comment = fc
  .tuple(
    fc.constantFrom('<!--', '<!', '<!---'),
    fc.array(fc.constantFrom(...decoys)),
    fc.constantFrom('-->', '!>', '--->'),
  )
  .map(([open, inside, close]) => `${open} ${inside.join('\n')} ${close}`);
const blanks = fc.constantFrom('', ' ', '\n', '\r\n', '\r', '\t', '\n\n  ');
/** Text between elements, which the agent overwrites. It may look like a tag only behind a backslash. */
const text = fc.constantFrom(
  '',
  'x & y',
  'a > b',
  decoy,
  `\\<server-ip>${decoy}`,
  '\\\\ \\<!-- a --><b',
  ']]>',
  '&lt;client&gt;',
);
const noise = fc.array(fc.oneof(comment, blanks, text), { maxLength: 3 }).map((parts) => parts.join(''));
const attributes = fc.constantFrom('', '', ' a="1"', ` a="<server-ip" b='&"/'`, '\n\tx=""', ` y= '${decoy}' `);

/** Where a name or a value is cut by a comment; 0 leaves it whole. */
const cut = fc.nat({ max: 8 });
const withComment = (whole: string, at: number): string =>
  at === 0 ? whole : `${whole.slice(0, at)}<!-- ${decoy} -->${whole.slice(at)}`;

/** An element, with attributes, and with comments in its tags. */
const wrap = (name: string, inside: fc.Arbitrary<string>): fc.Arbitrary<string> =>
  fc
    .tuple(inside, attributes, cut, cut)
    .map(([content, given, one, two]) => `<${withComment(name, one)}${given}>${content}</${withComment(name, two)}>`);

/** An element with a value, before which anything may stand if a child is in between. */
const leaf = (name: string, value: string): fc.Arbitrary<string> =>
  wrap(
    name,
    fc
      .tuple(cut, fc.constantFrom('', `${decoy}<x/>`, `<x>${decoy}</x>`))
      .map(([at, front]) => front + withComment(value, at)),
  );

const sequence = (parts: readonly fc.Arbitrary<string>[]): fc.Arbitrary<string> =>
  fc
    .tuple(noise, ...parts.map((part) => fc.tuple(part, noise).map((pair) => pair.join(''))))
    .map((all) => all.join(''));

interface Model {
  readonly address: string;
  readonly port: number | undefined;
  readonly protocol: 'udp' | 'tcp' | undefined;
}

const model: fc.Arbitrary<Model> = fc.record({
  address: fc.oneof(
    fc.integer({ min: 1, max: 9 }).map((last) => `192.0.2.${last}`),
    fc.integer({ min: 1, max: 9 }).map((last) => `2001:db8::${last}`),
  ),
  port: fc.option(fc.integer({ min: 1, max: 65535 }), { nil: undefined }),
  protocol: fc.option(fc.constantFrom('udp', 'tcp'), { nil: undefined }),
});

/** Elements and sections that name no server, whatever they hold. */
const otherElement = fc.constantFrom(
  `<enrollment><manager_address>${decoy}</manager_address><port>1515</port></enrollment>`,
  `<config-profile>${decoy}</config-profile>`,
  '<notify_time>10</notify_time>',
  '<auto_restart/>',
);
const otherSection = sequence([
  wrap('localfile', fc.constant(`<query>\\<Select>${decoy}</query><location>${decoy}</location>`)),
  wrap('remote', fc.constant(decoys.slice(0, 4).join(''))),
]);

function renderServer({ address, port, protocol }: Model): fc.Arbitrary<string> {
  const parts = [leaf('address', address)];
  if (port !== undefined) parts.push(leaf('port', String(port)));
  if (protocol !== undefined) parts.push(leaf('protocol', protocol));
  return fc.shuffledSubarray(parts, { minLength: parts.length }).chain((order) => wrap('server', sequence(order)));
}

const inRoots = (sections: readonly fc.Arbitrary<string>[]): fc.Arbitrary<string> =>
  sequence(sections.map((section) => wrap('ossec_config', sequence([otherSection, section]))));

/** `address|port|protocols`, one line for each address and port, as the product says it. */
function expected(models: readonly Model[]): string[] | string {
  const merged = new Map<string, string[]>();
  for (const { address, port, protocol } of models) {
    const key = `${address}|${port ?? 1514}`;
    merged.set(key, (merged.get(key) ?? []).concat(protocol ?? ['tcp', 'udp']));
  }
  const lines = [...merged].map(([key, protocols]) => `${key}|${[...new Set(protocols)].sort().join('+')}`);
  return lines.length === 0 ? 'no-server' : lines;
}

test('whatever stands around them, exactly the servers of a Wazuh file are read, in order', async () => {
  const files = fc.array(fc.array(model, { maxLength: 3 }), { maxLength: 3 }).chain((blocks) => {
    const sections = blocks.map((block) => wrap('client', sequence([otherElement, ...block.map(renderServer)])));
    return inRoots(sections).map((file) => ({ file, blocks }));
  });
  await fc.assert(
    fc.asyncProperty(files, async ({ file, blocks }) => {
      expect(await outcomeOf(file)).toEqual(expected(blocks.flat()));
    }),
    { numRuns: 400 },
  );
});

test('and exactly those of an OSSEC file', async () => {
  const addresses = fc.array(
    fc.integer({ min: 1, max: 9 }).map((last) => `192.0.2.${last}`),
    { minLength: 1, maxLength: 3 },
  );
  const port = fc.option(fc.integer({ min: 1, max: 65535 }), { nil: undefined });
  const files = fc.tuple(fc.array(addresses, { minLength: 1, maxLength: 3 }), port).chain(([blocks, number]) => {
    // With a port in every section both agents agree on it.
    const ports = number === undefined ? [] : [leaf('port', String(number))];
    const sections = blocks.map((block) =>
      wrap('client', sequence([...block.map((address) => leaf('server-ip', address)), ...ports])),
    );
    const models = blocks.flat().map((address): Model => ({ address, port: number, protocol: undefined }));
    return inRoots(sections).map((file) => ({ file, models }));
  });
  await fc.assert(
    fc.asyncProperty(files, async ({ file, models }) => {
      expect(await outcomeOf(file)).toEqual(expected(models));
    }),
    { numRuns: 400 },
  );
});

test('any bytes end in servers or in a failure', async () => {
  const words = [
    '<',
    '>',
    '</',
    '/>',
    '<!--',
    '-->',
    '!>',
    '\\',
    '&',
    '"',
    '=',
    ' ',
    '\n',
    '\0',
    '\x1a',
    '<?xml',
    '?>',
  ];
  const tags = [
    'ossec_config',
    'client',
    'server-ip',
    'server',
    'address',
    'agent',
    '__proto__',
    'constructor',
  ].flatMap((name) => [`<${name}>`, `</${name}>`, `<${name} x="`, name]);
  const token = fc.constantFrom(...words, ...tags, '192.0.2.10');
  const bytes = fc.oneof(
    fc.uint8Array({ maxLength: 2000 }).map((array) => Buffer.from(array)),
    fc.array(token, { maxLength: 60 }).map((parts) => Buffer.from(parts.join(''))),
  );
  await fc.assert(
    fc.asyncProperty(bytes, async (content) => {
      const outcome = await outcomeOf(content);
      if (typeof outcome !== 'string') expect(outcome.join()).toMatch(/^192\.0\.2\.10\|/);
    }),
    { numRuns: 2000 },
  );
});

test('a real file with other bytes in it ends in servers that stand in it, or in a failure', async () => {
  const folder = resolve(__dirname, '../../../fixtures/conf');
  const files = readdirSync(folder)
    .filter((name) => name.endsWith('.conf'))
    .map((name) => readFileSync(join(folder, name)));
  await fc.assert(
    fc.asyncProperty(damaged(files), async (content) => {
      const outcome = await outcomeOf(content);
      if (typeof outcome === 'string') return;
      const isUtf16 = content[0] === 0xff && content[1] === 0xfe;
      const named = addressesIn(content.toString(isUtf16 ? 'utf16le' : 'latin1'));
      expect(outcome.filter((server) => !named.has(server.replace(/\|.*/, '')))).toEqual([]);
    }),
    { numRuns: 2000 },
  );
});
