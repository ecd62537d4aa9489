import { renameSync, rmSync, utimesSync } from 'node:fs';
import { join } from 'node:path';
import { KitServer } from '../../../fixtures/fleet/kit-server';

let server: KitServer;
beforeEach(() => {
  server = new KitServer('ossec');
  server.start({ id: '011', name: 'pc-11', ip: '10.1.2.11/32', os: 'Linux web' });
});
afterEach(() => server.remove());

interface Found {
  readonly check: string;
  readonly verdict: string;
  readonly found: string;
}

function examine(): { readonly exitCode: number | null; readonly notOk: Found[]; readonly checks: Found[] } {
  const { exitCode, stdout, stderr } = server.fleet('doctor', '--json');
  expect(stderr).toBe('');
  const { checks } = JSON.parse(stdout) as { checks: Found[] };
  return { exitCode, checks, notOk: checks.filter(({ verdict }) => verdict !== 'ok') };
}

test('a server with the kit and a running agent has nothing wrong', () => {
  server.fleet('install-kit');
  server.restart();
  const { exitCode, notOk, checks } = examine();
  expect({ exitCode, notOk }).toEqual({ exitCode: 0, notOk: [] });
  expect(checks.map(({ check }) => check)).toEqual([
    ...['server', 'agent-control', 'programs', 'kit-rules', 'kit-commands', 'kit-loaded', 'active-response'],
    ...['alert-level', 'alert-files', 'own-log', 'agents', 'heard', 'clocks'],
  ]);
});

test('without the kit three things are wrong, and each says what to do', () => {
  const { exitCode, notOk } = examine();
  expect(exitCode).toBe(6);
  expect(notOk.map(({ check, verdict }) => `${check} ${verdict}`)).toEqual([
    'kit-rules problem',
    'kit-commands problem',
    'kit-loaded problem',
  ]);
  expect(server.fleet('doctor').stdout.match(/-> Run: contain-host fleet install-kit/g)).toHaveLength(2);
});

test.each<[string, () => void, string, RegExp]>([
  [
    'the rules are those of an older version',
    () => server.edit(server.rules, /contain-host kit \S+: from/, 'contain-host kit 0.0.9: from'),
    'kit-rules warning',
    /rules of contain-host 0\.0\.9/,
  ],
  [
    'a response has a timeout',
    () => server.edit(server.configuration, /<command>contain-host<\/command>/, '$&<timeout>600</timeout>'),
    'kit-commands problem, kit-loaded problem',
    /contain-host600/,
  ],
  [
    'only loud alerts are written',
    () => server.edit(server.configuration, />1<\/log_alert_level>/, '>10</log_alert_level>'),
    'alert-level problem',
    /from level 10 on/,
  ],
  [
    'the beginning of an order is not written',
    () => server.edit(server.configuration, />1<\/log_alert_level>/, '>5</log_alert_level>'),
    'alert-level warning',
    /from level 5 on/,
  ],
  [
    'the server does not read its own log',
    () => server.edit(server.configuration, /logs\/active-responses/, 'logs/other'),
    'own-log warning',
    /no alert for a host that does not answer/,
  ],
  [
    'active responses are off',
    () => server.edit(server.configuration, /<active-response>/, '$&<disabled>yes</disabled>'),
    'active-response warning',
    /no rule contains a host/,
  ],
  [
    'there are no alerts',
    () => rmSync(join(server.home, 'logs/alerts/alerts.log')),
    'alert-files problem',
    /alerts\.log: it is not there/,
  ],
  [
    'an agent is off',
    () => server.agents({ id: '011', name: 'pc-11', ip: 'any', os: '', status: 'Disconnected' }),
    'agents warning',
    /011 pc-11 \(Disconnected\)/,
  ],
])('%s', (_what, spoil, name, words) => {
  server.fleet('install-kit');
  spoil();
  server.restart();
  const { notOk } = examine();
  expect(notOk.map(({ check, verdict }) => `${check} ${verdict}`).join(', ')).toBe(name);
  expect(notOk[0]?.found).toMatch(words);
});

test('a server that was not restarted since, and one that does not run', () => {
  server.fleet('install-kit');
  server.startedAt(new Date(Date.now() - 3600_000));
  expect(examine().notOk).toEqual([expect.objectContaining({ check: 'kit-loaded', verdict: 'warning' })]);
  server.stop();
  expect(examine()).toMatchObject({ exitCode: 6, notOk: [{ check: 'programs', verdict: 'problem' }] });
});

test('an agent that was not heard since the server’s restart is named: its orders are dropped', () => {
  server.fleet('install-kit');
  server.restart();
  utimesSync(join(server.home, 'queue/agent-info/pc-11-10.1.2.11'), 1000, 1000);
  expect(examine().notOk).toEqual([
    expect.objectContaining({ check: 'heard', found: expect.stringMatching(/drops orders for 011 pc-11/) }),
  ]);
});

test('a host whose clock is wrong is named', () => {
  server.fleet('install-kit');
  server.restart();
  const heard = new Date();
  server.alert('pc-11', heard, new Date(heard.getTime() - 3600_000));
  expect(examine().notOk).toEqual([
    expect.objectContaining({ check: 'clocks', found: expect.stringMatching(/pc-11 \(60 min behind\)/) }),
  ]);
});

test('where there is no server, that is the one thing that is said', () => {
  renameSync(join(server.home, 'bin', 'ossec-analysisd'), join(server.home, 'bin', 'other'));
  expect(examine()).toMatchObject({ exitCode: 6, notOk: [{ check: 'server', verdict: 'problem' }] });
});
