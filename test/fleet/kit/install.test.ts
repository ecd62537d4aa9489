import { linkSync, renameSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { KitServer } from '../../../fixtures/fleet/kit-server';

let server: KitServer;
const given = (product: 'ossec' | 'wazuh'): KitServer => {
  server = new KitServer(product);
  return server;
};
afterEach(() => server.remove());
const install = (...options: string[]) => server.fleet('install-kit', ...options);
const nothingToDo = { exitCode: 0, stdout: expect.stringContaining('Nothing was changed'), stderr: '' };

const restarts = {
  ossec: 'bin/ossec-control restart',
  wazuh: 'systemctl restart wazuh-manager',
} as const;

describe.each(['ossec', 'wazuh'] as const)('on a server of %s', (product) => {
  beforeEach(() => {
    given(product);
  });

  test('the kit is put behind what is there, of which nothing else changes', () => {
    const { configuration, rules } = server;
    const before = [configuration, rules].map((file) => ({ file, text: server.read(file), mode: statSync(file).mode }));
    const { exitCode, stdout, stderr } = install();
    expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: '' });
    for (const { file, text, mode } of before) {
      expect(server.read(file).startsWith(text)).toBe(true);
      expect(statSync(file).mode).toBe(mode);
      const copy = new RegExp(`${file}\\.before-contain-host-\\d{8}T\\d{9}Z`).exec(stdout)?.[0] ?? '';
      expect(server.read(copy)).toBe(text);
      expect(stdout).toContain(`--- ${file}\n+++ ${file}\n@@ -`);
    }
    expect(server.read(rules)).toContain(server.kit('local_rules.xml'));
    expect(stdout).toContain(`Restart the server: ${product === 'ossec' ? `${server.home}/` : ''}${restarts[product]}`);
    expect(new Set(server.testsRun().map((line) => line.split(' ')[1]))).toEqual(new Set(['-t']));
    expect(server.arConf()).toContain('contain-host-linux0 - contain-host - 0\n');
  });

  test('a second time changes nothing', () => {
    install();
    const before = server.everything();
    expect(install()).toEqual(nothingToDo);
    expect(server.everything()).toEqual(before);
  });

  test('--dry-run shows the same difference and changes nothing', () => {
    const before = server.everything();
    const { exitCode, stdout } = install('--dry-run');
    expect(exitCode).toBe(0);
    expect(server.everything()).toEqual(before);
    expect(server.testsRun()).toEqual([]);
    const differences = (text: string): string[] => text.split('\n').filter((line) => /^[-+@ ]/.test(line));
    expect(differences(install().stdout)).toEqual(differences(stdout));
  });

  test('an older kit is replaced where it stands', () => {
    install();
    for (const file of [server.configuration, server.rules])
      server.write(
        file,
        `${server
          .read(file)
          .replace(/contain-host kit \S+: from/, 'contain-host kit 0.0.9: from')
          .replace(/level="13"/, 'level="2"')}<!-- behind it -->\n`,
      );
    expect(install()).toMatchObject({ exitCode: 0, stderr: '' });
    for (const file of [server.configuration, server.rules]) {
      expect(server.read(file)).toMatch(/<!-- contain-host kit: end -->\n<!-- behind it -->\n$/);
      expect(server.read(file).match(/contain-host kit \S+: from/g)).toHaveLength(1);
      expect(server.read(file)).not.toContain('0.0.9');
    }
    expect(server.read(server.rules)).toContain(server.kit('local_rules.xml'));
  });

  test('a kit that was pasted by hand is taken over, and nothing is there twice', () => {
    const { configuration, rules } = server;
    const mine =
      '<group name="local,">\n  <rule id="100951" level="13">\n    <if_sid>100901</if_sid>\n  </rule>\n</group>\n';
    const older = server.kit('local_rules.xml').replace('containment of a host has begun', 'begun');
    server.write(rules, `${server.read(rules)}${older}${mine}`);
    server.write(configuration, `${server.read(configuration)}${server.kit('server-ossec.conf.xml')}`);
    const before = server.read(configuration);
    expect(install()).toMatchObject({ exitCode: 0, stderr: '' });
    expect(server.read(configuration)).toBe(before);
    expect(server.read(rules).split(server.kit('local_rules.xml'))).toHaveLength(2);
    expect(server.read(rules).split('For ')).toHaveLength(2);
    expect(server.read(rules).endsWith(`<!-- contain-host kit: end -->\n${mine}`)).toBe(true);
  });

  test('what the server’s own test refuses is taken back, the very same files', () => {
    expect(server.fleet('install-kit', '--dry-run').exitCode).toBe(0);
    server.reject('release-host-linux');
    const before = server.everything();
    const { exitCode, stderr } = install();
    expect(exitCode).toBe(1);
    expect(stderr).toMatch(/fails with the kit: \S+ -t:\n.*I do not like that\.\nEverything is as it was before\./);
    expect(server.everything()).toEqual(before);
    expect(server.arConf()).toBe('host-deny600 - host-deny.sh - 600\n');
  });

  test('where the server’s own test fails already, nothing is changed', () => {
    server.reject('host-deny');
    const before = server.everything();
    expect(install()).toMatchObject({ exitCode: 1, stderr: expect.stringMatching(/fails before any change/) });
    expect(server.everything()).toEqual(before);
  });
});

test('Ctrl-C in the middle leaves the kit whole', async () => {
  given('ossec');
  const exitCode = await server.interrupted('install-kit');
  expect(exitCode).toBe(0);
  expect(server.read(server.rules)).toContain(server.kit('local_rules.xml'));
  expect(install()).toEqual(nothingToDo);
});

test('only what is missing of the commands is added, and what stands in a comment is missing', () => {
  given('ossec');
  const command =
    '  <command>\n    <name>contain-host</name>\n    <executable>contain-host.exe</executable>\n  </command>\n';
  const hidden = '<!--\n  <command>\n    <name>release-host</name>\n  </command>\n-->\n';
  server.write(
    server.configuration,
    `${server.read(server.configuration)}<ossec_config>\n${command}</ossec_config>\n${hidden}`,
  );
  const before = server.read(server.configuration);
  expect(install()).toMatchObject({ exitCode: 0, stderr: '' });
  const added = server.read(server.configuration).slice(before.length);
  expect(added.match(/<name>(.*)<\/name>/g)).toEqual([
    '<name>release-host</name>',
    '<name>contain-host-linux</name>',
    '<name>release-host-linux</name>',
  ]);
  expect(install()).toEqual(nothingToDo);
});

test('line ends and bytes of the file stay as they are', () => {
  given('ossec');
  server.write(server.configuration, server.read(server.configuration).replaceAll('\n', '\r\n'));
  const before = server.read(server.configuration);
  expect(install().exitCode).toBe(0);
  const after = server.read(server.configuration);
  expect(after.startsWith(before)).toBe(true);
  expect(after.replaceAll('\r\n', '')).not.toMatch(/[\r\n]/);
  expect(install()).toEqual(nothingToDo);
});

test('a response that somebody gave a timeout is named, and stays', () => {
  given('ossec');
  const own = server
    .kit('server-ossec.conf.xml')
    .replace('<location>local</location>', '<location>local</location>\n    <timeout>600</timeout>');
  server.write(server.configuration, server.read(server.configuration) + own);
  const { exitCode, stderr } = install();
  expect(exitCode).toBe(0);
  expect(stderr).toContain('the active response contain-host has a timeout, so its order is called contain-host600');
  expect(server.read(server.configuration)).toContain(own);
});

describe('nothing is changed', () => {
  beforeEach(() => {
    given('ossec');
  });

  test.each<[string, () => void, RegExp]>([
    [
      'where the configuration is a link',
      () => {
        renameSync(server.configuration, join(server.home, 'elsewhere'));
        symlinkSync(join(server.home, 'elsewhere'), server.configuration);
      },
      /ossec\.conf cannot be read: it is a link/,
    ],
    [
      'where the rules have another name',
      () => linkSync(server.rules, join(server.home, 'other-name')),
      /local_rules\.xml cannot be read: it has another name elsewhere/,
    ],
    [
      'where a rule of somebody else’s has a number of the kit’s',
      () =>
        writeFileSync(
          join(server.home, 'rules', 'mine.xml'),
          '<group name="x"><rule id="100903" level="3"></rule></group>',
        ),
      /need numbers that others have: 100903 in \S*mine\.xml/,
    ],
    [
      'where the server does not read the local rules',
      () =>
        server.write(
          server.configuration,
          server.read(server.configuration).replace('<include>local_rules.xml</include>', ''),
        ),
      /The server does not read \S+local_rules\.xml/,
    ],
    [
      'where the configuration is torn',
      () => server.write(server.configuration, server.read(server.configuration).slice(0, -20)),
      /ossec\.conf cannot be read as the server reads it/,
    ],
    [
      'where half of the kit is left',
      () => server.write(server.rules, `${server.read(server.rules)}<!-- contain-host kit: end -->\n`),
      /are not one beginning and one end/,
    ],
  ])('%s', (_where, spoil, why) => {
    spoil();
    const before = server.everything();
    expect(install()).toEqual({ exitCode: 1, stdout: '', stderr: expect.stringMatching(why) });
    expect(server.everything()).toEqual(before);
  });
});
