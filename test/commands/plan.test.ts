import { execFile, execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Endpoint } from '../../fixtures/endpoint';
import { typicalHost } from '../../fixtures/standin/hosts';

const program = join(__dirname, '../../dist/contain-host.js');

function newHome(): string {
  const home = mkdtempSync(join(tmpdir(), 'plan home '));
  const conf = '<ossec_config><client><server-ip>10.0.0.5</server-ip></client></ossec_config>';
  mkdirSync(join(home, 'etc'));
  for (const file of ['ossec.conf', 'etc/ossec.conf']) writeFileSync(join(home, file), conf);
  return home;
}

const run = (home: string, ...args: string[]): Promise<{ exitCode: number; output: string; stderr: string }> =>
  new Promise((resolve) => {
    execFile(process.execPath, [program, ...args], { env: { OSSECPATH: `${home}/` } }, (error, output, stderr) => {
      resolve({ exitCode: Number(error?.code ?? 0), output, stderr });
    });
  });

interface Plan {
  requestedBy: string;
  servers: unknown;
  unresolved: unknown;
  handlers: unknown;
  steps: { step: string; command: string[] | null }[];
}

test('the plan for Windows is the steps in order, with the exact commands', async () => {
  const { exitCode, output } = await run(newHome(), 'plan', 'ADD', '-', '192.0.2.50', '--for', 'windows', '--json');
  expect(exitCode).toBe(0);
  const { steps, ...rest } = JSON.parse(output) as Plan;
  expect(rest).toEqual({
    requestedBy: 'operator',
    servers: [{ address: '10.0.0.5', port: 1514, protocols: ['udp', 'tcp'] }],
    unresolved: [],
    handlers: ['192.0.2.50'],
  });
  const netsh = steps
    .filter(({ command }) => command?.[0]?.endsWith('netsh.exe'))
    .map(({ command }) => command?.slice(1).join(' '));
  expect(netsh[0]).toMatch(/^advfirewall export /);
  expect(netsh[1]).toBe('advfirewall firewall set rule all new enable=no');
  expect(netsh[2]).toBe('advfirewall firewall add rule name=Allow ICMP in dir=in protocol=icmpv4 action=allow');
  expect(netsh.slice(-2)).toEqual([
    'advfirewall set allprofiles state on',
    'advfirewall set allprofiles firewallpolicy blockinbound,blockoutbound',
  ]);
});

test.each([
  [
    ['contain', '192.0.2.50', 'case=77'],
    ['ADD', '-', '192.0.2.50', 'case=77'],
  ],
  [['release'], ['DELETE', '-', '-']],
])('an order may be written as at the prompt: %j', async (typed, byAgent) => {
  const home = newHome();
  const planned = await run(home, 'plan', ...typed, '--for', 'windows');
  expect(planned).toEqual(await run(home, 'plan', ...byAgent, '--for', 'windows'));
  expect(planned).toMatchObject({ exitCode: 0, output: expect.stringMatching(/Steps:/) });
});

test.each([
  [['contain', '192.0.2.50', '192.0.2.51'], /"192\.0\.2\.51" was not understood/],
  [['contain', '192.0.2.50', '--keep-my-session'], /plan has no option/],
  [['release', 'pc-17'], /"pc-17" was not understood/],
])('what is no order at the prompt is none here: %j', async (typed, why) => {
  expect(await run(newHome(), 'plan', ...typed)).toMatchObject({ exitCode: 1, stderr: expect.stringMatching(why) });
});

test.each([['windows'], ['linux']])('for %s it is readable, and touches nothing', async (platform) => {
  const home = newHome();
  const before = readdirSync(home);
  const { exitCode, output } = await run(home, 'plan', 'add', 'kim', '2001:db8::50', '--for', platform);
  expect(exitCode).toBe(0);
  expect(output).toMatch(/Servers: 10\.0\.0\.5 port 1514[\s\S]*Handlers: 2001:db8::50[\s\S]*Steps:/);
  expect(readdirSync(home)).toEqual(before);
});

test('--original gives the commands of the batch script', async () => {
  const home = newHome();
  const { output } = await run(home, 'plan', 'ADD', '-', '192.0.2.50', '--for', 'windows', '--original', '--json');
  const { steps } = JSON.parse(output) as Plan;
  expect(steps).toHaveLength(11);
  expect(steps[0]?.command?.slice(1)).toEqual(['advfirewall', 'export', join(home, 'fw-backup.wfw')]);
  expect(steps[5]?.command?.slice(1)).toEqual([
    ...['advfirewall', 'firewall', 'add', 'rule', 'name=Allow OSSEC Server out'],
    ...['dir=out', 'localport=1514', 'remoteip=10.0.0.5/32', 'protocol=udp', 'action=allow'],
  ]);
});

test('a release is planned without a server and without an address', async () => {
  const home = newHome();
  writeFileSync(join(home, 'ossec.conf'), '');
  const { exitCode, output } = await run(home, 'plan', 'DELETE', '-', '-', '--for', 'windows', '--json');
  expect(exitCode).toBe(0);
  expect((JSON.parse(output) as Plan).steps.some(({ command }) => command?.includes('import'))).toBe(true);
});

test.each([
  [['plan', 'ADD', '-', '127.0.0.1', '--json'], 'bad-address'],
  [['plan', 'ADD', '-', 'any', '--json'], 'bad-address'],
  [['plan', 'ADD', '--json'], 'bad-arguments'],
  [['plan', 'ADD', '-', '192.0.2.50', '--for', 'dos', '--json'], 'bad-arguments'],
  [['plan', 'ADD', '-', '192.0.2.50', '--fro', 'windows', '--json'], 'bad-arguments'],
])('%j is refused with %s', async (args, code) => {
  const { exitCode, output } = await run(newHome(), ...args);
  expect(exitCode).toBe(1);
  expect(JSON.parse(output)).toMatchObject({ refused: code });
});

test('an ADD tells netsh what its plan says, in that order', async () => {
  const endpoint = new Endpoint(typicalHost());
  try {
    const { output } = await endpoint.run('plan', 'ADD', '-', '192.0.2.50', '--json');
    await endpoint.run('ADD', '-', '192.0.2.50');
    const planned = (JSON.parse(output) as Plan).steps
      .filter(({ command }) => command?.[0]?.endsWith('netsh.exe') && !command.includes('export'))
      .map(({ command }) => command?.slice(1).join(' '));
    const told = endpoint.machine
      .calls()
      .filter(({ tool, argv }) => tool === 'netsh' && !argv.includes('export'))
      .flatMap(({ argv, lines }) => (argv[0] === '-f' ? lines.map(({ text }) => text) : [argv.join(' ')]));
    expect(told.map((text) => text.replaceAll('"', ''))).toEqual(planned);
  } finally {
    endpoint.remove();
  }
});

describe('what an ADD would come to', () => {
  let endpoint: Endpoint;
  beforeEach(() => {
    endpoint = new Endpoint(typicalHost());
  });
  afterEach(() => endpoint.remove());
  const judge = async (): Promise<unknown> =>
    (JSON.parse((await endpoint.run('plan', 'ADD', '-', '192.0.2.50', '--json')).output) as { judgement: unknown })
      .judgement;
  const asText = async (...args: string[]): Promise<string> =>
    (await endpoint.run('plan', 'ADD', '-', '192.0.2.50', ...args)).output;

  test('is a containment on a host that nobody else rules, and nothing is changed', async () => {
    const before = endpoint.machine.fingerprint();
    expect(await judge()).toEqual({ state: 'contained', gaps: [] });
    expect(await asText()).toMatch(/^Afterwards: contained\. The servers and handlers are within reach/m);
    expect(endpoint.machine.fingerprint()).toBe(before);
    expect(endpoint.machine.calls().every(({ tool }) => tool === 'reg')).toBe(true);
    expect(endpoint.stateFiles()).toEqual([]);
  });

  test('names the rule and the setting of group policy that would stay open without a seal', async () => {
    const { machine } = endpoint;
    machine.addRule('{g}', 'v2.31|Action=Allow|Active=TRUE|Dir=Out|Protocol=6|RPort=443|Name=Telemetry|', 'gpo');
    expect(await judge()).toEqual({ state: 'contained', gaps: [] });
    endpoint.setSettings({ seal: 'never' });
    expect(await judge()).toMatchObject({
      state: 'ineffective',
      gaps: [{ detail: expect.stringContaining('"Telemetry"') }],
    });
    machine.setProfileValue('public', 'DefaultOutboundAction', 0, 'gpo');
    expect(await asText()).toMatch(/NOT CONTAINED[\s\S]*Public profile[\s\S]*"Telemetry"/);
  });

  test('is a refusal where the server would be lost in every profile', async () => {
    for (const profile of ['domain', 'private', 'public'] as const)
      endpoint.machine.setProfileValue(profile, 'AllowLocalPolicyMerge', 0, 'gpo');
    expect(await asText()).toMatch(/An ADD is refused[\s\S]*\[server-lost-on-Domain\]/);
  });

  test('cannot be told where the policy cannot be read, or of another system', async () => {
    const { output } = await run(newHome(), 'plan', 'ADD', '-', '192.0.2.50', '--for', 'windows');
    expect(output).toMatch(/^Afterwards: cannot be told here/m);
    endpoint.machine.setFaults({ kind: 'fail', tool: 'reg' });
    expect(await judge()).toMatchObject({ state: 'uncertain', gaps: [{ code: 'policy-unreadable' }] });
  });

  test('says so where nobody knows whether the way to the server is a tunnel', async () => {
    endpoint.machine.setFaults({ kind: 'fail', tool: 'reg', match: 'Control\\Class' });
    const unknown = expect.stringMatching(/^It is not known whether the way to the server is the tunnel of a VPN/m);
    expect(await asText()).toEqual(unknown);
    expect(JSON.parse(await asText('--json'))).toMatchObject({ warnings: [unknown] });
  });

  test('is not asked of a release', async () => {
    expect((await endpoint.run('plan', 'DELETE', '-', '-')).output).not.toContain('Afterwards');
  });
});

test('help and version', async () => {
  expect(await run(newHome(), '--help')).toMatchObject({
    exitCode: 0,
    output: expect.stringContaining('Usage: contain-host (ADD|DELETE) user IP_Address'),
  });
  expect((await run(newHome(), '--version')).output).toMatch(/^contain-host \d+\.\d+\.\d+\n$/);
});

test('the commands for Linux are written as its shell takes them', async () => {
  const plan = ['plan', 'ADD', '-', '192.0.2.50', '--for', 'linux'];
  const home = newHome();
  const { output } = await run(home, ...plan);
  const { steps } = JSON.parse((await run(home, ...plan, '--json')).output) as {
    steps: { command: string[] | null }[];
  };
  const lines = output.split('\n').filter((line) => line.includes('/nft '));
  const script = lines.map((line) => `printf '%s\\n' ${line.slice(line.indexOf('/'))}; echo`).join('\n');
  const words = execFileSync('sh', ['-c', script], { encoding: 'utf8' }).trimEnd().split('\n\n');
  expect(words).toEqual(steps.flatMap(({ command }) => (command === null ? [] : [command.join('\n')])));
});
