import { typicalHost } from '../../fixtures/standin/hosts';
import { useWindows } from './windows';

const newWindows = useWindows();
const fromServer = '"(from_the_server) (no_rule_id)"';

/** What wazuh-execd sends for `agent_control -b`, and for a response of version 5. */
const wazuh4 = (command: string) => ({
  version: 1,
  origin: { name: '', module: 'wazuh-execd' },
  command,
  parameters: {
    extra_args: [],
    alert: { data: { srcip: '192.0.2.50' } },
    program: 'active-response/bin/contain-host.exe',
  },
});
const wazuh5 = (command: string) => ({
  wazuh: {
    active_response: { name: 'contain', executable: 'contain-host', type: 'stateful', extra_arguments: '192.0.2.50' },
    agent: { id: '011', name: 'PC-11' },
  },
  source: { ip: '203.0.113.7' },
  command,
});

test('an OSSEC agent contains and releases, by both names of the program', async () => {
  const windows = newWindows().setUpHost(typicalHost());
  const before = windows.fingerprint();
  expect(await windows.runBy('ossec', `add "-" "192.0.2.50" ${fromServer}`)).toMatchObject({ exitCode: 0 });
  const traffic = windows.traffic();
  expect(traffic.isContained).toBe(true);
  expect(traffic.passes('in', '192.0.2.50')).toBe(true);
  expect(await windows.runBy('ossec', `add "-" "192.0.2.50" ${fromServer}`, 'release-host.exe')).toMatchObject({
    exitCode: 0,
  });
  expect(windows.fingerprint()).toBe(before);
  expect(windows.audit().at(-1)).toMatch(
    / \/ossec-agent\/active-response\/bin\/contain-host\.exe delete - 192\.0\.2\.50 /,
  );
});

test.each([
  ['4', wazuh4('add'), wazuh4('delete')],
  ['5', wazuh5('enable'), wazuh5('disable')],
])('a Wazuh %s agent contains and releases, and reads nothing from us', async (_version, add, remove) => {
  const windows = newWindows().setUpHost(typicalHost());
  const before = windows.fingerprint();
  expect(await windows.runByWazuh(add)).toEqual({ exitCode: 0, output: '' });
  const traffic = windows.traffic();
  expect(traffic.isContained).toBe(true);
  expect(traffic.passes('in', '192.0.2.50')).toBe(true);
  expect(await windows.runByWazuh(remove, 'wazuh-delete')).toEqual({ exitCode: 0, output: '' });
  expect(windows.fingerprint()).toBe(before);
  expect(windows.audit().at(-1)).toMatch(/^\S+ \S+ active-response\/bin\/contain-host\.exe: \{.*\}$/);
});

test.each(['without-handles', 'unheard'] as const)('started %s it contains and ends in good order', async (how) => {
  const windows = newWindows().setUpHost(typicalHost());
  expect(await windows.runBy(how, 'ADD - 192.0.2.50')).toMatchObject({ exitCode: 0 });
  expect(windows.traffic().isContained).toBe(true);
});

test('nothing can be written, and the exit code still tells what happened', async () => {
  const windows = newWindows().setUpHost(typicalHost());
  expect(await windows.runBy('unheard', 'ADD - not-an-address')).toMatchObject({ exitCode: 1 });
  expect(await windows.runBy('without-handles', '--help')).toMatchObject({ exitCode: 0 });
  expect(await windows.runBy('unheard', '--version')).toMatchObject({ exitCode: 0 });
});
