import { createHash } from 'node:crypto';
import { copyFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { cache, run } from '../package/workshop.mjs';

const source = new URL('.', import.meta.url);
const howToGet =
  'The installer was not made: wixl and msibuild are missing. They run on Linux (Debian, Ubuntu: apt-get install wixl msitools; Fedora: dnf install msitools); on Windows, build it in WSL.';

/** Makes the MSI around an executable. `identity`: description and version of the product. */
export function makeInstaller(executable, output, { description, version }) {
  mkdirSync(cache, { recursive: true });
  const folder = mkdtempSync(join(cache, 'installer-'));
  try {
    const variables = { ProductCode: productCode(version), Version: version, Description: description };
    const defines = Object.entries(variables).flatMap(([name, value]) => ['-D', `${name}=${value}`]);
    // wixl takes files by relative names only.
    copyFileSync(new URL('contain-host.wxs', source), join(folder, 'contain-host.wxs'));
    copyFileSync(executable, join(folder, 'contain-host.exe'));
    writeFileSync(join(folder, 'empty'), '');
    const made = join(folder, 'made.msi');
    run('wixl', ['--arch', 'x64', '--output', made, ...defines, 'contain-host.wxs'], { cwd: folder, howToGet });
    run('msibuild', [made, ...completion(version).flatMap((statement) => ['-q', statement])], { howToGet });
    copyFileSync(made, output);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** One code for each version: Windows tells by it whether this very version is installed. */
function productCode(version) {
  const hash = createHash('sha1').update(`contain-host ${version}`).digest('hex');
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
