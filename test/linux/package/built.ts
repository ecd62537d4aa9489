import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';

export const repository = join(__dirname, '..', '..', '..');
const maker = pathToFileURL(join(repository, 'scripts', 'linux', 'packages.mjs')).href;
const make = `import { makeLinuxPackages } from ${JSON.stringify(maker)};
const [program, output, version] = process.argv.slice(1);
process.stdout.write(JSON.stringify(makeLinuxPackages(program, output, { version })));`;

/** The packages of one version, made of the program without the Node in it: that is a hundred times smaller. */
export class Built {
  private readonly folder = mkdtempSync(join(tmpdir(), 'packages-'));
  readonly deb: string;
  readonly tarball: string;

  constructor(readonly version: string) {
    const program = join(repository, 'dist', 'contain-host.js');
    const args = ['--input-type=module', '-e', make, program, this.folder, version];
    const made = execFileSync(process.execPath, args, { encoding: 'utf8' });
    const [deb = '', tarball = ''] = JSON.parse(made) as string[];
    this.deb = join(this.folder, deb);
    this.tarball = join(this.folder, tarball);
  }

  remove(): void {
    rmSync(this.folder, { recursive: true });
  }
}
