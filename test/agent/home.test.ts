import { chmodSync, chownSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { findHome } from '../../src/agent/home';
import { newFolder, windows } from './agent-home';

const noNotes = async (): Promise<string[]> => [];
const files = { 'ossec.conf': '' };

/** A Windows host where the program lies in one folder and the environment names others. */
const hostAt = (folder: string, env: Readonly<Record<string, string>> = {}) => ({
  ...windows,
  program: join(folder, 'active-response', 'bin', 'contain-host.exe'),
  env: { 'ProgramFiles(x86)': '/nowhere', ProgramFiles: '/nowhere', ...env },
});

test('the folder of the program comes first', async () => {
  const home = newFolder(files);
  const host = hostAt(home, { OSSECPATH: newFolder(files), ProgramFiles: newFolder({ 'ossec-agent/ossec.conf': '' }) });
  expect(await findHome(host, async () => [newFolder(files)])).toEqual({ home, foundBy: 'the folder of this program' });
});

test.each(['', '/', '\\', '\\\\'])('then OSSECPATH, ending in "%s"', async (ending) => {
  const home = newFolder(files);
  const host = hostAt(newFolder(), { OSSECPATH: home + ending });
  expect(await findHome(host, async () => [newFolder(files)])).toEqual({ home, foundBy: 'OSSECPATH' });
});

test("then what the agents' installers noted, the first that still holds a configuration", async () => {
  const home = newFolder(files);
  const host = hostAt(newFolder(), {
    OSSECPATH: newFolder(),
    ProgramFiles: newFolder({ 'ossec-agent/ossec.conf': '' }),
  });
  const found = await findHome(host, async () => [newFolder(), `${home}/`]);
  expect(found).toEqual({ home, foundBy: "the installer's registry value" });
});

test.each(['ProgramFiles(x86)', 'ProgramFiles'])('then the default folder in %s', async (variable) => {
  const programs = newFolder({ 'ossec-agent/ossec.conf': '' });
  const found = await findHome(hostAt(newFolder(), { [variable]: programs }), noNotes);
  expect(found).toEqual({ home: join(programs, 'ossec-agent'), foundBy: 'the default folder' });
});

test('the registry is not read where it is not needed, nor on Linux', async () => {
  let reads = 0;
  const counted = async (): Promise<string[]> => {
    reads++;
    return [];
  };
  const home = newFolder(files);
  expect((await findHome(hostAt(home), counted)).home).toBe(home);
  const linux = { ...hostAt(newFolder(files)), platform: 'linux' as const };
  // Found or not: that depends on whether this machine has an agent.
  await findHome(linux, counted).catch(() => {});
  expect(reads).toBe(0);
});

test('on Linux the configuration lies in etc', async () => {
  const home = newFolder({ 'etc/ossec.conf': '' });
  const host = { ...hostAt(newFolder(files), { OSSECPATH: home }), platform: 'linux' as const };
  expect(await findHome(host, noNotes)).toEqual({ home, foundBy: 'OSSECPATH' });
});

describe('what others than administrators could have put there is passed over', () => {
  const found = (planted: string, home: string) =>
    findHome({ ...hostAt(planted, { OSSECPATH: home }), platform: 'linux' }, noNotes);

  test('a folder in which everybody may write', async () => {
    const [planted, home] = [newFolder({ 'etc/ossec.conf': '' }), newFolder({ 'etc/ossec.conf': '' })];
    chmodSync(planted, 0o777);
    expect(await found(planted, home)).toEqual({
      home,
      foundBy: 'OSSECPATH',
      passedOver: [`${planted} was passed over: everybody can change ${planted}`],
    });
  });

  test('one below such a folder', async () => {
    const [open, home] = [newFolder({ 'ossec/etc/ossec.conf': '' }), newFolder({ 'etc/ossec.conf': '' })];
    chmodSync(open, 0o777);
    expect(await found(join(open, 'ossec'), home)).toMatchObject({ home, passedOver: [expect.stringContaining(open)] });
    // Where nobody can replace what is another's, as in /tmp, it is good.
    chmodSync(open, 0o1777);
    expect(await found(join(open, 'ossec'), home)).toEqual({
      home: join(open, 'ossec'),
      foundBy: 'the folder of this program',
    });
  });

  test('and where nothing else is left the message says why', async () => {
    const planted = newFolder({ 'etc/ossec.conf': '' });
    chmodSync(planted, 0o777);
    await expect(found(planted, planted)).rejects.toMatchObject({
      code: 'no-home',
      message: expect.stringContaining(`everybody can change ${planted}`),
    });
  });

  // Only root can give files away; anybody else finds those of root, which are good, and his own.
  const isRoot = process.getuid?.() === 0;
  const stranger = 54_321;

  test.each(['etc', 'etc/ossec.conf'])("a stranger's %s", async (path) => {
    const [planted, home] = [newFolder({ 'etc/ossec.conf': '' }), newFolder({ 'etc/ossec.conf': '' })];
    if (isRoot) chownSync(join(planted, path), stranger, stranger);
    expect((await found(planted, home)).home).toBe(isRoot ? home : planted);
  });

  test("but not those of the agent's account, which Wazuh makes the owner of its etc", async () => {
    const planted = newFolder({ 'etc/ossec.conf': '' });
    const account = agentAccount();
    if (isRoot && account !== undefined) {
      chownSync(planted, 0, account.gid);
      for (const path of ['etc', 'etc/ossec.conf']) chownSync(join(planted, path), account.uid, account.gid);
    }
    expect((await found(planted, newFolder())).home).toBe(planted);
  });

  /** A system account of this machine that has a group of its own; the agent's folder then belongs to that group. */
  function agentAccount(): { uid: number; gid: number } | undefined {
    const accounts = readFileSync('/etc/passwd', 'utf8')
      .split('\n')
      .map((line) => line.split(':').map(Number));
    const found = accounts.find(([, , uid = 0, gid = 0]) => uid > 0 && uid < 1000 && gid > 0);
    return found === undefined ? undefined : { uid: found[2] ?? 0, gid: found[3] ?? 0 };
  }
});

test('without any of them the message says where it looked and what to do', async () => {
  const program = newFolder();
  await expect(findHome(hostAt(program), noNotes)).rejects.toMatchObject({
    code: 'no-home',
    exitCode: 1,
    message: expect.stringMatching(/active-response.*OSSECPATH.*Nothing was changed/),
  });
});
