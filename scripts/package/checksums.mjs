import { createHash } from 'node:crypto';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { packageNames } from '../linux/packages.mjs';
import { product } from './product.mjs';

/** The executables for Linux, by processor. */
export const linuxExecutables = { x64: 'contain-host', arm64: 'contain-host-arm64' };

export const executables = ['contain-host.exe', ...Object.values(linuxExecutables)];

/** Everything to deploy. */
export const deployed = [
  ...executables,
  'contain-host.msi',
  ...Object.keys(linuxExecutables).flatMap((processor) => Object.values(packageNames(product.version, processor))),
  'sbom.cdx.json',
];

/** Writes SHA256SUMS of what there is to deploy into the folder that has it, for `sha256sum --check`. */
export function writeChecksums(folder) {
  const lines = deployed
    .filter((file) => existsSync(join(folder, file)))
    .map((file) => `${sha256(join(folder, file))}  ${file}\n`);
  writeFileSync(join(folder, 'SHA256SUMS'), lines.join(''));
}

function sha256(file) {
  return createHash('sha256').update(readFileSync(file)).digest('hex');
}
