import { client, newFolder, outcomeAt } from './agent-home';

const conf = { 'ossec.conf': client('<server-ip>192.0.2.10</server-ip>') };
const ossecInit = 'DIRECTORY="/var/ossec"\nVERSION="v3.7.0"\nDATE="Wed Nov 25"\nTYPE="agent"\n';
const wazuhInit = 'DIRECTORY="/var/ossec"\nNAME="Wazuh"\nVERSION="v3.13.6"\nREVISION="31350"\nTYPE="agent"\n';

describe('where the file does not name the protocol, the installed agent decides', () => {
  test.each([
    [
      'OSSEC on Windows',
      { 'VERSION.txt': 'OSSEC HIDS v3.7.0 - Installed on 2026-01-01', 'ossec-agent.exe': '' },
      'udp',
    ],
    ['OSSEC on Linux', { 'etc/ossec-init.conf': ossecInit, 'bin/ossec-agentd': '' }, 'udp'],
    ['Wazuh 3 on Windows', { VERSION: 'v3.13.6\n', 'ossec-agent.exe': '' }, 'udp'],
    ['Wazuh 3 on Linux', { 'etc/ossec-init.conf': wazuhInit }, 'udp'],
    ['Wazuh 4.1 on Windows', { VERSION: 'v4.1.5\r\n', 'ossec-agent.exe': '' }, 'tcp'],
    ['Wazuh 4.1 on Linux', { 'etc/ossec-init.conf': wazuhInit.replace('v3.13.6', 'v4.1.5') }, 'tcp'],
    ['Wazuh 4.12', { 'VERSION.json': '{\n  "version": "4.12.0",\n  "stage": "alpha0"\n}' }, 'tcp'],
    ['Wazuh 4 on Windows by its program', { 'wazuh-agent.exe': '' }, 'tcp'],
    ['Wazuh 4 on Linux by its program', { 'bin/wazuh-agentd': '' }, 'tcp'],
    ['Wazuh over what OSSEC left', { 'VERSION.txt': 'OSSEC HIDS v3.7.0', 'wazuh-agent.exe': '' }, 'tcp'],
    ['an agent that does not say', { 'ossec-agent.exe': '' }, 'tcp+udp'],
    ['nonsense', { VERSION: 'soon', 'VERSION.json': '[]', 'etc/ossec-init.conf': '\0' }, 'tcp+udp'],
    ['a huge file', { VERSION: `v4.1.5\n${'x'.repeat(10_000)}` }, 'tcp+udp'],
  ])('%s', async (_who, files, protocols) => {
    expect(await outcomeAt(newFolder({ ...conf, ...files }))).toEqual([`192.0.2.10|1514|${protocols}`]);
  });
});

test('what the file says counts', async () => {
  const said = client('<server><address>192.0.2.10</address><protocol>udp</protocol></server>');
  expect(await outcomeAt(newFolder({ 'ossec.conf': said, VERSION: 'v4.1.5' }))).toEqual(['192.0.2.10|1514|udp']);
});
