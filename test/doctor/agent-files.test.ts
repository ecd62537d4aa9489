import { mkdirSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Endpoint } from '../../fixtures/endpoint';
import { checkAnswerLog, checkRestart, checkSwitchedOn } from '../../src/doctor/active-response';
import type { Check, Examination } from '../../src/doctor/check';
import { checkCommands } from '../../src/doctor/commands';
import { checkServers } from '../../src/doctor/servers';
import { checkSettings } from '../../src/doctor/settings';
import { arConf, conf, healthyEndpoint, ossecConf, patientOf, startedAt } from './healthy';

let endpoint: Endpoint;
beforeEach(() => {
  endpoint = healthyEndpoint();
});
afterEach(() => endpoint.remove());

const verdicts = async (examination: Examination): Promise<string[]> =>
  (await examination(patientOf(endpoint))).map(({ verdict }: Check) => verdict);
const inHome = (...names: string[]): string => join(endpoint.home, ...names);
const install = (file: string, text: string): void => writeFileSync(inHome(file), text);

describe('active responses', () => {
  const inClient = conf.client.replace('</client>', '<disable-active-response>yes</disable-active-response></client>');
  test.each<[string, string[], string]>([
    ['on', [conf.client, conf.on], 'ok'],
    ['off', [conf.client, conf.off], 'problem'],
    ['off, and on in a later section, which does not count', [conf.client, conf.off, conf.on], 'problem'],
    ['on, and off in a later section', [conf.client, conf.on, conf.off], 'ok'],
    ['on in a second root', [conf.client, '</ossec_config><ossec_config>', conf.on], 'ok'],
    ['neither yes nor no', [conf.client, conf.on.replace('no', 'No')], 'problem'],
    ['off in the client section', [inClient, conf.on], 'problem'],
    ['on in a comment only', [conf.client, `<!-- ${conf.on} -->`], 'problem'],
  ])('%s', async (_, parts, verdict) => {
    endpoint.configure(ossecConf(...parts));
    expect(await verdicts(checkSwitchedOn)).toEqual([verdict]);
  });

  test('are off where nothing is said, but not for Wazuh', async () => {
    endpoint.configure(ossecConf(conf.client));
    expect(await verdicts(checkSwitchedOn)).toEqual(['problem']);
    install('VERSION.json', '{"version": "4.14.0"}');
    expect(await verdicts(checkSwitchedOn)).toEqual(['ok']);
  });
});

describe('the log of outcomes', () => {
  test.each<[string, string, string]>([
    ['is sent', conf.log, 'ok'],
    ['is sent by its whole path', conf.log.replace('active-response\\', 'C:\\ossec\\Active-Response/'), 'ok'],
    ['is not sent', conf.log.replace('active-responses', 'other'), 'warning'],
  ])('%s', async (_, log, verdict) => {
    endpoint.configure(ossecConf(conf.client, log));
    expect(await verdicts(checkAnswerLog)).toEqual([verdict]);
  });

  test('may be sent by what the server pushes', async () => {
    endpoint.configure(ossecConf(conf.client));
    install('shared/agent.conf', `<agent_config os="windows">${conf.log}</agent_config>`);
    expect(await verdicts(checkAnswerLog)).toEqual(['ok']);
  });
});

test.each<[string, string | undefined, string[]]>([
  ['both programs', arConf('contain-host.exe', 'release-host.exe'), ['ok', 'ok']],
  ['the programs of Linux only', arConf('contain-host', 'release-host'), ['problem', 'warning']],
  ['no release', arConf('contain-host.exe'), ['ok', 'warning']],
  ['other programs', arConf(), ['problem', 'warning']],
  ['lines that are none', 'contain-host0 contain-host.exe 0\nrelease-host0 - release-host.exe', ['problem', 'warning']],
  ['nothing', undefined, ['problem']],
])('the server knows %s', async (_, text, expected) => {
  if (text === undefined) rmSync(inHome('shared', 'ar.conf'));
  else install('shared/ar.conf', text);
  expect(await verdicts(checkCommands)).toEqual(expected);
});

test('of the names in ar.conf those for another system are left out', async () => {
  install(
    'shared/ar.conf',
    `${arConf('contain-host.exe', 'release-host.exe')}contain-host-linux0 - contain-host - 0\n`,
  );
  const found = (await checkCommands(patientOf(endpoint))).map((check) => check.found);
  expect(found[0]).toMatch(/as contain-host0\.$/);
});

test('what the agent remembers as missing is a problem until it is restarted', async () => {
  const missing = `2026/11/25 03:18:00 ossec-agent: INFO: Active response command not present: 'active-response/bin/contain-host.exe'. Not using it on this system.\n`;
  const early = startedAt(Date.now() - 3_600_000);
  install('ossec.log', early + missing);
  expect(await verdicts(checkRestart)).toEqual(['problem']);
  install('ossec.log', early + missing.replace('contain-host', 'route-null'));
  expect(await verdicts(checkRestart)).toEqual(['warning']);
  install('ossec.log', missing + startedAt(Date.now() + 60_000));
  expect(await verdicts(checkRestart)).toEqual(['ok']);
});

test('commands that came before the program did are a reason to restart the agent', async () => {
  install('ossec.log', startedAt(Date.now() - 3_600_000));
  const anHourAgo = Date.now() / 1000 - 3600;
  utimesSync(inHome('shared', 'ar.conf'), anHourAgo, anHourAgo);
  expect(await verdicts(checkRestart)).toEqual(['problem']);
  install('shared/ar.conf', arConf());
  utimesSync(inHome('shared', 'ar.conf'), anHourAgo, anHourAgo);
  expect(await verdicts(checkRestart)).toEqual(['warning']);
});

test('a program that is not where the agent looks is a problem', async () => {
  rmSync(inHome('active-response', 'bin', 'contain-host.exe'));
  expect(await verdicts(checkCommands)).toEqual(['problem', 'ok']);
});

test('Wazuh 5 has no ar.conf; there the programs only have to be in their place', async () => {
  install('VERSION.json', '{"version": "5.0.0"}');
  rmSync(inHome('shared', 'ar.conf'));
  expect(await verdicts(checkCommands)).toEqual(['ok', 'ok']);
  rmSync(inHome('active-response', 'bin', 'release-host.exe'));
  expect(await verdicts(checkCommands)).toEqual(['ok', 'problem']);
  expect(await verdicts(checkRestart)).toEqual([]);
});

test.each<[string, () => string, string]>([
  ['after the program was put there', () => startedAt(Date.now() + 60_000), 'ok'],
  ['before', () => startedAt(Date.now() - 3_600_000), 'warning'],
  ['before and after', () => startedAt(Date.now() - 3_600_000) + startedAt(Date.now() + 60_000), 'ok'],
  ['by a line that somebody else wrote', () => `x ${startedAt(Date.now() + 60_000)}`, 'warning'],
  ['nobody knows when', () => '', 'warning'],
])('the agent was started %s', async (_, text, verdict) => {
  install('ossec.log', text());
  // Within a tick of the kernel's clock either of the two files could be the older one.
  const later = Date.now() / 1000 + 60;
  utimesSync(inHome('shared', 'ar.conf'), later, later);
  expect(await verdicts(checkRestart)).toEqual([verdict]);
});

test.each<[string, string, string[]]>([
  ['an address', conf.client, ['ok']],
  ['nobody', conf.on, ['problem']],
  ['loopback too', conf.client.replace('</', '</server-ip><server-ip>127.0.0.1</'), ['ok', 'warning']],
  [
    'a name that does not resolve too',
    conf.client.replace('</client>', '<server-hostname>no.invalid</server-hostname></client>'),
    ['ok', 'warning'],
  ],
  ['something that no agent reads', '<client>', ['problem']],
])('the configuration names %s', async (_, client, expected) => {
  endpoint.configure(ossecConf(client));
  expect(await verdicts(checkServers)).toEqual(expected);
});

test('the settings are good, bad in part, or not there', async () => {
  expect(await verdicts(checkSettings)).toEqual(['ok']);
  endpoint.setSettings({ handlers: ['192.0.2.50'] });
  expect(await verdicts(checkSettings)).toEqual(['ok']);
  endpoint.setSettings({ handlers: ['192.0.0.0/8'], probe: 1 });
  expect(await verdicts(checkSettings)).toEqual(['warning', 'warning']);
});

test('folders in the place of files are no reason to fail', async () => {
  for (const file of ['ossec.log', 'shared/ar.conf', 'shared/contain-host.json']) {
    rmSync(inHome(file), { force: true });
    mkdirSync(inHome(file));
  }
  expect(await verdicts(checkRestart)).toEqual(['warning']);
  expect(await verdicts(checkSettings)).toEqual(['warning']);
});
