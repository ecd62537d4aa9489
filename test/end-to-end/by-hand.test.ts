import { Endpoint } from '../../fixtures/endpoint';
import { emptyHost } from '../../fixtures/standin/hosts';
import { udpServer } from '../matrix/bench';

let endpoint: Endpoint;
beforeEach(() => {
  endpoint = new Endpoint(emptyHost(), udpServer);
});
afterEach(() => endpoint.remove());

const ssh = { SSH_CONNECTION: '203.0.113.9 50000 10.0.0.7 22' };
const letIn = (): string[] =>
  Object.values(endpoint.machine.rules())
    .filter((rule) => rule.includes('|Name=Allow OSSEC Server in/tcp|'))
    .map((rule) => /RA[46]=([^|/]+)/.exec(rule)?.[1] ?? 'anybody');

test.each([[['contain', '192.0.2.50']], [['ADD', '-', '192.0.2.50', 'case=77']]])(
  'whoever cuts off the own session with %j is warned, and nothing is asked',
  async (args) => {
    const { exitCode, stderr } = await endpoint.call({ args, env: ssh });
    expect(exitCode).toBe(0);
    expect(stderr).toMatch(
      /^WARNING: you are connected from 203\.0\.113\.9, which will be cut off\. .*--keep-my-session\n$/,
    );
    expect(letIn()).toEqual(['192.0.2.50']);
  },
);

test('with --keep-my-session the own address is let in too, for this case only', async () => {
  const args = ['contain', '192.0.2.50', '--keep-my-session', 'case=77'];
  expect(await endpoint.call({ args, env: ssh })).toMatchObject({ exitCode: 0, stderr: '' });
  expect(letIn().sort()).toEqual(['192.0.2.50', '203.0.113.9']);
  await endpoint.run('contain', '192.0.2.51');
  expect(letIn()).toEqual(['192.0.2.51']);
});

test('no warning where the handler is the own address, or the settings let it in, or an agent asks', async () => {
  const orders = [
    ['contain', '203.0.113.9'],
    ['ADD', '-', '192.0.2.50', '(from_the_server) (no_rule_id)'],
  ];
  for (const args of orders) expect(await endpoint.call({ args, env: ssh })).toMatchObject({ exitCode: 0, stderr: '' });
  endpoint.setSettings({ handlers: ['203.0.113.0/24'] });
  expect(await endpoint.call({ args: ['contain', '192.0.2.50'], env: ssh })).toMatchObject({ exitCode: 0, stderr: '' });
});

test('without a session there is none to keep, and nothing is changed', async () => {
  const before = endpoint.machine.fingerprint();
  const { exitCode, stderr } = await endpoint.run('contain', '192.0.2.50', '--keep-my-session');
  expect(exitCode).toBe(1);
  expect(stderr).toMatch(/^No session by SSH or RDP .* Nothing was changed\.\nUsage: contain-host contain /);
  expect(endpoint.machine.fingerprint()).toBe(before);
});

test('who typed it stands in the log, the journal and the status; how long it took is said', async () => {
  const env = { USERDOMAIN: 'CORP', USERNAME: 'anna' };
  const { stdout } = await endpoint.call({ args: ['contain', '192.0.2.50', 'case=77'], env });
  expect(stdout).toMatch(/^Finished at \d\d:\d\d:\d\d here, \d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ, after \d+\.\d s\.$/m);
  expect(endpoint.log().at(-1)).toMatchObject({ request: { by: 'CORP\\anna' } });
  const status = JSON.parse((await endpoint.run('status', '--json')).stdout) as object;
  expect(status).toMatchObject({ by: 'CORP\\anna', caseNumber: '77' });
  expect((await endpoint.run('status')).stdout).toMatch(/Asked by +an operator \(CORP\\anna\), case 77/);
});

test('an agent’s order is nobody’s at a prompt, and needs no line of time', async () => {
  const args = ['ADD', '-', '192.0.2.50', 'see mail (from_the_server) (no_rule_id)'];
  const { stdout } = await endpoint.call({ args, env: { USERNAME: 'SYSTEM' } });
  expect(stdout).not.toMatch(/Finished/);
  expect(endpoint.log().at(-1)).toMatchObject({ request: expect.not.objectContaining({ by: expect.anything() }) });
  expect((await endpoint.run('status')).stdout).toMatch(/Asked by +an operator: "see mail"/);
});

test('on a terminal each step is shown as it begins, elsewhere none', async () => {
  const shown = (await endpoint.call({ args: ['contain', '192.0.2.50'], terminal: true })).output;
  expect(shown).toMatch(/^\d\d:\d\d:\d\d {2}save the firewall policy\r$/m);
  expect(shown.indexOf('save the firewall policy')).toBeLessThan(shown.indexOf('Contained'));
  expect((await endpoint.run('release')).stderr).toBe('');
});

test('while an order is at work status says so and can follow it; a caller that stops waiting says how', async () => {
  endpoint.tools = 'real';
  endpoint.machine.setFaults({ kind: 'slow', ms: 4000, match: 'export', tool: 'netsh', nth: 1 });
  const { exitCode, stdout } = await endpoint.call({ args: ['contain', '192.0.2.50'], timeouts: { worker: 1500 } });
  expect(exitCode).toBe(8);
  expect(stdout).toMatch(/contain-host status --follow/);
  const meanwhile = await endpoint.run('status');
  expect(meanwhile.stdout).toMatch(/An order is at work on this host right now/);
  expect(meanwhile.stdout).not.toMatch(/never made|Repeat/);
  const followed = await endpoint.run('status', '--follow');
  expect(followed.stdout).toMatch(/^This host is CONTAINED\./);
}, 60_000);
