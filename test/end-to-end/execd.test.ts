import { mkdirSync } from 'node:fs';
import { setTimeout as wait } from 'node:timers/promises';
import { Endpoint } from '../../fixtures/endpoint';
import { Execd } from '../../fixtures/execd/execd';
import { emptyHost } from '../../fixtures/standin/hosts';

let endpoint: Endpoint;
let before: string;
const open: Execd[] = [];
beforeEach(() => {
  endpoint = new Endpoint(emptyHost());
  before = endpoint.machine.fingerprint();
});
afterEach(() => {
  for (const execd of open.splice(0)) execd.close();
  endpoint.remove();
});

const start = (...args: ConstructorParameters<typeof Execd> extends [unknown, ...infer Rest] ? Rest : never): Execd => {
  const execd = new Execd(endpoint, ...args);
  open.push(execd);
  return execd;
};

const done = { exitCode: 0, output: '' };
const fromServer = '(from_the_server) (no_rule_id)';
const handlers = (): (string | undefined)[] =>
  Object.values(endpoint.machine.rules())
    .filter((rule) => rule.includes('Name=Allow OSSEC Server in/tcp|'))
    .map((rule) => /RA[46]=([^|/]+)/.exec(rule)?.[1]);

/** What the manager sends to a Wazuh 4 agent for `agent_control -b`, and for the API's call with arguments. */
const byAgentControl = (command: string, srcip = '192.0.2.50') => ({
  version: 1,
  origin: { name: '', module: 'wazuh-analysisd' },
  command,
  parameters: { extra_args: [], alert: { data: { srcip } } },
});
const byApi = (command: string, ...extra_args: string[]) => ({
  version: 1,
  origin: { name: null, module: 'framework' },
  command,
  parameters: { extra_args, alert: {} },
});
const byAlert = (command: string) => ({
  ...byApi(command),
  parameters: {
    extra_args: ['192.0.2.66'],
    alert: { id: '1770113472.4242', rule: { id: '5710', level: 12 }, data: { srcip: '203.0.113.7' } },
  },
});
const wazuh5 = (command: string, extra_arguments?: string) => ({
  wazuh: {
    active_response: {
      name: 'contain',
      executable: 'contain-host',
      type: 'stateless',
      location: 'local',
      extra_arguments,
    },
    agent: { id: '011', name: 'PC-11' },
  },
  source: { ip: '203.0.113.7' },
  command,
});

test('an OSSEC agent on Windows: ten orders in a row, and none is lost', async () => {
  const execd = start('ossec');
  expect(await execd.order(`contain-host0 - 192.0.2.50 case=77 ${fromServer}`)).toEqual(done);
  expect(handlers()).toEqual(['192.0.2.50']);
  expect(await execd.order(`contain-host0 - 192.0.2.51 ${fromServer}`)).toEqual(done);
  expect(handlers()).toEqual(['192.0.2.51']);
  expect(await execd.order(`release-host0 - 192.0.2.50 ${fromServer}`)).toEqual(done);
  expect(endpoint.machine.fingerprint()).toBe(before);
  const rest = '1770113472.4242 5710 (PC 11) any->EventChannel (null)';
  const orders = [
    `contain-host0 - - ${rest}`,
    `contain-host0 kim 203.0.113.7 ${rest}`,
    `release-host0 - null ${fromServer}`,
    `release-host0 - - ${fromServer}`,
    `contain-host0 - 192.0.2.0/24 ${fromServer}`,
    `contain-host0 - any ${fromServer}`,
    `release-host0 - - ${fromServer}`,
  ];
  const results = await Promise.all(orders.map((order) => execd.order(order)));
  expect(results.map(({ exitCode }) => exitCode)).toEqual([0, 0, 0, 0, 1, 1, 0]);
  expect(endpoint.machine.fingerprint()).toBe(before);
  expect(endpoint.statuses().filter((status) => status !== 'add-started')).toEqual([
    ...['add', 'add', 'delete'],
    ...['add', 'add', 'delete', 'delete', 'add-failed', 'add-failed', 'delete'],
  ]);
}, 600_000);

test('an OSSEC agent on Linux splits at every blank, and names the program by its whole path', async () => {
  const execd = start('ossec', 'linux');
  expect(await execd.order(`contain-host-linux0 - 192.0.2.50 case=77 ${fromServer}`)).toEqual(done);
  expect(handlers()).toEqual(['192.0.2.50']);
  expect(endpoint.audit().at(-1)).toMatch(/ add - 192\.0\.2\.50 .* case=77$/);
  expect(await execd.order(`release-host-linux0 - - 1770113472.4242 5710 (pc) any->/var/log/secure (null)`)).toEqual(
    done,
  );
  expect(endpoint.audit().at(-1)).toMatch(/ delete-failed - - 1770113472\.4242 5710 held-by-operator$/);
  expect(await execd.order(`release-host-linux0 - - ${fromServer}`)).toEqual(done);
  expect(endpoint.machine.fingerprint()).toBe(before);
}, 600_000);

test('a Wazuh agent: ten orders in a row of both dialects, and the program says nothing to it', async () => {
  const execd = start('wazuh');
  expect(await execd.wazuh(byApi('!contain-host.exe', '192.0.2.50', 'case=77'))).toEqual(done);
  expect(handlers()).toEqual(['192.0.2.50']);
  expect(await execd.wazuh(byApi('!release-host.exe'))).toEqual(done);
  expect(endpoint.machine.fingerprint()).toBe(before);
  expect(await execd.wazuh(wazuh5('enable', '192.0.2.52'), { end: '\r\n' })).toEqual(done);
  expect(handlers()).toEqual(['192.0.2.52']);
  const orders = [
    () => execd.wazuh(wazuh5('disable', '192.0.2.52')),
    () => execd.wazuh(byAlert('contain-host0'), { end: '\r\n' }),
    () => execd.wazuh(byAlert('contain-host0'), { timedOut: true }),
    () => execd.wazuh(byAgentControl('release-host0'), { end: '\r\n' }),
    () => execd.wazuh(byAgentControl('contain-host0', '127.0.0.1')),
    () => execd.wazuh(wazuh5('enable', 'any')),
    () => execd.wazuh(wazuh5('disable')),
  ];
  const results = await Promise.all(orders.map((order) => order()));
  expect(results.map(({ exitCode }) => exitCode)).toEqual([0, 0, 0, 0, 1, 1, 0]);
  for (const { output } of results) expect(output).toBe('');
  expect(endpoint.machine.fingerprint()).toBe(before);
  const said = endpoint.audit().map((line) => /"status":"([a-z-]+)"/.exec(line)?.[1]);
  expect(said.filter((status) => status !== 'add-started')).toEqual([
    ...['add', 'delete', 'add'],
    ...['delete', 'add', 'delete', 'delete', 'add-failed', 'add-failed', 'delete'],
  ]);
}, 600_000);

test.concurrent.each(['ossec', 'wazuh'] as const)(
  'while netsh hangs the %s agent gets its thread back; the worker holds none of its pipes, outlives it, and its outcome is in the log',
  async (agent) => {
    const pc = new Endpoint(emptyHost());
    pc.machine.setFaults({ kind: 'hang', match: 'policy', nth: 1 });
    const execd = new Execd(pc, agent, 'windows', { worker: 3000, netsh: 8000 });
    const result =
      agent === 'ossec'
        ? await execd.order(`contain-host0 - 192.0.2.50 ${fromServer}`)
        : await execd.wazuh(byAgentControl('contain-host0'));
    expect(result).toEqual({ exitCode: 8, output: '' });
    const workers = execd.workers();
    expect(workers).toHaveLength(1);
    expect(execd.pipesSharedWith(workers[0] ?? 0)).toEqual([]);
    expect(pc.audit()).toContainEqual(expect.stringContaining('exit=8 still-at-work'));

    execd.close();
    while (execd.workers().length > 0) await wait(200);
    expect(pc.audit().at(-1)).toMatch(/ add - 192\.0\.2\.50 |"status":"add"/);
    expect(pc.machine.calls().filter(({ faults }) => faults.length > 0)).toHaveLength(1);
    expect((await pc.run('status')).output).toMatch(/CONTAINED/);
    pc.remove();
  },
  600_000,
);

const message = JSON.stringify({ ...byApi('add', '192.0.2.50') });
const unreadable: readonly [string, string | Buffer][] = [
  ['no JSON', 'add\n'],
  ['nothing', '\n'],
  ['JSON cut short', `${message.slice(0, -2)}\n`],
  ['two messages in a line', `${message}${message}\n`],
  ['another version', `${message.replace('"version":1', '"version":2')}\n`],
  ['the version as a text', `${message.replace('"version":1', '"version":"1"')}\n`],
  ['an unknown command', `${message.replace('"add"', '"contain"')}\n`],
  ['the command in another case', `${message.replace('"add"', '"ADD"')}\n`],
  ['the command twice', `${message.replace('"command":"add"', '"command":"delete","command":"add"')}\n`],
  ['the command twice, escaped', `${message.replace('"command":"add"', '"comm\\u0061nd":"delete","command":"add"')}\n`],
  ['a NUL behind it', `${message}\0\n`],
  ['a NUL in the address', `${message.replace('192.0.2.50', '192.0.2.50\\u0000')}\n`],
  ['no UTF-8', Buffer.from(`${message.replace('192.0.2.50', '192.0.2.\xff')}\n`, 'latin1')],
  ['more than 64 KiB', `${message.replace('192.0.2.50', `192.0.2.50","${'x'.repeat(70_000)}`)}\n`],
  ['more than 64 KiB without an end', 'x'.repeat(70_000)],
];

test('what cannot be read gets a line that says so and exit code 1, and nothing changes', async () => {
  // As the installer leaves it.
  mkdirSync(endpoint.stateFolder, { recursive: true });
  const execd = start('wazuh');
  for (const [index, [what, bytes]] of unreadable.entries()) {
    expect({ what, ...(await execd.raw(bytes)) }).toEqual({ what, exitCode: 1, output: '' });
    expect({ what, lines: endpoint.audit().length }).toEqual({ what, lines: index + 1 });
    expect(endpoint.audit().at(-1)).toMatch(/"status":"add-failed","detail":"exit=1 bad-(message|address)"/);
    expect(endpoint.log().at(-1)?.said).toMatch(/refused|usable/);
  }
  expect(await execd.wazuh({ ...byApi('release-host0'), version: 2 })).toEqual({ exitCode: 1, output: '' });
  expect(endpoint.audit().at(-1)).toMatch(/"status":"delete-failed","detail":"exit=1 bad-message"/);
  expect(endpoint.machine.fingerprint()).toBe(before);
  expect(endpoint.machine.calls()).toEqual([]);
}, 600_000);

test('a line without an end is waited for only so long', async () => {
  const execd = start('wazuh');
  expect(await execd.raw(message)).toEqual({ exitCode: 1, output: '' });
  expect(endpoint.audit()).toEqual([expect.stringContaining('bad-message')]);
}, 600_000);
