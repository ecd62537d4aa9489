import { createHash } from 'node:crypto';
import { cpSync, existsSync, mkdirSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { cache, Missing, npm, root, run } from './workshop.mjs';

const pinned = JSON.parse(readFileSync(new URL('node.json', import.meta.url), 'utf8'));

export const nodeVersion = pinned.version;

/**
 * Path of the stock Node of the pinned version for a platform such as `win32-x64`, fetched from the package registry
 * once. Throws `Missing` where that platform is not pinned.
 */
export function nodeFor(platform) {
  const pin = pinned.platforms[platform];
  if (pin === undefined) {
    const known = Object.keys(pinned.platforms).join(' or ');
    throw new Missing(`This builds on ${known}, not on ${platform}: build there, or pin a Node for it in node.json.`);
  }
  const folder = join(cache, `${pin.package}-${pinned.version}`);
  if (!existsSync(folder)) fetch(pin, folder);
  return join(folder, pin.executable);
}

/** The package holds exactly the bytes that were pinned, or is not unpacked. */
function fetch({ package: name, executable, integrity }, folder) {
  const unpacked = `${folder}.new`;
  rmSync(unpacked, { recursive: true, force: true });
  mkdirSync(unpacked, { recursive: true });
  console.log(`Fetching ${name} ${pinned.version}`);
  npm(['pack', `${name}@${pinned.version}`, '--silent', '--pack-destination', '.'], unpacked);
  const archive = `${name}-${pinned.version}.tgz`;
  const found = `sha512-${createHash('sha512')
    .update(readFileSync(join(unpacked, archive)))
    .digest('base64')}`;
  if (found !== integrity) throw new Error(`${archive} is not what node.json pins: ${found}`);
  run('tar', ['-xzf', archive, '--strip-components=1', `package/${executable}`], { cwd: unpacked });
  rmSync(join(unpacked, archive));
  renameSync(unpacked, folder);
}

/** Folder of the packaging tools, installed from their own lock file: they need a newer Node than the project does. */
export function packagingTools() {
  const source = join(root, 'scripts', 'package', 'tools');
  const lock = readFileSync(join(source, 'package-lock.json'));
  const folder = join(cache, `tools-${createHash('sha256').update(lock).digest('hex').slice(0, 16)}`);
  if (!existsSync(folder)) {
    console.log('Fetching the packaging tools');
    const installed = `${folder}.new`;
    rmSync(installed, { recursive: true, force: true });
    cpSync(source, installed, { recursive: true });
    npm(['ci', '--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error'], installed);
    renameSync(installed, folder);
  }
  return folder;
}
