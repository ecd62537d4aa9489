import { mkdirSync, mkdtempSync, symlinkSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { readLastHeard } from '../../src/agent/last-heard';

let home: string;
beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), 'home-'));
});

const put = (path: string, text: string): string => {
  const file = join(home, path);
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, text);
  return file;
};

/** As Wazuh's documentation shows it. */
const stateFile = (lastAck: string): string =>
  `# State file for wazuh-agentd\n\nstatus='connected'\n\nlast_keepalive='2026-11-30 07:12:31'\n\nlast_ack='${lastAck}'\n\nmsg_count='12579'\n`;

const at = new Date(2026, 10, 30, 7, 12, 31);

test.each([
  ['linux', 'var/run/wazuh-agentd.state'],
  ['linux', 'var/run/ossec-agentd.state'],
  ['windows', 'wazuh-agent.state'],
] as const)('Wazuh on %s writes the last answer into %s, in local time', (platform, path) => {
  put(path, stateFile('2026-11-30 07:12:31').replaceAll('\n', platform === 'windows' ? '\r\n' : '\n'));
  expect(readLastHeard(platform, home)).toEqual({ at, isNotedAtOnce: true });
});

test.each([
  ['linux', 'etc/client.keys', 'queue/rids/011'],
  ['windows', 'client.keys', 'rids/011'],
] as const)('OSSEC on %s keeps a counter under its own number, written now and then', (platform, keys, counter) => {
  expect(readLastHeard(platform, home)).toEqual({ isNotedAtOnce: false });
  put(keys, '011 pc-11 10.1.2.11 c2VjcmV0\n');
  const file = put(counter, '12:345:');
  utimesSync(file, at, at);
  expect(readLastHeard(platform, home)).toEqual({ at, isNotedAtOnce: false });
  // It was only made, and nothing came yet.
  writeFileSync(file, '');
  expect(readLastHeard(platform, home)).toEqual({ isNotedAtOnce: false });
});

test('no answer yet, and what is no file of the agent, say nothing', () => {
  put('var/run/wazuh-agentd.state', stateFile(''));
  expect(readLastHeard('linux', home)).toEqual({ isNotedAtOnce: false });
  const other = mkdtempSync(join(tmpdir(), 'other-'));
  mkdirSync(join(other, 'var/run'), { recursive: true });
  symlinkSync(join(home, 'var/run/wazuh-agentd.state'), join(other, 'var/run/wazuh-agentd.state'));
  writeFileSync(join(home, 'var/run/wazuh-agentd.state'), stateFile('2026-11-30 07:12:31'));
  expect(readLastHeard('linux', other)).toEqual({ isNotedAtOnce: false });
});
