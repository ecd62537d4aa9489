// Makes, once, what all tests under Wine share: the stand-in netsh.exe and small programs, and a fresh Windows.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { copyFileSync, existsSync, mkdirSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { bundle } from '../../scripts/build.mjs';
import { makeInstaller } from '../../scripts/installer/installer.mjs';
import { makeExecutable } from '../../scripts/package/executable.mjs';
import { product } from '../../scripts/package/product.mjs';
import { cache, dist, Missing, root, run } from '../../scripts/package/workshop.mjs';

const howToGet =
  'The tests for Windows need Wine and a compiler. Debian, Ubuntu, as root: sh scripts/ci/install-windows-tools.sh';
const shared = join(cache, 'wine');

export default async function setUp() {
  for (const file of ['contain-host.exe', 'contain-host.msi']) {
    if (!existsSync(join(dist, file))) throw new Missing(`dist/${file} is missing: npm run package makes it.`);
  }
  mkdirSync(shared, { recursive: true });
  // It works while the programs are made.
  const prefix = makePrefix(join(shared, 'prefix'));
  compile('starter.c', 'starter.exe');
  compile('version.c', 'version.exe', '-lversion');
  compile('trap.c', 'trap.exe');
  compile('trap.c', 'trap.dll', '-DDLL', '-shared');
  compile('watch.c', 'watch.dll', '-shared');
  compile('faulty.c', 'faulty.exe');
  await makeNetsh();
  await makeEarlierVersion();
  await prefix;
}

function compile(source, output, ...options) {
  const unicode = ['trap.c', 'watch.c'].includes(source) ? [] : ['-municode'];
  const files = ['-o', join(shared, output), join(root, 'test', 'wine', 'native', source)];
  run('x86_64-w64-mingw32-gcc', ['-O1', '-s', ...unicode, ...files, ...options], { howToGet });
}

function makeNetsh() {
  const identity = { name: 'netsh', description: 'Stands in for netsh', version: '1.0.0' };
  return makeProgram('fixtures/standin/wine-netsh.ts', 'netsh', identity);
}

/** The same product under a lower number, and its installer: what an upgrade finds. */
async function makeEarlierVersion() {
  const earlier = { ...product, version: '0.0.1' };
  await makeProgram('src/contain-host.ts', 'earlier', earlier);
  makeInstaller(join(shared, 'earlier.exe'), join(shared, 'earlier.msi'), earlier);
  // Windows sets this property when an upgrade removes the earlier version. Wine does not; this package has it from the
  // start.
  copyFileSync(join(shared, 'earlier.msi'), join(shared, 'earlier-in-upgrade.msi'));
  const property = "INSERT INTO `Property` (`Property`, `Value`) VALUES ('UPGRADINGPRODUCTCODE', 'yes')";
  run('msibuild', [join(shared, 'earlier-in-upgrade.msi'), '-q', property], { howToGet });
}

/** Made anew only when its source has changed. */
async function makeProgram(source, name, identity) {
  const script = join(shared, `${name}.js`);
  const executable = join(shared, `${name}.exe`);
  const before = existsSync(executable) ? readFileSync(script, 'utf8') : undefined;
  await bundle(source, script);
  if (readFileSync(script, 'utf8') === before) return;
  rmSync(executable, { force: true });
  await makeExecutable([script], executable, identity);
}

/** A Windows 10 that nobody has used yet, without a screen, in which Wine's own netsh does not come first. */
async function makePrefix(prefix) {
  if (existsSync(prefix)) return;
  const made = `${prefix}.new`;
  rmSync(made, { recursive: true, force: true });
  const { PATH, HOME } = process.env;
  const WINE = join(root, 'test', 'wine', 'wine.sh');
  const env = { PATH, HOME, WINE, WINEPREFIX: made, WINEDEBUG: '-all', WINEDLLOVERRIDES: 'mscoree,mshtml=' };
  const steps = [
    '"$WINE" wineboot --init',
    '"$WINE" reg add \'HKCU\\Software\\Wine\\Drivers\' /v Graphics /d null /f',
    '"$WINE" reg add \'HKCU\\Software\\Wine\\DllOverrides\' /v netsh.exe /d native /f',
    '"$WINE" winecfg -v win10',
    'wineserver --wait',
  ];
  const shell = spawn('sh', ['-c', steps.join(' && ')], { env, stdio: 'ignore' });
  const [exitCode] = await once(shell, 'exit');
  if (exitCode === 127) throw new Missing(howToGet);
  if (exitCode !== 0) throw new Error(`Wine could not make a Windows (${exitCode})`);
  renameSync(made, prefix);
}
