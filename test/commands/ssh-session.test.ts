import { type ChildProcess, spawn } from 'node:child_process';
import { connect, createServer, type Server, type Socket } from 'node:net';
import { resolve } from 'node:path';
import { findSshSession, fromHex } from '../../src/commands/ssh-session';
import type { Address } from '../../src/policy/address';

test.each([
  ['320200C0', '192.0.2.50'],
  ['0500000A', '10.0.0.5'],
  ['B80D0120000000000000000032000000', '2001:0db8:0000:0000:0000:0000:0000:0032'],
  ['0000000000000000FFFF0000320200C0', '0000:0000:0000:0000:0000:ffff:c000:0232'],
])('the kernel’s %s is %s', (hex, address) => {
  expect(fromHex(hex).toLowerCase()).toBe(address);
});

interface Stage {
  readonly title: string;
  readonly listen?: string;
  readonly keeps?: boolean;
  readonly forwards?: readonly [number, string];
  readonly env?: Readonly<Record<string, string>>;
}

/** As sshd has it: one waits, one with all rights holds the connection, one with the user's rights holds it too. */
const login = (...below: readonly Stage[]): Stage[] => [
  { title: 'sshd', listen: '127.0.0.1' },
  { title: 'sshd-session', keeps: true },
  { title: 'sshd-session', keeps: true },
  ...below,
];
const shell: readonly Stage[] = [{ title: 'sudo' }];

const started: ChildProcess[] = [];
const sockets: Socket[] = [];
let target: Server;
let targetPort: number;
beforeAll(async () => {
  target = createServer().listen(0, '127.0.0.1');
  await new Promise((ready) => target.once('listening', ready));
  targetPort = (target.address() as { port: number }).port;
});
afterEach(() => {
  for (const socket of sockets.splice(0)) socket.destroy();
  for (const { pid } of started.splice(0)) {
    try {
      process.kill(-(pid ?? 0), 'SIGKILL');
    } catch {
      // They ended when their connection did.
    }
  }
});
afterAll(() => target.close());

/** Starts these processes, logs in from that address, and returns the number of the last one. */
function start(stages: readonly Stage[], from = '127.0.0.9'): Promise<number> {
  const login = resolve(__dirname, '../../fixtures/login.cjs');
  // The shell ends at once. So no process of these tests, nor the session in which they run, is above.
  const child = spawn('sh', ['-c', '"$@" &', 'sh', process.execPath, login, JSON.stringify(stages)], {
    stdio: ['ignore', 'pipe', 'inherit'],
    detached: true,
    env: { ...stages[0]?.env },
  });
  started.push(child);
  return new Promise((found) => {
    let said = '';
    child.stdout?.on('data', (text) => {
      said += text;
      const [, port] = /^port (\d+)$/m.exec(said) ?? [];
      if (port !== undefined && !said.includes('leaf')) logIn(Number(port), from);
      const [, leaf] = /^leaf (\d+)$/m.exec(said) ?? [];
      if (leaf !== undefined) found(Number(leaf));
    });
  });
}

function logIn(port: number, from: string): void {
  sockets.push(connect({ port, host: '127.0.0.1', localAddress: from }).on('error', () => {}));
}

/** Takes loopback too, which stands for other hosts here. */
const toAddresses = (texts: readonly string[]): Address[] =>
  [...new Set(texts.map((text) => text.split(' ')[0] ?? ''))]
    .filter((text) => text !== '')
    .map((text) => ({ family: 4, text, prefix: 32 }));

function sessionOf(parent: number, connection?: string) {
  const { peers, isSure } = findSshSession({ parent, connection, isOnTerminal: false }, toAddresses);
  return { peers: peers.map(({ text }) => text), isSure };
}

const known = (...peers: readonly string[]) => ({ peers, isSure: true });

test('the sockets of the sshd above name the session, below sudo too and whatever the environment says', async () => {
  const leaf = await start(login(...shell));
  expect(sessionOf(leaf)).toEqual(known('127.0.0.9'));
  expect(sessionOf(leaf, '192.0.2.66 50000 10.0.0.7 22')).toEqual(known('127.0.0.9'));
});

test('what the user forwards through the session is no other end of it', async () => {
  const [waiting, first] = login();
  const forwards = [targetPort, '127.0.0.1'] as const;
  const leaf = await start([waiting, first, { title: 'sshd-session', keeps: true, forwards }, ...shell] as Stage[]);
  expect(sessionOf(leaf)).toEqual(known('127.0.0.9'));
});

test('where one process holds both, the session is the connection to the port on which sshd waits', async () => {
  const forwards = [targetPort, '127.0.0.1'] as const;
  const leaf = await start([
    { title: 'dropbear', listen: '127.0.0.1' },
    { title: 'dropbear', keeps: true, forwards },
    ...shell,
  ]);
  expect(sessionOf(leaf)).toEqual(known('127.0.0.9'));
});

test('an IPv4 session of an sshd that waits on IPv6 has an IPv4 address', async () => {
  const leaf = await start([{ title: 'sshd', listen: '::' }, ...login(...shell).slice(1)]);
  expect(sessionOf(leaf).peers).toEqual(['0000:0000:0000:0000:0000:FFFF:7F00:0009']);
});

test.each([
  ['tmux: server', 'tmux: client'],
  ['screen', 'screen'],
])('in a window of %s it is the session that is attached', async (server, client) => {
  await start(login({ title: client }));
  const stale = { SSH_CONNECTION: '127.0.0.66 50000 127.0.0.1 22' };
  const leaf = await start([{ title: server, env: stale }, ...shell]);
  expect(sessionOf(leaf)).toEqual(known('127.0.0.9'));
  await start(login({ title: client }), '127.0.0.10');
  expect(sessionOf(leaf).peers.sort()).toEqual(['127.0.0.10', '127.0.0.9']);
});

test('below a server of mosh or an editor only the environment above sudo tells where it was opened', async () => {
  const env = { SSH_CONNECTION: '127.0.0.8 50000 127.0.0.1 22' };
  const leaf = await start([{ title: 'mosh-server', env }, ...shell]);
  expect(sessionOf(leaf)).toMatchObject({ isSure: false });
  expect(sessionOf(leaf).peers[0]).toBe('127.0.0.8');
});

test('without a session there is none', async () => {
  expect(sessionOf(await start([{ title: 'agetty' }, { title: 'bash' }]))).toEqual({ peers: [], isSure: false });
});
