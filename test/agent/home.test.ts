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

test('without any of them the message says where it looked and what to do', async () => {
  const program = newFolder();
  await expect(findHome(hostAt(program), noNotes)).rejects.toMatchObject({
    code: 'no-home',
    exitCode: 1,
    message: expect.stringMatching(/active-response.*OSSECPATH.*Nothing was changed/),
  });
});
