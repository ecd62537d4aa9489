import { spawnSync } from 'node:child_process';
import { mkdirSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { readAgentServers } from '../../../src/agent/servers';
import { client, describeServers, newFolder, noDns, outcomeOf, windows } from '../agent-home';

const server = '<server-ip>192.0.2.10</server-ip>';

describe('a configuration that cannot be read is a clear failure', () => {
  test.each<[string, (file: string) => void]>([
    ['a missing file', () => {}],
    ['a folder', (file) => mkdirSync(file)],
    ['a link to itself', (file) => symlinkSync(file, file)],
    ['a named pipe', (file) => spawnSync('mkfifo', [file])],
    ['a file of 100 MB', (file) => spawnSync('truncate', ['--size=100M', file])],
  ])('%s', async (_what, make) => {
    const home = newFolder();
    make(join(home, 'ossec.conf'));
    await expect(readAgentServers(windows, home, noDns)).rejects.toMatchObject({
      code: 'bad-configuration',
      exitCode: 1,
      message: expect.stringMatching(/ossec\.conf cannot be read.*Nothing was changed/),
    });
  });
});

const many = (unit: string): string => unit.repeat(Math.ceil(20_000_000 / unit.length));
const inSection = (inner: string): string => `<ossec_config><a>${inner}</a></ossec_config>${client(server)}`;

describe('20 MB are read', () => {
  test.each([
    ['a usual file', inSection(many('\r\n<b x="y">C:\\Windows & more</b>\r\n<!-- note -->'))],
    ['comments', client(many('<!-- x -->') + server)],
    ['zeros', many('\0') + client(server)],
    ['text in pieces', inSection(many(`<c/>${'x'.repeat(8000)}`))],
  ])('%s', async (_what, conf) => {
    expect(await outcomeOf(conf)).toEqual(['192.0.2.10|1514|tcp+udp']);
  });
});

const attributes = Array.from({ length: 1_500_000 }, (_, index) => `a${index}="b"`).join(' ');

describe('20 MB of nonsense are refused', () => {
  test.each([
    ['servers', client(many(server))],
    ['client sections', many(client(server))],
    ['attributes', `<ossec_config ${attributes}></ossec_config>${client(server)}`],
    ['opening brackets', many('<')],
    ['opening tags', inSection(many('<a>'))],
    ['opening comments', client(server) + many('<!')],
    ['backslashes', inSection(many('\\'))],
    ['open quotes', inSection(many('<a b="'))],
  ])('%s', async (_what, conf) => {
    expect(await outcomeOf(conf)).toBe('bad-configuration');
  });
});

test('on Linux the file lies in etc, and no Ctrl-Z ends it', async () => {
  const home = newFolder({ 'etc/ossec.conf': `<!-- \x1a -->${client(server)}` });
  const agent = await readAgentServers({ ...windows, platform: 'linux' }, home, noDns);
  expect(describeServers(agent)).toEqual(['192.0.2.10|1514|tcp+udp']);
});
