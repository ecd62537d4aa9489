import { chmodSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Host, timeouts } from '../../src/host';
import { type LinuxTools, tellUsers } from '../../src/order/tell-users';

const host: Host = {
  ...{ platform: 'linux', env: {}, program: '/opt/contain-host', command: ['/opt/contain-host'], name: 'contain-host' },
  timeouts,
};

let folder: string;
let tools: LinuxTools;
const servers: Server[] = [];
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'tell-'));
  const path = (name: string): string => join(folder, name);
  tools = {
    wall: path('wall'),
    systemdRun: path('systemd-run'),
    notifySend: path('notify-send'),
    users: path('users'),
  };
  for (const tool of [tools.wall, tools.systemdRun, tools.notifySend]) {
    // Says how it was called, argument by argument, then what it reads.
    writeFileSync(
      tool,
      `#!/bin/sh\n{ for word; do echo "$word"; done; echo "LANG=$LANG"; /bin/cat; } > "$0.$$.called"\n`,
    );
    chmodSync(tool, 0o755);
  }
});
afterEach(() => {
  for (const server of servers.splice(0)) server.close();
  rmSync(folder, { recursive: true });
});

/** A user who is logged on, with a message bus. */
async function logOn(uid: string): Promise<void> {
  mkdirSync(join(tools.users, uid), { recursive: true });
  const server = createServer();
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(join(tools.users, uid, 'bus'), resolve));
}

function calls(tool: string): string[][] {
  return readdirSync(folder)
    .filter((name) => name.startsWith(`${tool}.`) && name.endsWith('.called'))
    .map((name) => readFileSync(join(folder, name), 'utf8').trimEnd().split('\n'));
}

test('terminals get the text as input, so that it is neither a file nor an option', async () => {
  writeFileSync(join(folder, 'Secret'), 'secret');
  await tellUsers(host, join(folder, 'Secret'), tools);
  expect(calls('wall')).toEqual([['-t', '2', 'LANG=C.UTF-8', join(folder, 'Secret')]]);
});

test('each person on a desktop gets it by their own bus, in a unit of its own that is nobody else’s', async () => {
  for (const uid of ['1000', '1001', '118', '0']) await logOn(uid);
  mkdirSync(join(tools.users, '1002'));
  writeFileSync(join(tools.users, '1002', 'bus'), 'no socket');
  await tellUsers(host, 'Costs $HOME; `id`', tools);
  const called = calls('systemd-run');
  expect(called.map((words) => words.find((word) => word.startsWith('--uid='))).sort()).toEqual([
    '--uid=1000',
    '--uid=1001',
  ]);
  for (const words of called) {
    expect(words).toEqual(
      expect.arrayContaining(['--property=TasksMax=16', '--property=RuntimeMaxSec=10', '--no-block']),
    );
    const uid = words.find((word) => word.startsWith('--uid='))?.slice(6);
    expect(words).toContain(`--setenv=DBUS_SESSION_BUS_ADDRESS=unix:path=${join(tools.users, String(uid), 'bus')}`);
    // systemd makes one dollar sign of two.
    expect(words.slice(words.indexOf('--') + 1, -1)).toEqual([
      ...[tools.notifySend, '--urgency=critical', '--app-name=contain-host', '--', 'Costs $$HOME; `id`'],
    ]);
  }
  // Only systemd starts it.
  expect(calls('notify-send')).toEqual([]);
});

test('a tool that hangs is ended, and one that is missing is no error', async () => {
  rmSync(tools.systemdRun);
  writeFileSync(tools.wall, '#!/bin/sh\nexec sleep 600\n');
  expect(await tellUsers(host, 'Words', tools)).toEqual([expect.objectContaining({ timedOut: true })]);
  rmSync(tools.wall);
  expect(await tellUsers(host, 'Words', tools)).toEqual([]);
});
