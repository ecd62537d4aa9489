import { spawnSync } from 'node:child_process';
import { existsSync, linkSync, mkdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Endpoint } from '../../fixtures/endpoint';
import { emptyHost } from '../../fixtures/standin/hosts';

let endpoint: Endpoint;
beforeEach(() => {
  endpoint = new Endpoint(emptyHost());
});
afterEach(() => endpoint.remove());

const target = (): string => join(endpoint.folder, 'target');
const pipe = (path: string): void => {
  rmSync(path, { recursive: true, force: true });
  expect(spawnSync('mkfifo', [path]).status).toBe(0);
};

/** What the agent's account, which may write into these folders, can put into the place of its files. */
describe.each<[string, (file: string) => void]>([
  ['a named pipe', pipe],
  ['a link', (file) => symlinkSync(target(), file)],
  ['a link that leads nowhere', (file) => symlinkSync(join(endpoint.folder, 'nowhere'), file)],
  ['a second name of another file', (file) => linkSync(target(), file)],
  ['a link to a device', (file) => symlinkSync('/dev/zero', file)],
  ['a folder', (file) => mkdirSync(file)],
])('%s', (_what, attack) => {
  beforeEach(() => writeFileSync(target(), '{"handlers":["198.51.100.66"],"alertAddress":"allow"}'));
  afterEach(() => {
    expect(readFileSync(target(), 'utf8')).toBe('{"handlers":["198.51.100.66"],"alertAddress":"allow"}');
    expect(existsSync(join(endpoint.folder, 'nowhere'))).toBe(false);
  });

  test('in place of active-responses.log: contained and released all the same, and the lines stand in our own log', async () => {
    attack(join(endpoint.home, 'active-response', 'active-responses.log'));
    expect(await endpoint.run('ADD', '-', '192.0.2.50')).toMatchObject({ exitCode: 0 });
    expect(await endpoint.run('DELETE', '-', '-')).toMatchObject({ exitCode: 0 });
    const warnings = endpoint.log().filter(({ level }) => level === 'warn');
    expect(warnings.map(({ message }) => message)).toEqual([
      expect.stringMatching(/active-responses\.log was not written: .*contain-host\.exe add-started - 192\.0\.2\.50/),
      expect.stringMatching(/active-responses\.log was not written: .*contain-host\.exe add - 192\.0\.2\.50/),
      expect.stringMatching(/active-responses\.log was not written: .*contain-host\.exe delete - -/),
    ]);
  });

  test('in place of the shared settings: they are left alone, and that is said', async () => {
    attack(join(endpoint.home, 'shared', 'contain-host.json'));
    expect(await endpoint.run('ADD', '-', '192.0.2.50')).toMatchObject({ exitCode: 0 });
    const { output } = await endpoint.run('status', '--json');
    expect(JSON.parse(output)).toMatchObject({ state: 'contained', handlers: ['192.0.2.50/32'] });
    const warnings = endpoint.log().filter(({ level }) => level === 'warn');
    expect(warnings.map(({ message }) => message)).toEqual([
      expect.stringMatching(/shared\/contain-host\.json cannot be read/),
    ]);
  });

  test('in place of ossec.conf: the server is unknown, and nothing is changed', async () => {
    const before = endpoint.machine.fingerprint();
    const conf = join(endpoint.home, 'ossec.conf');
    rmSync(conf);
    attack(conf);
    const { exitCode, output } = await endpoint.run('ADD', '-', '192.0.2.50');
    expect(exitCode).toBe(1);
    expect(output).toMatch(/Nothing was changed/);
    expect(endpoint.machine.fingerprint()).toBe(before);
  });

  test("in place of the agent's log: the names that do not resolve have no address, and nothing hangs", async () => {
    attack(join(endpoint.home, 'ossec.log'));
    endpoint.configure(
      '<ossec_config><client><server-hostname>nobody.invalid</server-hostname></client></ossec_config>',
    );
    expect(await endpoint.run('ADD', '-', '192.0.2.50')).toMatchObject({ exitCode: 1 });
  });
});

test('what a killed reading left below Program Files, before there was a state folder, goes with the next order', async () => {
  const left = join(endpoint.programFiles, 'contain-host-reading-x1Y2z3');
  const another = join(endpoint.programFiles, 'contain-host-readings of somebody');
  for (const folder of [left, another]) {
    mkdirSync(folder);
    writeFileSync(join(folder, 'key.reg'), 'half a policy');
  }
  expect(await endpoint.run('ADD', '-', '192.0.2.50')).toMatchObject({ exitCode: 0 });
  expect(existsSync(left)).toBe(false);
  expect(existsSync(join(another, 'key.reg'))).toBe(true);
});
