import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync, symlinkSync } from 'node:fs';
import { createServer } from 'node:net';
import { networkInterfaces, tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { findOwnSession, fromHex } from '../../src/commands/own-session';
import { personAtPrompt } from '../../src/commands/person';
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
  ['320200C0', '192.0.2.50'],
  ['0500000A', '10.0.0.5'],
  ['B80D0120000000000000000032000000', '2001:0db8:0000:0000:0000:0000:0000:0032'],
  ['0000000000000000FFFF0000320200C0', '0000:0000:0000:0000:0000:ffff:c000:0232'],
])('the kernel’s %s is %s', (hex, address) => {
  expect(fromHex(hex).toLowerCase()).toBe(address);
});

test('the environment names a session, of which nobody is sure on Linux', () => {
  const from = (SSH_CONNECTION: string) => findOwnSession(hostWith({ SSH_CONNECTION }));
  expect(from('203.0.113.9 50000 10.0.0.7 22')).toMatchObject({ peers: [{ text: '203.0.113.9' }], isSure: false });
  for (const none of ['', '127.0.0.1 50000 127.0.0.1 22', 'x', '::1 1 ::1 22']) expect(from(none).peers).toEqual([]);
  expect(findOwnSession(hostWith({ SSH_CONNECTION: '203.0.113.9 1 10.0.0.7 22' }, 'windows')).isSure).toBe(true);
});

/** Stands for sshd: has its name and a connection, and starts what comes behind its first argument. */
const sshd = `
const { connect } = require('node:net');
const { spawn } = require('node:child_process');
const [port, address, ...command] = process.argv.slice(1);
const socket = connect(Number(port), address, () =>
  spawn(command[0], command.slice(1), { stdio: ['ignore', 'inherit', 'inherit'], env: {} }).on('close', () => process.exit()));
`;

test('the sockets of the sshd above name the session, whatever the environment says', async () => {
  const own = Object.values(networkInterfaces())
    .flatMap((entries) => entries ?? [])
    .find(({ family, internal }) => family === 'IPv4' && !internal)?.address;
  // A machine with loopback only has no session from elsewhere.
  const address = own ?? '127.0.0.1';
  const folder = mkdtempSync(join(tmpdir(), 'sshd-'));
  symlinkSync(process.execPath, join(folder, 'sshd'));
  const server = createServer().listen(0, address);
  await new Promise((ready) => server.once('listening', ready));
  const { port } = server.address() as { port: number };
  try {
    const command = [
      'sh',
      '-c',
      `'${process.execPath}' '${resolve(__dirname, '../../dist/contain-host.js')}' contain 192.0.2.256 --keep-my-session; true`,
    ];
    const child = spawn(join(folder, 'sshd'), ['-e', sshd, String(port), address, ...command], { stdio: 'pipe' });
    let said = '';
    child.stderr.on('data', (text) => (said += text));
    await new Promise((ended) => child.on('close', ended));
    expect(said).toMatch(
      own === undefined ? /^No session/ : /^The agent's folder was not found|^The handler's address was refused/,
    );
  } finally {
    server.close();
    rmSync(folder, { recursive: true });
  }
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
