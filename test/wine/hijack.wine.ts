import { copyFileSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { typicalHost } from '../../fixtures/standin/hosts';
import { PortableExecutable } from './portable-executable';
import { built, helper, type Result, Windows } from './windows';

const trapScript = "require('fs').writeFileSync('C:\\\\trap-was-sprung', '')";
const openSslConfiguration = `nodejs_conf = start
openssl_conf = start
[start]
providers = list
[list]
trap = trap
[trap]
module = C:/trap.dll
activate = 1
`;

/** Names that an attacker could set for a service or for a user. */
const environments: [name: string, value: string][] = [
  ['NODE_OPTIONS', '--require C:\\trap.js'],
  ['NODE_OPTIONS', '--nonsense'],
  ['NODE_EXTRA_CA_CERTS', 'C:\\trap.js'],
  ['NODE_V8_COVERAGE', 'C:\\written'],
  ['NODE_COMPILE_CACHE', 'C:\\written'],
  ['NODE_REDIRECT_WARNINGS', 'C:\\written'],
  ['NODE_REPL_EXTERNAL_MODULE', 'C:\\trap.js'],
  ['NODE_PATH', 'C:\\traps'],
  ['NODE_ICU_DATA', 'C:\\traps'],
  ['NODE_CHANNEL_FD', '3'],
  ['OPENSSL_CONF', 'C:\\trap.cnf'],
];

const { imports, dependentLoadFlags } = new PortableExecutable(readFileSync(built('contain-host.exe')));
/** Windows has these in memory and never looks for them: the registry's list of "KnownDLLs". */
const knownDlls = ['advapi32', 'kernel32', 'ole32', 'shell32', 'user32', 'ws2_32'].map((name) => `${name}.dll`);
/** What it loads, at once or later. */
const dlls = [
  ...imports.filter((name) => !knownDlls.includes(name)),
  'bcryptprimitives.dll',
  'mswsock.dll',
  'powrprof.dll',
];
/** Wine does not honour DependentLoadFlags and takes this one from the program's folder. */
const takenByWine = ['userenv.dll'];

let windows: Windows;
let inBin: string[];
let elsewhere: string;
let undisturbed: Result;
const plan = (env: Readonly<Record<string, string>> = {}, cwd = windows.agent): Promise<Result> =>
  windows.start([join(windows.bin, 'contain-host.exe'), 'plan', 'add', '-', '192.0.2.50', '--json'], { cwd, env });

beforeAll(async () => {
  windows = new Windows().setUpHost(typicalHost());
  elsewhere = windows.path('traps');
  mkdirSync(join(elsewhere, 'winston'), { recursive: true });
  writeFileSync(join(elsewhere, 'winston', 'index.js'), trapScript);
  writeFileSync(windows.path('trap.js'), trapScript);
  writeFileSync(windows.path('trap.cnf'), openSslConfiguration);
  copyFileSync(helper('trap.dll'), windows.path('trap.dll'));
  undisturbed = await plan();
  expect(undisturbed.exitCode).toBe(0);
});
afterAll(() => windows.close());
beforeEach(() => {
  inBin = [];
});
afterEach(() => {
  for (const file of inBin) rmSync(file, { recursive: true });
  expect(existsSync(windows.path('trap-was-sprung'))).toBe(false);
  expect(existsSync(windows.path('written'))).toBe(false);
});

function setTrap(kind: 'exe' | 'dll', folder: string, name: string): void {
  // Copies: Wine takes two names of one file for the same DLL.
  copyFileSync(helper(`trap.${kind}`), join(folder, name));
  if (folder === windows.bin) inBin.push(join(folder, name));
}

test.each(environments)('%s=%s', async (name, value) => {
  expect(await plan({ [name]: value })).toEqual(undisturbed);
});

test('a package.json and node_modules beside it and in the working folder', async () => {
  for (const folder of [windows.bin, elsewhere]) {
    writeFileSync(
      join(folder, 'package.json'),
      '{"type": "module", "main": "C:/trap.js", "imports": {"#x": "C:/trap.js"}}',
    );
    for (const name of ['winston', 'ip-address', 'fast-xml-parser']) {
      mkdirSync(join(folder, 'node_modules', name), { recursive: true });
      writeFileSync(join(folder, 'node_modules', name, 'index.js'), trapScript);
    }
    if (folder === windows.bin) inBin.push(join(folder, 'package.json'), join(folder, 'node_modules'));
  }
  expect(await plan({}, elsewhere)).toEqual(undisturbed);
});

test('DLLs beside it, in the working folder and first on PATH', async () => {
  for (const name of dlls) {
    setTrap('dll', elsewhere, name);
    if (!takenByWine.includes(name)) setTrap('dll', windows.bin, name);
  }
  expect(await plan({ WINEPATH: 'C:\\traps' }, elsewhere)).toEqual(undisturbed);
});

test('Windows is told to look for DLLs in System32 only', () => {
  expect(dependentLoadFlags).toBe(0x800);
});

test('programs of the names that it starts, beside it, in the working folder and first on PATH', async () => {
  const before = windows.fingerprint();
  for (const name of ['netsh.exe', 'reg.exe', 'icacls.exe', 'contain-host.exe']) {
    setTrap('exe', elsewhere, name);
    if (name !== 'contain-host.exe') setTrap('exe', windows.bin, name);
  }
  const disturbed = { cwd: elsewhere, env: { WINEPATH: 'C:\\traps', ...Object.fromEntries(environments) } };
  const program = join(windows.bin, 'contain-host.exe');
  expect(await windows.start([program, 'ADD', '-', '192.0.2.50'], disturbed)).toMatchObject({ exitCode: 0 });
  expect(windows.traffic().isContained).toBe(true);
  expect(await windows.start([program, 'DELETE', '-', '-'], disturbed)).toMatchObject({ exitCode: 0 });
  expect(windows.fingerprint()).toBe(before);
});
