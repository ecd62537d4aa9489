import { chownSync, existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { hosts, Lab } from './lab/lab';
import type { Ran } from './lab/protocol';
import { answered, talks, unanswered } from './lab/scene';
import { executable } from './package/built';

/**
 * The agent's account in an attacker's hand: it owns the agent's logs and shared files, and puts something else into
 * their place. The host is contained and released all the same, nothing else is touched, and nobody waits.
 */
const lab = new Lab();
afterAll(() => lab.remove());

/** Debian's account of web servers plays the agent's: the group of the agent's folder is its own. */
const account = { uid: 33, gid: 33 };
const asAccount = ['setpriv', `--reuid=${account.uid}`, `--regid=${account.gid}`, '--clear-groups', '--inh-caps=-all'];
const endpoint = () => lab.host('endpoint');
const containHost = (...args: readonly string[]): Promise<Ran> =>
  endpoint().run('timeout', '25', 'env', `OSSECPATH=${lab.home}`, executable, ...args);

const words = 'somebody else needs this\n';
const target = (): string => join(lab.folder, 'target');
const conf = (): string => `<ossec_config><client><server-ip>${hosts.server.ip4}</server-ip></client></ossec_config>\n`;
const agentTalk = () =>
  talks('endpoint', 'server', 'ip4').filter(({ port, protocol }) => port === 1514 && protocol !== 'icmp');

beforeAll(async () => {
  lab.start();
  for (const folder of ['', 'etc', 'etc/shared', 'logs']) {
    mkdirSync(join(lab.home, folder), { recursive: true });
    chownSync(join(lab.home, folder), folder === '' ? 0 : account.uid, account.gid);
  }
  // The account may come to its folders.
  await endpoint().run('chmod', '755', lab.folder);
  await Promise.all(
    (['endpoint', 'handler', 'server', 'attacker'] as const).map((name) =>
      lab.host(name).serve([22, 1514], [53, 1514, 5000]),
    ),
  );
});

/** The files of the agent's that an order reads or writes. The account may replace each. */
const files = ['logs/active-responses.log', 'logs/ossec.log', 'etc/shared/contain-host.json'];

/** What takes the place of a file, as a command of the account's. `$1`: the file, `$2`: somebody else's. */
const attacks = {
  'a pipe that nobody reads': 'mkfifo "$1"',
  'a link to a file of root': 'ln -s "$2" "$1"',
  'a link that leads nowhere': 'ln -s "$2.new" "$1"',
  'a link to a device without an end': 'ln -s /dev/zero "$1"',
  'a link to a terminal that waits': 'ln -s /dev/tty "$1"',
  'a folder': 'mkdir "$1"',
  'a socket':
    'perl -MSocket -e \'socket(S, PF_UNIX, SOCK_STREAM, 0); bind(S, pack_sockaddr_un($ARGV[0])) or die $!\' "$1"',
  'a file without a bottom, that grows on': 'truncate -s 1T "$1"',
} as const;

test.each(Object.entries(attacks))('in the place of each file of the agent: %s', async (_what, attack) => {
  writeFileSync(join(lab.home, 'etc', 'ossec.conf'), conf());
  writeFileSync(target(), words);
  const paths = files.map((path) => join(lab.home, path));
  for (const path of paths) {
    const made = await endpoint().run(...asAccount, 'sh', '-ec', attack, 'sh', path, target());
    expect(made).toMatchObject({ exitCode: 0 });
  }
  try {
    expect(await containHost('ADD', '-', hosts.handler.ip4)).toMatchObject({ exitCode: 0 });
    expect(await answered(lab, talks('endpoint', 'attacker', 'ip4'))).toEqual([]);
    expect(await unanswered(lab, agentTalk())).toEqual([]);
    expect(await containHost('DELETE', '-', '-')).toMatchObject({ exitCode: 0 });
    expect(readFileSync(target(), 'utf8')).toBe(words);
    expect(existsSync(`${target()}.new`)).toBe(false);
  } finally {
    await endpoint().run('rm', '-rf', ...paths);
  }
});

test('the whole folder of the logs becomes a link into a folder of root: no file is made there', async () => {
  const elsewhere = join(lab.folder, 'elsewhere');
  mkdirSync(elsewhere);
  chownSync(lab.home, account.uid, account.gid);
  const swap = 'mv "$1/logs" "$1/logs.old" && ln -s "$2" "$1/logs"';
  expect(await endpoint().run(...asAccount, 'sh', '-ec', swap, 'sh', lab.home, elsewhere)).toMatchObject({
    exitCode: 0,
  });
  expect(await containHost('ADD', '-', hosts.handler.ip4)).toMatchObject({ exitCode: 0 });
  expect(await containHost('DELETE', '-', '-')).toMatchObject({ exitCode: 0 });
  expect(readdirSync(elsewhere)).toEqual([]);
});

test('the account swaps its log for a link again and again while orders come: nothing of others is touched', async () => {
  writeFileSync(target(), words);
  const log = join(lab.home, 'logs');
  await endpoint().run('sh', '-ec', `rm -rf "$1"; mkdir "$1"; chown ${account.uid}:${account.gid} "$1"`, 'sh', log);
  const swapping = await lab.startInside('endpoint', [
    ...asAccount,
    'perl',
    '-e',
    `$| = 1; my ($log, $target) = @ARGV; print "ready\\n";
     while (1) { unlink $log; symlink $target, $log; unlink $log; open(my $f, '>', $log); close $f; }`,
    join(log, 'active-responses.log'),
    target(),
  ]);
  for (let turn = 0; turn < 2; turn++) {
    expect(await containHost('ADD', '-', hosts.handler.ip4)).toMatchObject({ exitCode: 0 });
    expect(await containHost('DELETE', '-', '-')).toMatchObject({ exitCode: 0 });
  }
  swapping.stop();
  await swapping.end();
  expect(readFileSync(target(), 'utf8')).toBe(words);
});
