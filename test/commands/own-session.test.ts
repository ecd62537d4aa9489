import { networkInterfaces } from 'node:os';
import { findOwnSession } from '../../src/commands/own-session';
import { personAtPrompt } from '../../src/commands/person';
import { peersAt } from '../../src/commands/remote-desktop';
import { type Host, timeouts } from '../../src/host';

const hostWith = (env: Host['env'], platform: Host['platform'] = 'linux'): Host => ({
  platform,
  env,
  program: '/opt/contain-host',
  command: ['/opt/contain-host'],
  name: 'contain-host',
  timeouts,
});

test.each([
  ['203.0.113.9 50000 10.0.0.7 22', ['203.0.113.9']],
  ['::ffff:203.0.113.9 50000 ::ffff:10.0.0.7 22', ['203.0.113.9']],
  ['2001:DB8::9 50000 2001:db8::7 22', ['2001:db8::9']],
  ['fe80::9%eth0 50000 fe80::7%eth0 22', ['fe80::9']],
  ['', []],
  ['127.0.0.1 50000 127.0.0.1 22', []],
  ['::1 1 ::1 22', []],
  ['x', []],
])('SSH_CONNECTION=%j on Windows is a session from %j', async (SSH_CONNECTION, addresses) => {
  const { peers, isSure } = await findOwnSession(hostWith({ SSH_CONNECTION }, 'windows'));
  expect({ peers: peers.map(({ text }) => text), isSure }).toEqual({ peers: addresses, isSure: true });
});

test('whoever is connected from this very host is not cut off', async () => {
  const own = Object.values(networkInterfaces()).flatMap((entries) => entries ?? []);
  for (const { address } of own) {
    const { peers } = await findOwnSession(hostWith({ SSH_CONNECTION: `${address} 50000 ${address} 22` }, 'windows'));
    expect(peers).toEqual([]);
  }
});

/** As Windows prints it, in the words of a language that is not English. */
const netstat = (...lines: readonly string[]): string =>
  [
    '',
    'Aktive Verbindungen',
    '',
    '  Proto  Lokale Adresse         Remoteadresse          Status           PID',
    '  TCP    0.0.0.0:135            0.0.0.0:0              ABH\x99REN         968',
    '  TCP    0.0.0.0:3389           0.0.0.0:0              ABH\x99REN         1180',
    '  TCP    10.0.0.7:49812         203.0.113.66:443       HERGESTELLT      5120',
    ...lines,
    '  TCP    [::]:3389              [::]:0                 ABH\x99REN         1180',
    '  UDP    0.0.0.0:3389           *:*                                    1180',
    '',
  ].join('\r\n');

test.each<[string, number, string[], string[]]>([
  ['nobody is connected', 3389, [], []],
  ['one is', 3389, ['  TCP    10.0.0.7:3389          203.0.113.9:50112      HERGESTELLT      1180'], ['203.0.113.9']],
  [
    'several are, by IPv6 too',
    3389,
    [
      '  TCP    10.0.0.7:3389          203.0.113.9:50112      HERGESTELLT      1180',
      '  TCP    [2001:db8::7]:3389     [2001:db8::9]:50113    HERGESTELLT      1180',
      '  TCP    [fe80::7%5]:3389       [fe80::9%5]:50114      HERGESTELLT      1180',
    ],
    ['203.0.113.9', '2001:db8::9', 'fe80::9'],
  ],
  ['one was', 3389, ['  TCP    10.0.0.7:3389          203.0.113.9:50112      WARTEND          0'], []],
  ['another service is', 3390, ['  TCP    10.0.0.7:3389          203.0.113.9:50112      HERGESTELLT      1180'], []],
  [
    'this host is elsewhere',
    3389,
    ['  TCP    10.0.0.7:51000         203.0.113.9:3389       HERGESTELLT      4100'],
    [],
  ],
])('Remote Desktop: where %s', (_, port, lines, peers) => {
  expect(peersAt(port, netstat(...lines))).toEqual(peers);
});

test.each<[env: Host['env'], platform: Host['platform'], name: string]>([
  [{ SUDO_USER: 'anna', LOGNAME: 'root', USER: 'root' }, 'linux', 'anna'],
  [{ LOGNAME: 'berta' }, 'linux', 'berta'],
  [{ SUDO_USER: '', USER: 'carl' }, 'linux', 'carl'],
  [{ SUDO_USER: 'x\u001b[31m"y' }, 'linux', 'x??31m?y'],
  [{ USERDOMAIN: 'CORP', USERNAME: 'anna' }, 'windows', 'CORP\\anna'],
])('who sits at the prompt: %j on %s is %s', (env, platform, name) => {
  expect(personAtPrompt(hostWith(env, platform))).toBe(name);
});
