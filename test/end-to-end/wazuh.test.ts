import { Endpoint } from '../../fixtures/endpoint';
import { typicalHost } from '../../fixtures/standin/hosts';

let endpoint: Endpoint;
beforeEach(() => {
  endpoint = new Endpoint(typicalHost());
});
afterEach(() => endpoint.remove());

const wazuh4 = (command: string, parameters: object): string =>
  JSON.stringify({ version: 1, origin: { name: 'node01', module: 'wazuh-execd' }, command, parameters });
const wazuh5 = (command: string, extra_arguments?: string): string =>
  JSON.stringify({
    wazuh: { active_response: { name: 'contain', extra_arguments } },
    source: { ip: '203.0.113.7' },
    command,
  });
const alert = { id: '1770113472.4242', rule: { id: '100900', level: 12 }, data: { srcip: '203.0.113.7' } };
const handlers = (): (string | undefined)[] =>
  Object.values(endpoint.machine.rules())
    .filter((rule) => rule.includes('Name=Allow OSSEC Server in/tcp|'))
    .map((rule) => /RA[46]=([^|/]+)/.exec(rule)?.[1]);

test.each([
  [
    'extra_args',
    wazuh4('add', { extra_args: ['192.0.2.50', 'case=77'], alert: {} }),
    wazuh4('delete', { extra_args: ['192.0.2.50'] }),
  ],
  [
    'the address of a manual call',
    wazuh4('add', { extra_args: [], alert: { data: { srcip: '192.0.2.50' } } }),
    wazuh4('delete', {}),
  ],
  ['extra_arguments of Wazuh 5', wazuh5('enable', '192.0.2.50 case=77'), wazuh5('disable', '192.0.2.50')],
])(
  '%s names the handler; nothing is written to standard output, which stays the agent’s channel',
  async (_what, add, release) => {
    const before = endpoint.machine.fingerprint();
    expect(await endpoint.wazuh(add)).toMatchObject({ exitCode: 0, output: '' });
    expect(handlers()).toEqual(['192.0.2.50']);
    expect(endpoint.audit().at(-1)).toMatch(
      /^\d{4}\/\d\d\/\d\d \d\d:\d\d:\d\d active-response\/bin\/contain-host\.exe: \{.*"status":"add"/,
    );
    expect(await endpoint.wazuh(release)).toMatchObject({ exitCode: 0, output: '' });
    expect(endpoint.machine.fingerprint()).toBe(before);
  },
);

test.each([
  ['an alert', wazuh4('add', { extra_args: ['192.0.2.50'], alert })],
  ['Wazuh 5 without extra_arguments', wazuh5('enable')],
])('%s lets nobody in', async (_what, line) => {
  expect(await endpoint.wazuh(line)).toMatchObject({ exitCode: 0 });
  expect(handlers()).toEqual([]);
});

test('a handler that is a network is refused with one line, and nothing changes', async () => {
  const before = endpoint.machine.fingerprint();
  expect(await endpoint.wazuh(wazuh4('add', { extra_args: ['192.0.2.0/24'] }))).toMatchObject({
    exitCode: 1,
    output: '',
  });
  expect(endpoint.machine.fingerprint()).toBe(before);
  expect(endpoint.audit()).toEqual([expect.stringContaining('"status":"add-failed"')]);
});
