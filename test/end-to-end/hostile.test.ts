import {
  chmodSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { Endpoint } from '../../fixtures/endpoint';
import { emptyHost, typicalHost } from '../../fixtures/standin/hosts';
import type { HostDescription } from '../../fixtures/standin/machine';
import { udpServer } from '../matrix/bench';
import { passes, truthOf } from '../matrix/truth';

let endpoint: Endpoint;
let before = '';
const start = (description: HostDescription, folder?: string): void => {
  endpoint = new Endpoint(description, udpServer, folder);
  before = endpoint.machine.fingerprint();
};
afterEach(() => endpoint.remove());

const add = () => endpoint.run('ADD', '-', '192.0.2.50');
const release = () => endpoint.run('DELETE', '-', '-');

async function expectWholeCase(): Promise<void> {
  expect(await add()).toMatchObject({ exitCode: 0 });
  expect(truthOf(endpoint.machine)).toBe('contained');
  expect(await release()).toMatchObject({ exitCode: 0 });
  expect(endpoint.machine.fingerprint()).toBe(before);
}

describe('the backup of a contained host', () => {
  const whole = (): Buffer => readFileSync(endpoint.backup);
  const elsewhere = (): string => join(endpoint.folder, 'elsewhere');

  test.each<[string, () => void]>([
    ['is cut short', () => writeFileSync(endpoint.backup, whole().subarray(0, 8192))],
    ['has grown', () => writeFileSync(endpoint.backup, Buffer.concat([whole(), Buffer.alloc(4096)]))],
    ['has one bit changed', () => writeFileSync(endpoint.backup, flipBit(whole()))],
    [
      'is a folder',
      () => {
        rmSync(endpoint.backup);
        mkdirSync(endpoint.backup);
      },
    ],
    [
      'is a link to something else',
      () => {
        rmSync(endpoint.backup);
        writeFileSync(elsewhere(), 'not a policy');
        symlinkSync(elsewhere(), endpoint.backup);
      },
    ],
  ])('%s: the second copy is used', async (_what, spoil) => {
    start(typicalHost());
    await add();
    spoil();
    expect(await release()).toMatchObject({ exitCode: 0 });
    expect(endpoint.machine.fingerprint()).toBe(before);
  });

  test('is that of another host, sound in itself: the second copy is used', async () => {
    start(emptyHost());
    await add();
    const foreign = whole();
    endpoint.remove();
    start(typicalHost());
    await add();
    writeFileSync(endpoint.backup, foreign);
    expect(await release()).toMatchObject({ exitCode: 0 });
    expect(endpoint.machine.fingerprint()).toBe(before);
  });
});

function flipBit(bytes: Buffer): Buffer {
  const changed = Buffer.from(bytes);
  changed.writeUInt8(changed.readUInt8(5000) ^ 1, 5000);
  return changed;
}

describe('where the backup is to be put', () => {
  test('there is a folder', async () => {
    start(typicalHost());
    mkdirSync(endpoint.backup);
    await expectWholeCase();
  });

  test.each([
    ['a link to a file', true],
    ['a link that leads nowhere', false],
  ])('there is %s, and what it points at stays as it is', async (_what, isThere) => {
    start(typicalHost());
    const target = join(endpoint.folder, 'target');
    if (isThere) writeFileSync(target, 'mine');
    symlinkSync(target, endpoint.backup);
    await expectWholeCase();
    expect(existsSync(target) ? readFileSync(target, 'utf8') : 'nothing').toBe(isThere ? 'mine' : 'nothing');
  });
});

describe('the state folder', () => {
  test('that others can write is closed to them', async () => {
    start(typicalHost());
    mkdirSync(endpoint.stateFolder, { recursive: true });
    chmodSync(endpoint.stateFolder, 0o777);
    await expectWholeCase();
    expect(statSync(endpoint.stateFolder).mode & 0o777).toBe(0o700);
  });

  test('that is a file is refused, and nothing is changed', async () => {
    start(typicalHost());
    mkdirSync(dirname(endpoint.stateFolder), { recursive: true });
    writeFileSync(endpoint.stateFolder, '');
    expect(await add()).toMatchObject({ exitCode: 3 });
    expect(endpoint.machine.fingerprint()).toBe(before);
  });
});

describe('settings never stop a containment, and never open it', () => {
  const settingsFile = (): string => join(endpoint.home, 'shared', 'contain-host.json');

  test.each<[string, string | Buffer]>([
    ['the whole world as handler', '{"handlers": ["0.0.0.0/0", "::/0", "1.2.3.4/0"]}'],
    ['unknown keys', '{"handler": "203.0.113.66", "allow": ["203.0.113.66"], "handlers ": ["203.0.113.66"]}'],
    ['no JSON', '{"handlers": ["203.0.113.66"'],
    ['10 MB', Buffer.alloc(10_000_000, '[')],
    ['a deep nest', '['.repeat(60_000)],
    ['nothing but zeros', Buffer.alloc(1000)],
  ])('%s', async (_what, content) => {
    start(typicalHost());
    writeFileSync(settingsFile(), content);
    expect(await add()).toMatchObject({ exitCode: 0 });
    expect(truthOf(endpoint.machine)).toBe('contained');
    expect(passes(endpoint.machine, { remote: '1.2.3.4' })).toEqual([false, false, false]);
  });
});

test('the configuration changes while the host is contained: the next ADD lets the new server in, the release needs none', async () => {
  start(typicalHost());
  await add();
  endpoint.configure(
    '<ossec_config><client><server><address>10.0.0.7</address><protocol>udp</protocol></server></client></ossec_config>',
  );
  expect(await add()).toMatchObject({ exitCode: 0 });
  const server = { remotePort: 1514, protocol: 'udp' } as const;
  expect(passes(endpoint.machine, { remote: '10.0.0.7', ...server })).toEqual([true, true, true]);
  expect(passes(endpoint.machine, { remote: '10.0.0.5', ...server })).toEqual([false, false, false]);
  rmSync(join(endpoint.home, 'ossec.conf'));
  expect(await release()).toMatchObject({ exitCode: 0 });
  expect(endpoint.machine.fingerprint()).toBe(before);
});

describe('names', () => {
  test.each(['o\'brien "the" one & co', 'Größe ünd Übung', '日本語 フォルダ', '$(reboot) %PATH% ^ ;|'])(
    'a folder called %s',
    async (name) => {
      start(typicalHost(), mkdtempSync(join(tmpdir(), `${name} `)));
      await expectWholeCase();
    },
  );

  test.each(['o\'brien "the" one', 'ü 日本', '--help', '; reboot'])('a user called %s', async (user) => {
    start(typicalHost());
    // Without a rest a person is at a prompt, and asks for help.
    const order = ['ADD', user, '192.0.2.50', '(from_the_server) (no_rule_id)'];
    expect(await endpoint.run(...order)).toMatchObject({ exitCode: 0 });
    expect(endpoint.audit().at(-1)).toMatch(/ add - 192\.0\.2\.50 \d+\.0 0 block-ms=\d+ evidence=\S+$/);
  });

  test('an agent that lives on another drive', async () => {
    start(typicalHost());
    const other = mkdtempSync(join(tmpdir(), 'drive D '));
    cpSync(endpoint.home, other, { recursive: true });
    rmSync(join(endpoint.home, 'ossec.conf'));
    const program = join(other, 'active-response', 'bin', 'contain-host.js');
    const added = await endpoint.call({ args: ['ADD', '-', '192.0.2.50'], program });
    const backups = readdirSync(other).filter((file) => file === 'fw-backup.wfw');
    const released = await endpoint.call({ args: ['DELETE', '-', '-'], program });
    rmSync(other, { recursive: true });
    expect([added.exitCode, backups.length, released.exitCode]).toEqual([0, 1, 0]);
    expect(endpoint.machine.fingerprint()).toBe(before);
  });
});
