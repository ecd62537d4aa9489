import { ApiServer, certificate } from '../../fixtures/fleet/api-server';
import type { Ended } from '../../fixtures/fleet/server';

const windows = 'Microsoft Windows 11';
const agents = [
  { id: '011', name: 'pc-11', ip: '10.1.2.11', os: windows, groups: ['default', 'sales'] },
  { id: '012', name: 'web', ip: '10.1.2.12', os: 'Debian' },
  { id: '013', name: 'pc-13', ip: '10.1.2.13', os: windows, groups: ['sales'], does: 'refuse' as const },
];

let server: ApiServer;
beforeEach(() => {
  server = new ApiServer(agents);
});
afterEach(() => {
  server.remove();
});

const access = (): string[] => ['--api', server.url, '--ca', certificate];
const contain = (words: readonly string[], more = access(), token = 'good-token'): Ended =>
  server.fleetWith(
    { WAZUH_API_TOKEN: token },
    ...['contain', ...words, '--handler', '192.0.2.50', '--case', '77', '--wait', '60s', ...more],
  );

test('each agent gets the response for its system, and confirms by its own alert', async () => {
  await server.start();
  const { exitCode, stdout, stderr } = contain(['11', 'web']);
  expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: '' });
  expect(stdout).toMatch(/^011 pc-11 +contained after/m);
  expect(server.calls()).toEqual([
    ['011', 'contain-host0', expect.stringMatching(/^192\.0\.2\.50 case=77 order=[\w.-]+$/)],
    ['012', 'contain-host-linux0', expect.stringMatching(/^192\.0\.2\.50 case=77 order=[\w.-]+$/)],
  ]);
});

test('a group is the agents in it; what the API refuses for one is told, and the other goes on', async () => {
  await server.start();
  const { exitCode, stderr } = contain(['group:sales', '--yes=2']);
  expect(exitCode).toBe(1);
  expect(stderr).toContain('Not confirmed by 1 of 2 agents');
  expect(stderr).toContain('013 pc-13                NOT SENT: Cannot send request, agent is not active');
});

test('an API that is busy is asked once more', async () => {
  await server.start('busy once');
  expect(contain(['11']).exitCode).toBe(0);
});

test('no variable of the environment makes an unknown certificate good', async () => {
  await server.start();
  const careless = { NODE_TLS_REJECT_UNAUTHORIZED: '0', WAZUH_API_TOKEN: 'good-token' };
  const { exitCode, stderr } = server.fleetWith(
    careless,
    'contain',
    '11',
    '--handler',
    '192.0.2.50',
    '--api',
    server.url,
  );
  expect(exitCode).toBe(1);
  expect(stderr).toMatch(/cannot be asked: .*certificate/);
  expect(server.calls()).toEqual([]);
});

test.each<[string, string, (given: string[]) => string[], string, RegExp]>([
  ['an expired token', 'good', (given) => given, 'old', /does not take the token \(401\)/],
  ['no token', 'good', (given) => given, '', /wants a token/],
  [
    'a certificate of nobody known',
    'good',
    ([api = '', address = '']) => [api, address],
    'good-token',
    /cannot be asked: .*certificate/,
  ],
  [
    'a page instead of an answer',
    'html',
    (given) => given,
    'good-token',
    /did not answer with a list of agents: <html>A proxy +says hello/,
  ],
  [
    'an address without TLS',
    'good',
    () => ['--api', 'http://manager:55000'],
    'good-token',
    /--api takes an address such as/,
  ],
  [
    'nobody who listens',
    'good',
    ([, , ...ca]) => ['--api', 'https://127.0.0.1:9', ...ca],
    'good-token',
    /cannot be asked: nobody listens there/,
  ],
  [
    'a file that is not there',
    'good',
    ([api = '', address = '']) => [api, address, '--ca', '/nonexistent'],
    'good-token',
    /cannot be read/,
  ],
])('%s: nothing is sent, and the reason is one sentence', async (_what, mode, change, token, reason) => {
  await server.start(mode);
  const { exitCode, stderr } = contain(['11'], change(access()), token);
  expect(exitCode).toBe(1);
  expect(stderr).toMatch(reason);
  expect(stderr).not.toMatch(/\n\s+at |\u0007/);
  expect(server.calls()).toEqual([]);
});

test('groups are known to the API only', async () => {
  await server.start();
  expect(contain(['group:sales'], [])).toMatchObject({ exitCode: 1, stderr: expect.stringContaining('use --api') });
});
