import { glanceAtServers } from '../../src/agent/configuration/glance';
import type { LookUp } from '../../src/agent/resolve';
import { readAgentServers, readNamedServers } from '../../src/agent/servers';
import { client, describeServers, newFolder, noDns, windows } from './agent-home';

const named = (...names: string[]): string =>
  client(names.map((name) => `<server-hostname>${name}</server-hostname>`).join(''));

const table =
  (answers: Readonly<Record<string, readonly string[]>>): LookUp =>
  async (name) =>
    answers[name] ?? [];

test('every address of every name is used', async () => {
  const home = newFolder({ 'ossec.conf': named('one.example.net', 'two.example.net') });
  const lookUp = table({
    'one.example.net': ['192.0.2.10', '2001:db8::10'],
    'two.example.net': ['192.0.2.11', '192.0.2.10'],
  });
  const agent = await readAgentServers(windows, home, lookUp);
  expect(describeServers(agent).map((text) => text.split('|')[0])).toEqual([
    '192.0.2.10',
    '2001:db8::10',
    '192.0.2.11',
  ]);
  expect(agent).toMatchObject({ needsDns: true, unresolved: [], warnings: [] });
});

test('answers that no rule can hold are dropped', async () => {
  const home = newFolder({ 'ossec.conf': named('one.example.net') });
  const lookUp = table({ 'one.example.net': ['127.0.0.1', '::1', '0.0.0.0', 'fe80::1%3', '224.0.0.1', '192.0.2.10'] });
  expect(describeServers(await readAgentServers(windows, home, lookUp))).toEqual(['192.0.2.10|1514|tcp+udp']);
});

test('a name of this host is no server and needs no DNS', async () => {
  const home = newFolder({ 'ossec.conf': named('localhost', '192.0.2.10') });
  const agent = await readAgentServers(windows, home, table({ localhost: ['127.0.0.1', '::1'] }));
  expect(agent).toMatchObject({ needsDns: false, unresolved: [], warnings: [expect.stringContaining('"localhost"')] });
});

test('a name that never answers does not hold up the others', async () => {
  const home = newFolder({ 'ossec.conf': named('dead.example.net', 'good.example.net') });
  const lookUp: LookUp = (name) =>
    name === 'dead.example.net' ? new Promise(() => {}) : Promise.resolve(['192.0.2.10']);
  const impatient = { ...windows, timeouts: { ...windows.timeouts, dns: 50 } };
  const agent = await readAgentServers(impatient, home, lookUp);
  expect(agent).toMatchObject({ unresolved: ['dead.example.net'], needsDns: true });
  expect(describeServers(agent)).toEqual(['192.0.2.10|1514|tcp+udp']);
});

test('the system itself resolves names too', async () => {
  const home = newFolder({ 'ossec.conf': named('localhost') });
  await expect(readAgentServers(windows, home)).rejects.toMatchObject({
    code: 'no-server',
    message: expect.stringContaining('"localhost" is this host itself'),
  });
});

test('without any address there is no server, and the names are said', async () => {
  const home = newFolder({ 'ossec.conf': named('gone.example.net') });
  await expect(readAgentServers(windows, home, noDns)).rejects.toMatchObject({
    code: 'no-server',
    message: expect.stringContaining('gone.example.net'),
  });
});

describe("a name that does not resolve has the address in the agent's log", () => {
  const addressesAfter = async (log: string, file = 'ossec.log', platform = windows): Promise<string[]> => {
    const conf = platform.platform === 'windows' ? 'ossec.conf' : 'etc/ossec.conf';
    const home = newFolder({ [conf]: named('mgr.example.net', '198.18.0.1'), [file]: log });
    const { servers } = await readAgentServers(platform, home, noDns);
    return servers.map(({ address }) => address.text).filter((text) => text !== '198.18.0.1');
  };

  test.each([
    ['OSSEC on Linux', '2018/07/20 00:19:40 INFO: Connected to mgr.example.net at address 192.0.2.10, port 1514'],
    [
      'OSSEC on Windows',
      '2018/07/20 00:19:40 INFO: Connected to mgr.example.net at address 192.0.2.10:1514, port 1514',
    ],
    [
      'OSSEC 2.8',
      '2016/10/14 08:07:42 ossec-agent(4102): INFO: Connected to the server (mgr.example.net/192.0.2.10:1514).',
    ],
    [
      'Wazuh 3',
      '2018/07/22 14:00:11 ossec-agentd: INFO: (4102): Connected to the server (mgr.example.net/192.0.2.10:1514/tcp).',
    ],
    [
      'Wazuh 4',
      '2022/11/15 12:46:33 wazuh-agent: INFO: (4102): Connected to the server ([mgr.example.net/192.0.2.10]:1514/tcp).',
    ],
    [
      'Wazuh when it debugs',
      '2018/12/24 15:57:20 ossec-agent[13816] start_agent.c:155 at start_agent(): INFO: (4102): Connected to the server (mgr.example.net/192.0.2.10:1514/udp).',
    ],
  ])('%s', async (_who, line) => {
    expect(await addressesAfter(`first line\r\n${line}\r\nlast line\r\n`)).toEqual(['192.0.2.10']);
  });

  test.each([
    ['at address 2001:db8::1514, port 1514', '2001:db8::1514'],
    ['at address [2001:db8::1514]:1514, port 1514', '2001:db8::1514'],
  ])('IPv6: %s', async (where, wanted) => {
    expect(await addressesAfter(`2026/11/24 10:00:00 INFO: Connected to mgr.example.net ${where}`)).toEqual([wanted]);
  });

  test('the newest one', async () => {
    const lines = ['192.0.2.9', '192.0.2.10'].map(
      (address) => `2026/11/24 10:00:00 INFO: Connected to mgr.example.net at address ${address}, port 1514`,
    );
    expect(await addressesAfter(lines.join('\n'))).toEqual(['192.0.2.10']);
  });

  test('in the last part of a long log', async () => {
    const line = (address: string): string =>
      `2026/11/24 10:00:00 INFO: Connected to mgr.example.net at address ${address}, port 1514\n`;
    const filler = 'x'.repeat(99).concat('\n').repeat(20_000);
    expect(await addressesAfter(line('192.0.2.9') + filler)).toEqual([]);
    expect(await addressesAfter(filler + line('192.0.2.10') + filler.slice(0, 500_000))).toEqual(['192.0.2.10']);
  });

  test('on Linux in its own folder', async () => {
    const line = '2026/11/24 10:00:00 INFO: Connected to mgr.example.net at address 192.0.2.10, port 1514\n';
    expect(await addressesAfter(line, 'logs/ossec.log', { ...windows, platform: 'linux' })).toEqual(['192.0.2.10']);
  });

  test.each([
    '2026/11/24 10:00:00 INFO: Connected to other.example.net at address 192.0.2.66, port 1514',
    '2026/11/24 10:00:00 INFO: Connected to mgrXexample.net at address 192.0.2.66, port 1514',
    '2026/11/24 10:00:00 INFO: Connected to a.mgr.example.net at address 192.0.2.66, port 1514',
    '2026/11/24 10:00:00 INFO: Connected to mgr.example.net at address 127.0.0.1, port 1514',
    '2026/11/24 10:00:00 INFO: Connected to mgr.example.net at address 192.0.2.66&calc, port 1514',
    "2026/11/24 10:00:00 ossec-logcollector: ERROR: Unable to open 'INFO: Connected to mgr.example.net at address 192.0.2.66, port 1514",
    '2026/11/24 10:00:00 x: ERROR: 2026/11/24 10:00:00 INFO: Connected to mgr.example.net at address 192.0.2.66, port 1514',
    '2026/11/24 10:00:00 wazuh-agent: INFO: (4102): Connected to the server ([mgr.example.net]:1514/tcp).',
  ])('but not from this line: %s', async (line) => {
    expect(await addressesAfter(line)).toEqual([]);
  });

  test('and a name that resolves is not looked for there', async () => {
    const log = '2026/11/24 10:00:00 INFO: Connected to mgr.example.net at address 192.0.2.66, port 1514';
    const home = newFolder({ 'ossec.conf': named('mgr.example.net'), 'ossec.log': log });
    const agent = await readAgentServers(windows, home, async () => ['192.0.2.10']);
    expect(describeServers(agent)).toEqual(['192.0.2.10|1514|tcp+udp']);
  });
});

test('a name whose address is known waits for nobody, and what is said later is added', async () => {
  const home = newFolder({
    'ossec.conf': named('slow.example.net'),
    'ossec.log': '2026/11/24 10:00:00 INFO: Connected to slow.example.net at address 192.0.2.10, port 1514\n',
  });
  let answer = (_found: readonly string[]): void => {};
  const lookUp: LookUp = () => new Promise((resolve) => (answer = resolve));
  const patient = { ...windows, timeouts: { ...windows.timeouts, dns: 600_000 } };
  const servers = readNamedServers(patient, home);
  expect(servers.areKnown([])).toBe(true);
  const agent = await servers.resolve([], lookUp);
  expect(describeServers(agent)).toEqual(['192.0.2.10|1514|tcp+udp']);
  expect(agent.later().names).toEqual(agent.names);
  answer(['192.0.2.11', '127.0.0.1']);
  await new Promise(setImmediate);
  expect(agent.later().names).toEqual([{ name: 'slow.example.net', addresses: ['192.0.2.10', '192.0.2.11'] }]);
});

test.each([
  ['<server-ip>192.0.2.10</server-ip>', true],
  ['<server><address>2001:db8::1</address></server>', true],
  ['<server-ip>192.0.2.10</server-ip><server-hostname>one.example.net</server-hostname>', false],
  ['<server><address>one.example.net</address></server>', false],
  ['<notify_time>20</notify_time>', false],
])('whether %s needs no look-up is told at a glance: %s', (client, needsNone) => {
  const home = newFolder({ 'ossec.conf': `<ossec_config><client>${client}</client></ossec_config>` });
  expect(glanceAtServers('windows', home).needsNoLookUp).toBe(needsNone);
});
