// Makes the Linux packages around an executable: a .deb, and a tarball for every other distribution.
import {
  chmodSync,
  copyFileSync,
  linkSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { makeManual } from '../manual/make.mjs';
import { buildTime } from '../package/build-time.mjs';
import { run } from '../package/workshop.mjs';

const source = new URL('.', import.meta.url);
const howToGet =
  'The Linux packages were not made: dpkg-deb or tar is missing (Debian, Ubuntu: apt-get install dpkg tar).';

/** The processors there are packages for, by Node's names, each with Debian's name. */
const debianNames = { x64: 'amd64', arm64: 'arm64' };

/** The names of the files, for each kind of package. */
export const packageNames = (version, processor) => ({
  deb: `contain-host_${version}_${debianNames[processor]}.deb`,
  tarball: `contain-host-${version}-linux-${processor}.tar.gz`,
});

/** Where the agents look for their active responses. */
const responses = 'var/ossec/active-response/bin';
/** The first one is enabled, and asks for the other. */
const units = ['contain-host.service', 'contain-host-names.service'];

/**
 * Makes both packages in the folder `output`. `executable` is what they install, `processor` what it runs on. Throws
 * `Missing` without dpkg-deb or tar.
 */
export function makeLinuxPackages(executable, processor, output, { version }) {
  const folder = mkdtempSync(join(tmpdir(), 'contain-host-packages-'));
  try {
    const { deb, tarball } = packageNames(version, processor);
    makeManual(join(folder, 'manual'));
    makeDeb(executable, join(output, deb), version, debianNames[processor], folder);
    makeTarball(executable, join(output, tarball), version, folder);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function makeDeb(executable, output, version, architecture, folder) {
  const root = join(folder, 'deb');
  const program = join(root, responses, 'contain-host');
  put(program, readFileSync(executable), 0o750);
  // An agent can pass no arguments, so the second name of the file is the order to release.
  linkSync(program, join(root, responses, 'release-host'));
  for (const unit of units) put(join(root, 'usr/lib/systemd/system', unit), text(unit), 0o644);
  // The agents' folder is on nobody's PATH.
  mkdirSync(join(root, 'usr/sbin'), { recursive: true });
  symlinkSync(`/${responses}/contain-host`, join(root, 'usr/sbin/contain-host'));
  const manual = (name) => readFileSync(join(folder, 'manual', name));
  put(join(root, 'usr/share/man/man8/contain-host.8.gz'), gzipSync(manual('contain-host.8')), 0o644);
  put(join(root, 'usr/share/bash-completion/completions/contain-host'), manual('contain-host.bash'), 0o644);
  for (const script of ['postinst', 'prerm', 'postrm']) put(join(root, 'DEBIAN', script), text(`deb/${script}`), 0o755);
  const size = Math.ceil(statSync(executable).size / 1024);
  const control = text('deb/control')
    .replace('{version}', version)
    .replace('{architecture}', architecture)
    .replace('{size}', String(size));
  put(join(root, 'DEBIAN', 'control'), control, 0o644);
  const env = { ...process.env, SOURCE_DATE_EPOCH: String(buildTime) };
  run('dpkg-deb', ['--root-owner-group', '-Zxz', '-z1', '--build', root, output], { howToGet, env });
}

function makeTarball(executable, output, version, folder) {
  const inside = `contain-host-${version}`;
  copyInto(join(folder, inside, 'contain-host'), executable);
  for (const unit of units) put(join(folder, inside, unit), text(unit), 0o644);
  for (const name of ['contain-host.8', 'contain-host.bash'])
    put(join(folder, inside, name), readFileSync(join(folder, 'manual', name)), 0o644);
  for (const script of ['install.sh', 'uninstall.sh'])
    put(join(folder, inside, script), text(`tarball/${script}`), 0o755);
  const same = ['--owner=0', '--group=0', '--numeric-owner', '--sort=name', `--mtime=@${buildTime}`];
  run('tar', ['-czf', output, ...same, '-C', folder, inside], { howToGet });
}

/** A file beside this one, with what it includes. */
function text(name) {
  return readFileSync(new URL(name, source), 'utf8').replace(/^# include: (\S+)\n/gm, (_line, file) => text(file));
}

function put(file, content, mode) {
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, content);
  chmodSync(file, mode);
}

function copyInto(file, from) {
  mkdirSync(dirname(file), { recursive: true });
  copyFileSync(from, file);
  chmodSync(file, 0o750);
}
