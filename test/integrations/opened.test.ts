import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { Endpoint } from '../../fixtures/endpoint';
import { Execd } from '../../fixtures/execd/execd';
import { typicalHost } from '../../fixtures/standin/hosts';
import { udpServer } from '../matrix/bench';
import { blocks, readXml } from './pages';
import { type Product, readRules, ruleHit } from './rules';
import { servers } from './stock';

const ends = [
  ['ossec', 'ossec: output: ', "'contain-host': ", 'OSSEC 3.6 and newer'],
  ['wazuh', '', '', 'Wazuh'],
] as const;
const ownRule = '100951';

/** A server with the kit and the page's rule for an opened host, in front of one agent. */
class Watch {
  private readonly kept = new Map<string, string>();
  private readonly agent: Execd;

  constructor(
    private readonly endpoint: Endpoint,
    private readonly product: Product,
    private readonly prefix: string,
    private readonly name: keyof typeof servers,
  ) {
    this.agent = new Execd(endpoint, product);
  }

  /** The agent runs `status --line`: what the line says, and the rule that it comes to. */
  async look(): Promise<{ readonly rule: string | undefined; readonly state: string; readonly case?: string }> {
    const { stdout } = await this.endpoint.call({ args: ['status', '--line'], timeouts: { line: 30_000 } });
    const line = stdout.trim();
    const rule = ruleHit(servers[this.name], readRules(this.product), `${this.prefix}${line}`, this.kept);
    return { rule, ...(JSON.parse(line) as { contain_host: { state: string } }).contain_host };
  }

  /** What the server sends where the page's rule makes the alert. */
  containAgain() {
    return this.product === 'ossec'
      ? this.agent.order(`contain-host0 - - 1770113472.4242 ${ownRule} (pc) any->contain-host (null)`)
      : this.agent.wazuh({
          version: 1,
          origin: { name: 'node01', module: 'wazuh-execd' },
          command: 'contain-host0',
          parameters: {
            extra_args: [],
            alert: { rule: { id: ownRule, level: 13 }, id: '1770113472.4242', location: 'command_contain-host' },
          },
        });
  }

  close(): void {
    this.agent.close();
  }
}

describe.each(ends)('%s: a host that somebody opens', (product, output, alias, name) => {
  let endpoint: Endpoint;
  let watch: Watch;
  beforeEach(() => {
    endpoint = new Endpoint(typicalHost(), udpServer);
    watch = new Watch(endpoint, product, `${output}${alias}`, name);
  });
  afterEach(() => {
    watch.close();
    endpoint.remove();
  });
  const open = () =>
    spawnSync(join(endpoint.machine.system32, 'netsh.exe'), ['advfirewall', 'import', endpoint.backup]);

  test('is told at once and contained again for the operator, and does not stay so against a release', async () => {
    await watch.look();
    await endpoint.run('ADD', '-', '192.0.2.50', 'case=77');
    expect(await watch.look()).toMatchObject({ rule: '100921', state: 'contained', case: '77' });
    open();
    expect(await watch.look()).toMatchObject({ rule: '100922', state: 'opened' });
    expect((await watch.containAgain()).exitCode).toBe(0);
    expect(await watch.look()).toMatchObject({ rule: '100921', state: 'contained', case: '77' });
    expect((await endpoint.run('status')).stdout).toContain('192.0.2.50');
    open();
    await endpoint.run('DELETE', '-', '-');
    const released = endpoint.machine.fingerprint();
    // The alert for what the agent saw before the release comes late.
    expect((await watch.containAgain()).exitCode).toBe(0);
    expect(endpoint.machine.fingerprint()).toBe(released);
    expect(endpoint.audit().at(-1)).toMatch(/add-started.*not-carried-out-again case-closed/);
    expect(await watch.look()).toMatchObject({ rule: '100921', state: 'released' });
  });
});

test('while a release is at work no line tells of an opened host', async () => {
  const endpoint = new Endpoint(typicalHost(), udpServer);
  const watch = new Watch(endpoint, 'ossec', "ossec: output: 'contain-host': ", 'OSSEC 3.6 and newer');
  try {
    await endpoint.run('ADD', '-', '192.0.2.50');
    await watch.look();
    endpoint.machine.setFaults({ kind: 'held', match: 'import' });
    const releasing = endpoint.run('DELETE', '-', '-');
    const isHeld = (): boolean => endpoint.machine.calls().some(({ faults }) => faults.length > 0);
    const seen = new Set<string>();
    while (!isHeld()) seen.add((await watch.look()).state);
    seen.add((await watch.look()).state);
    endpoint.machine.setFaults();
    await releasing;
    seen.add((await watch.look()).state);
    expect([...seen].filter((state) => !['contained', 'unknown', 'released'].includes(state))).toEqual([]);
    expect(seen).toContain('released');
  } finally {
    watch.close();
    endpoint.remove();
  }
});

test.each<Product>(['ossec', 'wazuh'])(
  'the %s page’s rule stands below the rule for an opened host alone',
  (product) => {
    const rules = blocks(product, 'xml')
      .map(readXml)
      .flatMap((block) => ('group' in block ? [(block.group as { rule: Record<string, string> }).rule] : []))
      .filter((rule) => rule['@_id'] === ownRule);
    expect(rules).toEqual([
      expect.objectContaining({
        if_sid: '100922',
        group: expect.stringMatching(/^contain_this_host,/),
        '@_level': '13',
      }),
    ]);
  },
);
