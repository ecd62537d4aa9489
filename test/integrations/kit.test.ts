import { readdirSync, readFileSync } from 'node:fs';
import { XMLValidator } from 'fast-xml-parser';
import { type Dialect, ossecDialect, Scanner, wazuhDialect } from '../../src/agent/configuration/scanner';
import { kitFile, type Product } from './rules';

const products: readonly Product[] = ['ossec', 'wazuh'];
const files = products.flatMap((product) =>
  readdirSync(kitFile(product, '.'))
    .filter((name) => name.endsWith('.xml'))
    .map((name) => ({ product, name })),
);

interface Element {
  readonly name: string;
  text: string;
  readonly children: Element[];
}

/** All elements below the roots, as the product's own reader finds them (os_xml.c). Throws where that one gives up. */
function readAs(dialect: Dialect, source: string): Element {
  const scanner = new Scanner(source, dialect);
  const root: Element = { name: '', text: '', children: [] };
  const open = [root];
  for (let text = scanner.readText(false); text !== undefined; text = scanner.readText(open.length > 1)) {
    const inner = open.at(-1) ?? root;
    if (scanner.skipSlash()) {
      inner.text = text;
      if (scanner.readClosingTag() !== inner.name || open.pop() === root) scanner.reject('this closes nothing');
    } else {
      const { name, closed } = scanner.readOpeningTag();
      const element: Element = { name, text: '', children: [] };
      inner.children.push(element);
      if (!closed) open.push(element);
    }
  }
  if (open.length > 1) scanner.reject('the file ends inside an element');
  return root;
}

const read = (product: Product, name: string): Element =>
  readAs(product === 'ossec' ? ossecDialect : wazuhDialect, readFileSync(kitFile(product, name), 'latin1'));

test.each(files)('$product/$name is read alike by OSSEC, by Wazuh and as XML', ({ product, name }) => {
  const source = readFileSync(kitFile(product, name), 'latin1');
  expect(source).toMatch(/^[\n\x20-\x7e]+$/);
  expect(XMLValidator.validate(source)).toBe(true);
  const asOssec = readAs(ossecDialect, source);
  expect(asOssec).toEqual(readAs(wazuhDialect, source));
  expect(asOssec.children.map((root) => root.name)).toEqual([name === 'local_rules.xml' ? 'group' : 'ossec_config']);
});

/** What the server takes in each section; anything else and it does not start (src/config/active-response.c). */
const allowed: Readonly<Record<string, readonly string[]>> = {
  command: ['name', 'executable', 'expect', 'timeout_allowed'],
  'active-response': ['command', 'location', 'rules_group', 'rules_id'],
};

describe.each(products)('the server’s part for %s', (product) => {
  const sections = read(product, 'server-ossec.conf.xml').children.flatMap(({ children }) => children);
  const of = (section: string): Record<string, string>[] =>
    sections
      .filter(({ name }) => name === section)
      .map(({ children }) => Object.fromEntries(children.map(({ name, text }) => [name, text])));

  test('has no option that the server does not know', () => {
    for (const { name, children } of sections)
      expect(allowed[name]).toEqual(expect.arrayContaining(children.map((child) => child.name)));
  });

  test('names the four programs, without a timeout, and an answer for each', () => {
    const commands = of('command');
    expect(commands.map(({ name, executable }) => [name, executable])).toEqual([
      ['contain-host', 'contain-host.exe'],
      ['release-host', 'release-host.exe'],
      ['contain-host-linux', 'contain-host'],
      ['release-host-linux', 'release-host'],
    ]);
    // OSSEC insists on the element; an address in it would let an alert without one pass by.
    for (const command of commands) expect(command.expect).toBe(product === 'ossec' ? '' : undefined);
    expect(of('active-response').map(({ command }) => command)).toEqual(
      expect.arrayContaining(commands.map(({ name }) => name)),
    );
  });

  test('contains by rule only where a rule says so, and never releases by rule', () => {
    for (const { command, rules_group, rules_id, location } of of('active-response')) {
      expect(location).toBe('local');
      if (command?.startsWith('contain')) expect([rules_group, rules_id]).toEqual(['contain_this_host', undefined]);
      else expect([rules_group, rules_id]).toEqual([undefined, '99999999']);
    }
  });
});
