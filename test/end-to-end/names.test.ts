import { mkdirSync, readFileSync, renameSync, rmSync, symlinkSync, truncateSync, writeFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { Endpoint } from '../../fixtures/endpoint';
import { expandable, typicalHost } from '../../fixtures/standin/hosts';

const name = 'manager.invalid';
const handler = '192.0.2.50';

let endpoint: Endpoint;
let before: string;
beforeEach(() => {
  endpoint = new Endpoint(typicalHost(), `<server><address>${name}</address><protocol>udp</protocol></server>`);
  logged('10.0.0.5');
  before = hosts();
});
afterEach(() => endpoint.remove());

const hosts = (): string => readFileSync(endpoint.machine.hostsFile, 'latin1');
const setHosts = (text: string): void => {
  writeFileSync(endpoint.machine.hostsFile, text, 'latin1');
  before = text;
};
/** What the agent was connected to last; no name server knows the name. */
const logged = (address: string): void =>
  writeFileSync(
    join(endpoint.home, 'ossec.log'),
    `2026/11/24 10:00:00 INFO: Connected to ${name} at address ${address}, port 1514\r\n`,
  );
const add = (...words: readonly string[]) => endpoint.run('ADD', '-', handler, ...words);
const release = () => endpoint.run('DELETE', '-', '-');
const status = async () => JSON.parse((await endpoint.run('status', '--json')).output) as Record<string, unknown>;
const letsDnsOut = (): boolean => endpoint.machine.activeNames().some((rule) => /DNS/.test(rule));
const line = (address: string): string => `${address} ${name} # contain-host`;

test('the name is pinned before the block, DNS is shut, and the release leaves no trace', async () => {
  expect(await add()).toMatchObject({ exitCode: 0 });
  expect(hosts()).toBe(`${before}${line('10.0.0.5')}\r\n`);
  expect(letsDnsOut()).toBe(false);
  expect(await status()).toMatchObject({ state: 'contained', gaps: [], servers: [{ address: '10.0.0.5' }] });
  expect(endpoint.log().flatMap(({ command, message }) => (command === null ? [message] : []))[0]).toBe('pin-names');
  expect(await release()).toMatchObject({ exitCode: 0 });
  expect(hosts()).toBe(before);
});

test('a name that the agent used before delays nothing: the policy is exported once, before the worker is there', async () => {
  expect(await add()).toMatchObject({ exitCode: 0 });
  const exported = endpoint.machine.calls().filter(({ argv }) => argv[0] === 'advfirewall' && argv[1] === 'export');
  expect(exported.map(({ argv }) => basename(dirname(argv[2] ?? '')))).toEqual([
    expect.stringMatching(/^reading-begun-/),
  ]);
});

test.each([
  ['no end of its last line', '127.0.0.1 localhost'],
  ['nothing in it', ''],
  ['a byte order mark and nothing else', '\xef\xbb\xbf'],
  ['other bytes than text', '\x80\xff\r\n'],
])('a hosts file with %s comes back as it was', async (_what, text) => {
  setHosts(text);
  expect(await add()).toMatchObject({ exitCode: 0 });
  expect(hosts()).toContain(line('10.0.0.5'));
  expect(await release()).toMatchObject({ exitCode: 0 });
  expect(hosts()).toBe(before);
});

test('what others write into it meanwhile stays', async () => {
  expect(await add()).toMatchObject({ exitCode: 0 });
  writeFileSync(endpoint.machine.hostsFile, `192.0.2.1 first\r\n${hosts()}192.0.2.2 last`, 'latin1');
  expect(await release()).toMatchObject({ exitCode: 0 });
  expect(hosts()).toBe(`192.0.2.1 first\r\n${before}192.0.2.2 last`);
});

describe('a hosts file that a release cannot change', () => {
  const left = { state: 'not-contained', gaps: [{ code: 'names-left' }] };

  test.each<[string, () => string]>([
    ['in the usual folder', () => endpoint.machine.hostsFile],
    [
      'in a folder that somebody chose',
      () => {
        const folder = join(endpoint.machine.systemRoot, 'elsewhere');
        endpoint.machine.change((tree) => {
          tree.keys['HKLM\\SYSTEM\\CurrentControlSet\\Services\\Tcpip\\Parameters'] = {
            DataBasePath: expandable('%SystemRoot%\\elsewhere'),
          };
        });
        mkdirSync(folder);
        writeFileSync(join(folder, 'hosts'), before);
        return join(folder, 'hosts');
      },
    ],
  ])('%s: status tells until the next release takes the names out', async (_where, place) => {
    const file = place();
    expect(await add()).toMatchObject({ exitCode: 0 });
    // As a link it is not touched.
    renameSync(file, `${file}.real`);
    symlinkSync(`${file}.real`, file);
    const { exitCode, output } = await release();
    expect({ exitCode, output }).toEqual({ exitCode: 0, output: expect.stringContaining('still pinned') });
    expect(await status()).toMatchObject(left);
    expect((await release()).output).toContain('still pinned');
    rmSync(file);
    renameSync(`${file}.real`, file);
    expect(await status()).toMatchObject(left);
    expect((await release()).output).toContain('taken out of the hosts file');
    expect(readFileSync(file, 'latin1')).toBe(before);
    expect(await status()).toMatchObject({ state: 'not-contained', gaps: [] });
    expect((await release()).output).toContain('Nothing was changed');
  });
});

test('a file that was not there is made and goes again', async () => {
  rmSync(endpoint.machine.hostsFile);
  expect(await add()).toMatchObject({ exitCode: 0 });
  expect(hosts()).toContain(line('10.0.0.5'));
  expect(await release()).toMatchObject({ exitCode: 0 });
  expect(() => hosts()).toThrow('ENOENT');
});

test('the folder of the file may have been moved', async () => {
  const moved = join(endpoint.machine.systemRoot, 'elsewhere');
  endpoint.machine.change((tree) => {
    tree.keys['HKLM\\SYSTEM\\CurrentControlSet\\Services\\Tcpip\\Parameters'] = {
      DataBasePath: expandable('%SystemRoot%\\elsewhere'),
    };
  });
  mkdirSync(moved);
  writeFileSync(join(moved, 'hosts'), before);
  expect(await add()).toMatchObject({ exitCode: 0 });
  expect(readFileSync(join(moved, 'hosts'), 'latin1')).toBe(`${before}${line('10.0.0.5')}\r\n`);
  expect(hosts()).toBe(before);
  expect(await release()).toMatchObject({ exitCode: 0 });
  expect(readFileSync(join(moved, 'hosts'), 'latin1')).toBe(before);
});

describe.each<[string, () => void, RegExp]>([
  [
    'a link',
    () => {
      rmSync(endpoint.machine.hostsFile);
      writeFileSync(join(endpoint.folder, 'target'), before);
      symlinkSync(join(endpoint.folder, 'target'), endpoint.machine.hostsFile);
    },
    /it is a link/,
  ],
  ['huge', () => truncateSync(endpoint.machine.hostsFile, 100 * 1024 * 1024), /larger than/],
  ['binary', () => setHosts('MZ\0\0\x01'), /not a text/],
  ['UTF-16', () => setHosts('\xff\xfe1\0'), /not a text/],
])('a hosts file that is %s', (_what, make, why) => {
  test('is left alone: DNS stays open, that is told, and the release has nothing to do there', async () => {
    make();
    const untouched = hosts();
    const { exitCode, output } = await add();
    expect(exitCode).toBe(6);
    expect(output).toMatch(/dns-open/);
    expect(output).toMatch(why);
    expect(letsDnsOut()).toBe(true);
    expect(await status()).toMatchObject({ state: 'degraded', gaps: [{ code: 'dns-open' }] });
    expect(hosts()).toBe(untouched);
    expect(await release()).toMatchObject({ exitCode: 0 });
    expect(hosts()).toBe(untouched);
    expect(letsDnsOut()).toBe(false);
  });
});

test('the address in use stays when the name has another one later, also by the order of an alert', async () => {
  expect(await add()).toMatchObject({ exitCode: 0 });
  // Another answer, as a name server gives that rotates them: here by a line that somebody wrote.
  logged('10.0.0.6');
  writeFileSync(endpoint.machine.hostsFile, before, 'latin1');
  expect(await endpoint.run('ADD', '-', '-', '1795576680.1 5712 x')).toMatchObject({ exitCode: 0 });
  expect(await status()).toMatchObject({ servers: [{ address: '10.0.0.5' }] });
  expect(hosts()).toContain(line('10.0.0.5'));
});

test('a second order knows the servers of the case, where nobody else does any more', async () => {
  expect(await add()).toMatchObject({ exitCode: 0 });
  rmSync(join(endpoint.home, 'ossec.log'));
  writeFileSync(endpoint.machine.hostsFile, before, 'latin1');
  const lost = await status();
  expect(lost).toMatchObject({
    state: 'degraded',
    gaps: [{ code: 'names-lost', detail: expect.stringContaining(name) }],
  });
  expect(await add()).toMatchObject({ exitCode: 0 });
  expect(await status()).toMatchObject({ state: 'contained', gaps: [], servers: [{ address: '10.0.0.5' }] });
  expect(hosts()).toContain(line('10.0.0.5'));
  expect(await release()).toMatchObject({ exitCode: 0 });
  expect(hosts()).toBe(before);
});

test('what the hosts file says already is not written again', async () => {
  setHosts(`10.0.0.5\t${name}\r\n`);
  expect(await add()).toMatchObject({ exitCode: 0 });
  expect(hosts()).toBe(before);
});

test('a containment that is taken back unpins', async () => {
  endpoint.machine.setFaults({ kind: 'lie', match: 'firewallpolicy' });
  expect(await add()).toMatchObject({ exitCode: 4 });
  expect(hosts()).toBe(before);
});

test('so does one that gets no backup', async () => {
  endpoint.machine.setFaults({ kind: 'fail', match: 'export', tool: 'netsh' });
  expect(await add()).toMatchObject({ exitCode: 3 });
  expect(hosts()).toBe(before);
});

test('the plan shows the steps', async () => {
  const steps = async (...args: readonly string[]): Promise<string[]> => {
    const { output } = await endpoint.run('plan', ...args, '--json');
    return (JSON.parse(output) as { steps: { step: string }[] }).steps.map(({ step }) => step);
  };
  expect((await steps('ADD', '-', handler))[0]).toBe('pin-names');
  expect(await steps('DELETE', '-', '-')).not.toContain('unpin-names');
  expect(hosts()).toBe(before);
  await add();
  expect((await steps('DELETE', '-', '-')).at(-1)).toBe('unpin-names');
});
