import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Endpoint, type Result } from '../../fixtures/endpoint';
import { Execd } from '../../fixtures/execd/execd';
import { emptyHost } from '../../fixtures/standin/hosts';
import { readSettings } from '../../src/agent/settings';
import { parseWazuhMessage } from '../../src/request/wazuh';
import { osRegex } from './os-regex';
import { blocks, type Order, orders, page, readXml, type Xml } from './pages';
import { kindOf, kitFile, type Product, readTestLines, readWrittenRules } from './rules';

const products: readonly Product[] = ['ossec', 'wazuh'];
const kit = (product: Product, name: string): Xml => readXml(readFileSync(kitFile(product, name), 'utf8'));

describe.each(products)('the page for %s', (product) => {
  const shown = blocks(product, 'xml').map(readXml);

  test('shows the blocks of the kit, all of them and no others', () => {
    const server = kit(product, 'server-ossec.conf.xml').ossec_config as Record<string, object[]>;
    const parts = (section: string) => shown.flatMap((block) => (block[section] as object[] | undefined) ?? []);
    expect(parts('command')).toEqual(server.command);
    expect(parts('active-response')).toEqual(server['active-response']);
    expect(shown.filter((block) => 'ossec_config' in block)).toEqual([
      kit(product, 'agent-windows.conf.xml'),
      kit(product, 'agent-linux.conf.xml'),
      ...(product === 'wazuh' ? [kit(product, 'agent-wodle.conf.xml')] : []),
    ]);
    expect(shown).toHaveLength(product === 'wazuh' ? 8 : 7);
  });

  test('lists the rules of the kit', () => {
    const listed = [...page(product).matchAll(/^\| (\d{6}) \| (\d+) \| (.*) \|$/gm)].map((row) => row.slice(1));
    const rules = readWrittenRules(product).filter((rule) => rule['@id'] >= '100900');
    const inWords = ({ description }: { description: string }): string => description.replace('contain-host: ', '');
    expect(listed).toEqual(rules.map((rule) => [rule['@id'], rule['@level'], inWords(rule)]));
  });

  test('has examples of rules that the server’s block takes as an order, with numbers of their own', () => {
    const examples = shown.flatMap((block) =>
      'group' in block ? [(block.group as { rule: Record<string, string> }).rule] : [],
    );
    expect(examples).toHaveLength(2);
    const known = readWrittenRules(product).map((rule) => rule['@id']);
    expect(examples.map((rule) => rule['@_id']).filter((id) => known.includes(id ?? ''))).toEqual([]);
    const wanted = kit(product, 'server-ossec.conf.xml').ossec_config as {
      'active-response': { rules_group?: string }[];
    };
    const groups = wanted['active-response'].flatMap(({ rules_group }) => rules_group ?? []);
    for (const rule of examples)
      expect(groups.filter((group) => osRegex(group).test(rule.group ?? ''))).toHaveLength(2);
  });

  test('gives orders that work in the order in which they stand there', async () => {
    const endpoint = new Endpoint(emptyHost());
    const agents = [
      new Execd(endpoint, product),
      ...(product === 'ossec' ? [new Execd(endpoint, product, 'linux')] : []),
    ];
    try {
      const before = endpoint.machine.fingerprint();
      for (const order of orders(product)) {
        const result = await give(endpoint, agents, order);
        expect({ order, ...result }).toMatchObject({ order, exitCode: 0 });
        if (isContaining(order)) expect(endpoint.machine.fingerprint()).not.toBe(before);
        if (isReleasing(order)) expect(endpoint.machine.fingerprint()).toBe(before);
      }
      expect(endpoint.audit().join('\n')).toContain(product === 'ossec' ? 'case=77' : '"case":"77"');
      const known = readTestLines(product).map(({ line }) => kindOf(line));
      for (const line of endpoint.audit()) expect(known).toContain(kindOf(line));
    } finally {
      for (const agent of agents) agent.close();
      endpoint.remove();
    }
  }, 600_000);
});

const nameOf = (order: Order): string => {
  if (order.by === 'prompt') return order.args[0] ?? '';
  return order.by === 'api' ? order.body.command : order.command;
};
const isContaining = (order: Order): boolean => nameOf(order).startsWith('contain-host');
const isReleasing = (order: Order): boolean => /^(release-host|DELETE)/.test(nameOf(order));

/** As the server passes it on, to the agent that it is for. */
async function give(endpoint: Endpoint, [agent, linuxAgent]: readonly Execd[], order: Order): Promise<Result> {
  if (agent === undefined) throw new Error('there is no agent');
  if (order.by === 'prompt') {
    const result = await endpoint.run(...order.args);
    // How well this machine does is another matter; the command is one that the program knows.
    if (order.args[0] !== 'doctor') return result;
    return { ...result, exitCode: result.stderr.includes('Usage:') ? 1 : 0, output: '' };
  }
  if (order.by === 'agent_control' && linuxAgent !== undefined) {
    const whose = order.command.includes('linux') ? linuxAgent : agent;
    return whose.order(`${order.command} - ${order.address} (from_the_server) (no_rule_id)`);
  }
  const { command, parameters } =
    order.by === 'api'
      ? { command: order.body.command, parameters: { extra_args: order.body.arguments, alert: {} } }
      : { command: order.command, parameters: { extra_args: [], alert: { data: { srcip: order.address } } } };
  return agent.wazuh({ version: 1, origin: { name: '', module: 'wazuh-analysisd' }, command, parameters });
}

test('the message of Wazuh 5 that the page shows is an operator’s', () => {
  const [message = ''] = blocks('wazuh', 'json');
  expect(parseWazuhMessage(message.trim())).toMatchObject({
    action: 'add',
    requestedBy: 'operator',
    address: '192.0.2.50',
    caseNumber: '77',
  });
});

describe('the page on settings', () => {
  const home = mkdtempSync(join(tmpdir(), 'settings-page-'));
  mkdirSync(join(home, 'shared'));
  afterAll(() => rmSync(home, { recursive: true }));
  const read = (json: string): ReturnType<typeof readSettings> => {
    writeFileSync(join(home, 'shared', 'contain-host.json'), json);
    return readSettings('windows', home);
  };
  const keysOf = (settings: object): string[] =>
    Object.keys(settings).filter((key) => key !== 'warnings' && key !== 'file');
  const examples = blocks('settings', 'json');
  const headings = [...page('settings').matchAll(/^### `(\w+)`$/gm)].map(([, key]) => key);

  test('has one example of all keys and some of each, and the program takes them whole', () => {
    for (const example of examples) expect(read(example).warnings).toEqual([]);
    const [all = '{}', ...each] = examples.map((example) => JSON.parse(example) as object);
    expect(Object.keys(all)).toEqual(headings);
    const keys = each.map((example) => Object.keys(example).join());
    expect(keys.filter((key, index) => key !== keys[index - 1])).toEqual(headings);
    expect(keys.filter((key) => key === 'allow')).toHaveLength(3);
  });

  test('has every key that the program knows, and says what counts where it is absent', () => {
    expect(keysOf(read(examples[0] ?? '')).sort()).toEqual([...headings].sort());
    const defaults = read('{}');
    for (const key of headings) {
      const section = page('settings').split(`### \`${key}\``)[1]?.split('### ')[0] ?? '';
      const value = defaults[key as keyof typeof defaults];
      expect(section).toMatch(typeof value === 'string' ? `- Default: \`"${value}"\`` : /- Default: n/);
    }
  });
});
