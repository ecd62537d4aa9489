import { Endpoint } from '../../fixtures/endpoint';
import { installNetstat } from '../../fixtures/host-tools';
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

describe('by Remote Desktop', () => {
  const env = { SESSIONNAME: 'RDP-Tcp#3' };
  const connected = (...far: readonly string[]): void =>
    installNetstat(
      endpoint.machine.system32,
      far.map((address) => ['10.0.0.7:3389', `${address}:50112`]),
    );

  test('whoever is connected is warned, and can be let in', async () => {
    connected('203.0.113.9');
    const { stderr } = await endpoint.call({ args: ['contain', '192.0.2.50'], env });
    expect(stderr).toMatch(/^WARNING: you are connected from 203\.0\.113\.9, which .* --keep-my-session\n$/);
    const kept = await endpoint.call({ args: ['contain', '192.0.2.50', '--keep-my-session'], env });
    expect(kept).toMatchObject({ exitCode: 0, stderr: '' });
    expect(letIn().sort()).toEqual(['192.0.2.50', '203.0.113.9']);
  });

  test('where two are connected both are named, and the option is refused', async () => {
    connected('203.0.113.9', '203.0.113.10');
    const before = endpoint.machine.fingerprint();
    const args = ['contain', '192.0.2.50', '--keep-my-session'];
    const { exitCode, stderr } = await endpoint.call({ args, env });
    expect(exitCode).toBe(1);
    expect(stderr).toMatch(
      /^Your session may come from 203\.0\.113\.9 or 203\.0\.113\.10, .* Nothing was changed\.\nUsage: /,
    );
    expect(endpoint.machine.fingerprint()).toBe(before);
    expect((await endpoint.call({ args: ['contain', '192.0.2.50'], env })).stderr).toMatch(
      /^WARNING: you may be connected from 203\.0\.113\.9 or 203\.0\.113\.10, which will be cut off\. Name the address that is yours, for example: contain-host contain 203\.0\.113\.9\n$/,
    );
  });

  test('on the port that the registry names', async () => {
    installNetstat(endpoint.machine.system32, [
      ['10.0.0.7:3389', '203.0.113.10:50112'],
      ['10.0.0.7:13389', '203.0.113.9:50112'],
    ]);
    endpoint.machine.change(({ keys }) => {
      keys['HKLM\\SYSTEM\\CurrentControlSet\\Control\\Terminal Server\\WinStations\\RDP-Tcp'] = { PortNumber: 13389 };
    });
    const { stderr } = await endpoint.call({ args: ['contain', '192.0.2.50'], env });
    expect(stderr).toMatch(/^WARNING: you are connected from 203\.0\.113\.9, /);
  });

  test('a session by a link-local address cannot be kept, and how to come in instead is said', async () => {
    installNetstat(endpoint.machine.system32, [['[fe80::7%5]:3389', '[fe80::9%5]:50112']]);
    const args = ['contain', '192.0.2.50'];
    expect((await endpoint.call({ args, env })).stderr).toMatch(
      /^WARNING: you are connected from fe80::9, which will be cut off\. A link-local address cannot be let in: connect again from another/,
    );
    const { exitCode, stderr } = await endpoint.call({ args: [...args, '--keep-my-session'], env });
    expect({ exitCode, stderr }).toMatchObject({ exitCode: 1, stderr: expect.stringMatching(/^Your session comes/) });
  });
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

test('after it: whether the server answers, who is let in, who is not any more, and what to do next', async () => {
  const first = await endpoint.run('contain', '192.0.2.50');
  expect(first.stdout).toMatch(/^Server 10\.0\.0\.5 port 1514 cannot be tried, since it speaks UDP; .*status" shows/m);
  expect(first.stdout).toMatch(/^Next: connect to this host from 192\.0\.2\.50, by its IP address\.$/m);
  expect(first.stdout).toMatch(/^When you are done: contain-host release$/m);
  const second = await endpoint.run('contain', '192.0.2.51');
  expect(second.stdout).toMatch(/^Handlers allowed: 192\.0\.2\.51\/32\.$/m);
  expect(second.stdout).toMatch(/^These addresses were let in before and are NOT any more: 192\.0\.2\.50\/32\.$/m);
  expect(second.stdout).toMatch(/^Next: connect to this host from 192\.0\.2\.51, /m);
  expect((await endpoint.run('release')).stdout).toMatch(/^What happened in this case: contain-host report$/m);
});

test('where nobody is let in the next step says how to let somebody in', async () => {
  const args = ['ADD', '-', '203.0.113.7', '1770113472.4242 5710 (pc) any->log (null)'];
  const { stdout } = await endpoint.call({ args });
  expect(stdout).toMatch(
    /^Next: nobody can connect to this host\. To let a workstation in: contain-host contain ADDRESS$/m,
  );
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
  endpoint.machine.setFaults({ kind: 'held', match: 'export', tool: 'netsh' });
  const { exitCode, stdout } = await endpoint.call({ args: ['contain', '192.0.2.50'], timeouts: { worker: 1500 } });
  expect(exitCode).toBe(8);
  expect(stdout).toMatch(/contain-host status --follow/);
  const meanwhile = await endpoint.run('status');
  expect(meanwhile.stdout).toMatch(/An order is at work on this host right now/);
  expect(meanwhile.stdout).not.toMatch(/never made|Repeat/);
  const following = endpoint.run('status', '--follow');
  endpoint.machine.setFaults();
  expect((await following).stdout).toMatch(/^This host is CONTAINED\./);
}, 60_000);
