import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { version } from '../../../package.json';

const repository = resolve(__dirname, '..', '..', '..');
/** What "npm run package" made, and what it made that of. */
export const dist = join(repository, 'dist');
export const executable = join(dist, 'contain-host');
export const workshop = join(repository, 'node_modules', '.cache', 'contain-host');

/** The packages of one version. */
export interface Built {
  readonly version: string;
  readonly deb: string;
  readonly tarball: string;
}

/** The packages that ship. */
export const shipped: Built = {
  version,
  deb: join(dist, `contain-host_${version}_amd64.deb`),
  tarball: join(dist, `contain-host-${version}-linux-x64.tar.gz`),
};

/** The same under a higher version number, in packages that are not compressed. */
export class Successor implements Built {
  private readonly folder = mkdtempSync(join(tmpdir(), 'successor-'));
  readonly version = `${version}.1`;
  readonly deb = join(this.folder, 'successor.deb');
  readonly tarball = join(this.folder, 'successor.tar');

  constructor() {
    const unpacked = join(this.folder, 'deb');
    const control = join(unpacked, 'DEBIAN', 'control');
    execFileSync('dpkg-deb', ['--raw-extract', shipped.deb, unpacked]);
    const text = readFileSync(control, 'utf8');
    writeFileSync(control, text.replace(`Version: ${version}\n`, `Version: ${this.version}\n`));
    execFileSync('dpkg-deb', ['-Znone', '--root-owner-group', '--build', unpacked, this.deb]);
    rmSync(unpacked, { recursive: true });

    execFileSync('tar', ['-xzf', shipped.tarball, '-C', this.folder]);
    const inside = `contain-host-${this.version}`;
    renameSync(join(this.folder, `contain-host-${version}`), join(this.folder, inside));
    execFileSync('tar', ['-cf', this.tarball, '-C', this.folder, inside]);
    rmSync(join(this.folder, inside), { recursive: true });
  }

  remove(): void {
    rmSync(this.folder, { recursive: true });
  }
}
