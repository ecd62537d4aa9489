import { createHash } from 'node:crypto';
import { copyFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { makeManual } from '../manual/make.mjs';
import { buildTime } from '../package/build-time.mjs';
import { cache, run } from '../package/workshop.mjs';

const source = new URL('.', import.meta.url);
const howToGet =
  'The installer was not made: wixl, msibuild or faketime is missing. They run on Linux (Debian, Ubuntu: apt-get install wixl msitools faketime; Fedora: dnf install msitools libfaketime); on Windows, build it in WSL.';

/** wixl and msibuild write the time of the day into the installer; this one stands still for them. */
const atBuildTime = (program, args, options) =>
  run('faketime', ['-f', new Date(buildTime * 1000).toISOString().replace('T', ' ').slice(0, 19), program, ...args], {
    ...options,
    env: { ...process.env, TZ: 'UTC' },
    howToGet,
  });

/** Makes the MSI around an executable. `identity`: description and version of the product. */
export function makeInstaller(executable, output, { description, version }) {
  mkdirSync(cache, { recursive: true });
  const folder = mkdtempSync(join(cache, 'installer-'));
  try {
    const variables = {
      ProductCode: productCode(version),
      Version: version,
      Description: description,
    };
    const defines = Object.entries(variables).flatMap(([name, value]) => ['-D', `${name}=${value}`]);
    // wixl takes files by relative names only.
    copyFileSync(new URL('contain-host.wxs', source), join(folder, 'contain-host.wxs'));
    copyFileSync(executable, join(folder, 'contain-host.exe'));
    writeFileSync(join(folder, 'empty'), '');
    makeManual(folder);
    for (const file of ['contain-host.exe', 'contain-host.ps1', 'empty'])
      utimesSync(join(folder, file), buildTime, buildTime);
    const made = join(folder, 'made.msi');
    atBuildTime('wixl', ['--arch', 'x64', '--output', made, ...defines, 'contain-host.wxs'], { cwd: folder });
    // wixl draws the package's code by lot.
    const summary = ['-s', description, 'contain-host', 'x64;1033', `{${packageCode(executable, version)}}`];
    atBuildTime('msibuild', [made, ...summary]);
    atBuildTime('msibuild', [made, ...completion(version).flatMap((statement) => ['-q', statement])]);
    copyFileSync(made, output);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** One code for each version: Windows tells by it whether this very version is installed. */
function productCode(version) {
  return guidOf(`contain-host ${version}`);
}

/** One code for each content: Windows takes two packages of one code for the same bytes. */
function packageCode(executable, version) {
  const content = createHash('sha1').update(readFileSync(executable));
  return guidOf(`contain-host package ${version} ${buildTime} ${content.digest('hex')}`);
}

/** A GUID made of a text (RFC 9562, version 5 in form). */
function guidOf(text) {
  const hash = createHash('sha1').update(text).digest('hex');
  return [hash.slice(0, 8), hash.slice(8, 12), `5${hash.slice(13, 16)}`, `8${hash.slice(17, 20)}`, hash.slice(20, 32)]
    .join('-')
    .toUpperCase();
}

/** The statements of completion.sql. */
function completion(version) {
  return readFileSync(new URL('completion.sql', source), 'utf8')
    .replace(/^--.*\n/gm, '')
    .replaceAll('{version}', `${version}.0`)
    .split(/;\s*\n/)
    .map((statement) => statement.trim().replace(/\s*\n\s*/g, ' '))
    .filter((statement) => statement !== '');
}
