import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { emptyHost, typicalHost } from '../../fixtures/standin/hosts';
import { readRegFile } from '../../fixtures/standin/reg-reader';
import { built, helper, useWindows, type Windows } from './windows';

const newWindows = useWindows();
const installer = built('contain-host.msi');

const msiexec = async (windows: Windows, ...args: readonly string[]): Promise<boolean> => {
  const { exitCode } = await windows.start(['msiexec', ...args, '/qn']);
  return exitCode === 0;
};
const install = (windows: Windows, file = installer): Promise<boolean> => {
  windows.place(file, windows.path('package.msi'));
  return msiexec(windows, '/i', 'C:\\package.msi');
};
const remove = (windows: Windows, ...properties: readonly string[]): Promise<boolean> => {
  windows.place(installer, windows.path('package.msi'));
  return msiexec(windows, '/x', 'C:\\package.msi', ...properties);
};
const logOf = (windows: Windows): string => join(windows.agent, 'active-response', 'active-responses.log');
const both = ['contain-host.exe', 'release-host.exe'];
const programs = (windows: Windows): string[] => both.filter((name) => existsSync(join(windows.bin, name)));
const same = (a: string, b: string): boolean => readFileSync(a).equals(readFileSync(b));
const noteFolder = (windows: Windows, key: string, value: string, folder: string): boolean =>
  windows.reg('add', `HKLM\\SOFTWARE\\${key}`, '/v', value, '/d', folder, '/f', '/reg:32');

/** The machine's PATH, as the registry has it. */
function pathOf(windows: Windows): string {
  const key = 'HKEY_LOCAL_MACHINE\\System\\CurrentControlSet\\Control\\Session Manager\\Environment';
  windows.reg('export', key, 'C:\\environment.reg', '/y');
  const found = readRegFile(readFileSync(windows.path('environment.reg'))).keys;
  const values =
    Object.entries(found).find(([name]) => name.toLowerCase().endsWith('session manager\\environment'))?.[1] ?? {};
  const path = Object.entries(values).find(([name]) => name.toLowerCase() === 'path')?.[1];
  // Wine keeps it with variables to expand, and with the NUL behind it.
  return typeof path === 'object' ? Buffer.from(path.hex, 'hex').toString('utf16le').replace(/\0+$/, '') : String(path);
}

test('it puts both programs, the state folder and an empty log in place, and takes its programs away again', async () => {
  const windows = newWindows().installAgent().setUpNetsh(typicalHost());
  expect(await install(windows)).toBe(true);
  expect(programs(windows)).toEqual(both);
  expect(same(join(windows.bin, 'contain-host.exe'), built('contain-host.exe'))).toBe(true);
  expect(same(join(windows.bin, 'release-host.exe'), built('contain-host.exe'))).toBe(true);
  const own = join(windows.state, '..');
  expect(same(join(own, 'contain-host.exe'), built('contain-host.exe'))).toBe(true);
  expect(existsSync(join(own, 'contain-host.ps1'))).toBe(true);
  expect(pathOf(windows)).toMatch(/;C:\\Program Files\\contain-host\\?$/i);
  expect(statSync(windows.state).isDirectory()).toBe(true);
  expect(statSync(logOf(windows)).size).toBe(0);
  const reserve = ['reserve-1', 'reserve-2', 'reserve-lines'].map((name) => join(windows.state, name));
  // Really on the disk: neither sparse nor compressed.
  const onDisk = reserve.map((file) => statSync(file).blocks * 512);
  for (const [index, least] of [4 * 1024 * 1024, 4 * 1024 * 1024, 256 * 1024].entries())
    expect(onDisk[index]).toBeGreaterThanOrEqual(least);
  expect(await remove(windows)).toBe(true);
  expect(reserve.filter((file) => existsSync(file))).toEqual([]);
  expect(programs(windows)).toEqual([]);
  expect(existsSync(join(own, 'contain-host.exe'))).toBe(false);
  expect(pathOf(windows)).not.toMatch(/contain-host/i);
  expect(existsSync(join(windows.agent, 'ossec.conf'))).toBe(true);
});

test.each([
  ['OSSEC', 'ossec', 'Install_Dir'],
  ['Wazuh', 'Wazuh, Inc.\\Wazuh Agent', 'WazuhInstallDir'],
])('it goes where the installer of %s says, and leaves there after the agent has', async (_agent, key, value) => {
  const windows = newWindows().setUpNetsh(emptyHost());
  const folder = windows.path('Agents/on this PC');
  mkdirSync(folder, { recursive: true });
  noteFolder(windows, key, value, 'C:\\Agents\\on this PC');
  expect(await install(windows)).toBe(true);
  const program = join(folder, 'active-response', 'bin', 'contain-host.exe');
  expect(existsSync(program)).toBe(true);
  expect(existsSync(windows.agent)).toBe(false);
  windows.reg('delete', `HKLM\\SOFTWARE\\${key}`, '/f', '/reg:32');
  expect(await remove(windows)).toBe(true);
  expect(existsSync(program)).toBe(false);
});

test('a note of a folder that has gone does not count, and one of Wazuh counts before one of OSSEC', async () => {
  const windows = newWindows();
  noteFolder(windows, 'Wazuh, Inc.\\Wazuh Agent', 'WazuhInstallDir', 'C:\\gone');
  noteFolder(windows, 'ossec', 'Install_Dir', 'C:\\ossec');
  mkdirSync(windows.path('ossec'));
  expect(await install(windows)).toBe(true);
  expect(existsSync(windows.path('ossec/active-response/bin/contain-host.exe'))).toBe(true);
  expect(existsSync(windows.path('gone'))).toBe(false);
});

test('an agent’s log is neither overwritten nor removed', async () => {
  const windows = newWindows().installAgent().setUpNetsh(typicalHost());
  writeFileSync(logOf(windows), 'what happened before\n');
  expect(await install(windows)).toBe(true);
  expect(await remove(windows)).toBe(true);
  expect(readFileSync(logOf(windows), 'utf8')).toContain('what happened before\n');
});

test.each(['9600', '10586'])('build %s of Windows is refused', async (build) => {
  const windows = newWindows();
  const key = 'HKLM\\SOFTWARE\\Microsoft\\Windows NT\\CurrentVersion';
  windows.reg('add', key, '/v', 'CurrentBuildNumber', '/d', build, '/f');
  expect(await install(windows)).toBe(false);
  expect(existsSync(windows.agent)).toBe(false);
});

test('an upgrade replaces the programs, and an older version is refused', async () => {
  const windows = newWindows().installAgent().setUpNetsh(typicalHost());
  expect(await install(windows, helper('earlier.msi'))).toBe(true);
  expect(same(join(windows.bin, 'release-host.exe'), helper('earlier.exe'))).toBe(true);
  expect(await install(windows)).toBe(true);
  expect(same(join(windows.bin, 'contain-host.exe'), built('contain-host.exe'))).toBe(true);
  expect(same(join(windows.bin, 'release-host.exe'), built('contain-host.exe'))).toBe(true);
  expect(await install(windows, helper('earlier.msi'))).toBe(false);
  expect(same(join(windows.bin, 'contain-host.exe'), built('contain-host.exe'))).toBe(true);
});

test('a contained host stays contained through an upgrade, is not left without the product, and RELEASE=1 releases it', async () => {
  const windows = newWindows().installAgent().setUpNetsh(typicalHost());
  const before = windows.fingerprint();
  expect(await install(windows, helper('earlier-in-upgrade.msi'))).toBe(true);
  expect(await windows.run('ADD', '-', '192.0.2.50')).toMatchObject({ exitCode: 0 });
  const contained = windows.fingerprint();

  expect(await install(windows)).toBe(true);
  expect(same(join(windows.bin, 'contain-host.exe'), built('contain-host.exe'))).toBe(true);
  expect(same(join(windows.bin, 'release-host.exe'), built('contain-host.exe'))).toBe(true);
  expect(windows.fingerprint()).toBe(contained);

  expect(await remove(windows)).toBe(false);
  expect(programs(windows)).toEqual(both);
  expect(windows.fingerprint()).toBe(contained);

  expect(await remove(windows, 'RELEASE=1')).toBe(true);
  expect(programs(windows)).toEqual([]);
  expect(windows.fingerprint()).toBe(before);
  expect(windows.audit().at(-1)).toMatch(/ delete - - /);
});

describe('the tables', () => {
  const table = (name: string): string[][] => {
    const { stdout } = spawnSync('msiinfo', ['export', installer, name], { encoding: 'utf8' });
    return stdout
      .split(/\r?\n/)
      .slice(3)
      .filter((line) => line !== '')
      .map((line) => line.split('\t'));
  };
  const property = (name: string): string | undefined => table('Property').find(([key]) => key === name)?.[1];

  test('it is for the whole machine, neither restarts it nor ends a program, and says what to do next', () => {
    expect(property('ALLUSERS')).toBe('1');
    expect(property('REBOOT')).toBe('ReallySuppress');
    expect(property('MSIRESTARTMANAGERCONTROL')).toBe('Disable');
    expect(property('ARPCOMMENTS')).toMatch(/^Next: restart the OSSEC or Wazuh agent, then run "contain-host doctor"/);
    expect(table('InstallUISequence')).toEqual([['ExecuteAction', '', '1300']]);
  });

  test('the package carries the program once', () => {
    expect(table('File').map(([key]) => key)).toEqual(['ActiveResponsesLog', 'ContainHost', 'PowerShell']);
    expect(table('DuplicateFile')).toEqual([
      ['ReleaseHost', 'Program', 'ContainHost', 'release-host.exe', ''],
      ['OwnCopy', 'Program', 'ContainHost', 'contain-host.exe', 'OWN'],
    ]);
  });

  test('the file has a version, without which an upgrade would remove it and not put it back', () => {
    const program = table('File').find(([key]) => key === 'ContainHost');
    expect(program?.[4]).toMatch(/^\d+\.\d+\.\d+\.0$/);
  });

  test('an upgrade is no removal, and a removal says how to release', () => {
    const sequence = table('InstallExecuteSequence');
    const conditions = ['StopContained', 'Release', 'StopUnlessNotContained'].map(
      (action) => sequence.find(([key]) => key === action)?.[1],
    );
    for (const condition of conditions) expect(condition).toContain('NOT UPGRADINGPRODUCTCODE');
    const said = table('CustomAction').find(([key]) => key === 'StopContained')?.[3];
    expect(said).toMatch(/RELEASE=1/);
  });
});
