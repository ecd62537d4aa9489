import { execFileSync } from 'node:child_process';
import { chmodSync, existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { ApiServer, certificate } from '../../fixtures/fleet/api-server';
import type { Ended } from '../../fixtures/fleet/server';
import type { Agent } from '../../src/fleet/agent';
import { FleetFailure } from '../../src/fleet/server';
import { wazuhApi } from '../../src/fleet/wazuh-api';

const token = 'good-token';
const pcs = ['011', '012', '013'].map((id) => ({
  id,
  name: `pc-${id}`,
  ip: `10.1.2.${Number(id)}`,
  os: 'Microsoft Windows 11',
}));

let server: ApiServer;
beforeEach(() => {
  server = new ApiServer(pcs);
});
afterEach(() => {
  server.remove();
});

function contain(more: readonly string[], env: Readonly<Record<string, string>> = {}): Ended {
  const { exitCode, stdout, stderr } = server.fleetWith(
    env,
    ...['contain', '11', '--handler', '192.0.2.50', '--wait', '60s', '--api', server.url, '--ca', certificate, ...more],
  );
  expect(stdout + stderr).not.toContain(token);
  return { exitCode, stdout, stderr };
}

function tokenFile(mode: number, text = `${token}\n`): string {
  const file = join(server.home, 'token');
  writeFileSync(file, text);
  chmodSync(file, mode);
  return file;
}

describe('the token', () => {
  test('comes from a file that only its owner can read, without a word', async () => {
    await server.start();
    expect(contain(['--token-file', tokenFile(0o600)])).toMatchObject({ exitCode: 0, stderr: '' });
  });

  test('that everybody can read is used, and said to be known to everybody', async () => {
    await server.start();
    const { exitCode, stderr } = contain(['--token-file', tokenFile(0o644)]);
    expect(exitCode).toBe(0);
    expect(stderr).toMatch(/Every user of this host can read ".*": run "chmod 600" on it, and get a new token/);
  });

  test('comes through a pipe, and lies on no disk', async () => {
    await server.start();
    const program = resolve(__dirname, '../../dist/contain-host.js');
    const command = `"${process.execPath}" "${program}" fleet contain 11 --handler 192.0.2.50 --api ${server.url} --ca "${certificate}" --token-file <(echo ${token})`;
    const said = execFileSync('bash', ['-c', command], {
      encoding: 'utf8',
      env: { ...process.env, OSSECPATH: server.home },
    });
    expect(said).toMatch(/contained after/);
  });

  test.each([
    ['is empty', '\n', /wants a token/],
    ['has a line break in it', 'good\r\nX-Evil: 1', /is no token/],
    ['is no text', '\u0000'.repeat(100), /is no token/],
  ])('that %s is refused', async (_what, text, reason) => {
    await server.start();
    const { exitCode, stderr } = contain(['--token-file', tokenFile(0o600, text)]);
    expect(exitCode).toBe(1);
    expect(stderr).toMatch(reason);
    expect(stderr).not.toMatch(/\n\s+at /);
  });

  test('stands in no dry run', async () => {
    await server.start();
    const { exitCode, stdout } = contain(['--dry-run'], { WAZUH_API_TOKEN: token });
    expect(exitCode).toBe(0);
    expect(stdout).toMatch(/^PUT https:.*agents_list=011/);
  });

  test('is not shown where the API, or a proxy before it, sends it back', async () => {
    await server.start('echo');
    const { exitCode, stderr } = contain([], { WAZUH_API_TOKEN: token });
    expect(exitCode).toBe(1);
    expect(stderr).toMatch(/answered 500: .*Bearer \(the token\)/);
  });

  test('follows no redirection', async () => {
    await server.start('redirect');
    const { exitCode, stderr } = contain([], { WAZUH_API_TOKEN: token });
    expect(exitCode).toBe(1);
    expect(stderr).toMatch(/sends us elsewhere \(302\)/);
    expect(readFileSync(join(server.home, 'asked.txt'), 'utf8')).not.toContain('/elsewhere');
  });

  test.each([
    [
      'for another name than was typed',
      () => server.url.replace('127.0.0.1', 'localhost'),
      /certificate is for another name/,
    ],
    [
      'for a name and a password',
      () => server.url.replace('https://', 'https://wazuh:secret@'),
      /--api takes an address/,
    ],
    ['for a page', () => `${server.url}/security/user`, /--api takes an address/],
  ])('is not sent %s', async (_what, address, reason) => {
    await server.start('echo');
    const more = ['--handler', '192.0.2.50', '--ca', certificate, '--api', address()];
    const { exitCode, stderr } = server.fleetWith({ WAZUH_API_TOKEN: token }, 'contain', '11', ...more);
    expect(exitCode).toBe(1);
    expect(stderr).toMatch(reason);
    expect(stderr).not.toContain('Bearer');
  });
});

describe('an API that fails in the middle', () => {
  const all = (): Ended =>
    server.fleetWith(
      { WAZUH_API_TOKEN: token },
      ...[
        'contain',
        '11',
        '12',
        '13',
        '--handler',
        '192.0.2.50',
        '--wait',
        '3',
        '--api',
        server.url,
        '--ca',
        certificate,
      ],
    );

  test('since the token expires: the first stands, and the others are told', async () => {
    await server.start('expires');
    const { exitCode, stdout, stderr } = all();
    expect(exitCode).toBe(1);
    expect(stdout).toMatch(/011 pc-011 +contained after/);
    expect(stderr).toMatch(
      /Not confirmed by 2 of 3 agents:\n +012 pc-012 +NOT SENT: the Wazuh API does not take the token/,
    );
  });

  test('since a proxy answers: nobody was ordered, and no colour of it comes through', async () => {
    await server.start('html for orders');
    const { exitCode, stderr } = all();
    expect(exitCode).toBe(1);
    expect(stderr).toMatch(
      /Not confirmed by 3 of 3 agents:\n +011 pc-011 +NOT SENT: the Wazuh API answered 502: <html>Bad gateway \[2J/,
    );
    expect(server.calls()).toEqual([]);
  });
});

describe('patience', () => {
  const agent: Agent = { id: '011', name: 'pc-011', address: 'any', connection: 'active' };
  const order = { action: 'release', id: '1-0' } as const;
  const impatient = { answer: 300, tooEarly: 1 };
  const access = () => ({ url: server.url, token, ca: readFileSync(certificate, 'utf8') });

  test('an API that takes the connection and says nothing is no reason to wait for ever', async () => {
    await server.start('silent');
    await expect(wazuhApi(access(), impatient).agents()).rejects.toThrow(FleetFailure);
  });

  test('an order without an answer may have gone out; after three of them nobody is asked any more', async () => {
    await server.start('silent for orders');
    const api = wazuhApi(access(), impatient);
    for (let count = 0; count < 3; count++)
      expect(await api.send(agent, 'windows', order)).toEqual({
        isUnsure: true,
        why: expect.stringMatching(/does not answer/),
      });
    expect(await api.send(agent, 'windows', order)).toEqual({
      isUnsure: false,
      why: expect.stringMatching(/was not asked again/),
    });
  });

  test('an API that stays busy refuses in the end', async () => {
    await server.start('busy');
    const failed = await wazuhApi(access(), impatient).send(agent, 'windows', order);
    expect(failed).toEqual({ isUnsure: false, why: expect.stringMatching(/answered 429/) });
    expect(existsSync(join(server.home, 'calls.jsonl'))).toBe(false);
  });
});
