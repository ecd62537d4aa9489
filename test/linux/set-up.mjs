// Looks, once, whether the tests on this machine's kernel can run at all: what cannot be tested has failed.
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { deployed } from '../../scripts/package/checksums.mjs';
import { dist, Missing } from '../../scripts/package/workshop.mjs';

const tools = [
  ['nft', '--version'],
  ['iptables-legacy', '--version'],
  ['ip', '-Version'],
  ['ping', '-V'],
  ['busybox', 'true'],
  ['unshare', '--version'],
  ['setpriv', '--version'],
  ['tc', '-Version'],
  ['perl', '--version'],
  ['dpkg-deb', '--version'],
  ['systemctl', '--version'],
  ['systemd-analyze', '--version'],
];

const nftFolder = join('node_modules', '.cache', 'contain-host', 'nft');

export default function setUp() {
  if (process.getuid?.() !== 0) throw new Missing('These tests make network namespaces: run them as root.');
  for (const [tool, ...args] of tools) {
    if (spawnSync(tool, args).error === undefined) continue;
    throw new Missing(`${tool} is missing. Debian, Ubuntu, as root: sh scripts/ci/install-linux-tools.sh`);
  }
  const releases = ['bullseye', 'bookworm', 'trixie', 'sid'].map((release) => join(nftFolder, `nft-${release}`));
  if (!releases.every((program) => existsSync(program)))
    throw new Missing(`Other versions of nft are missing. Debian: sh scripts/ci/fetch-nft-versions.sh ${nftFolder}`);
  removeOrphans();
  const missing = deployed.filter(
    (file) => !file.endsWith('.exe') && !file.endsWith('.msi') && !existsSync(join(dist, file)),
  );
  if (missing.length > 0) throw new Missing(`dist/${missing[0]} is missing: npm run package makes it.`);
}

/** Network namespaces of runs that were killed, by the process that made them. */
function removeOrphans() {
  const { stdout } = spawnSync('ip', ['netns', 'list'], { encoding: 'utf8' });
  for (const [name, maker] of stdout.matchAll(/^lab(\d+)-\S+/gm)) {
    if (existsSync(`/proc/${maker}`)) continue;
    const pids = spawnSync('ip', ['netns', 'pids', name], { encoding: 'utf8' }).stdout.split('\n').filter(Boolean);
    for (const pid of pids) spawnSync('kill', ['-9', pid]);
    spawnSync('ip', ['netns', 'delete', name]);
  }
}
