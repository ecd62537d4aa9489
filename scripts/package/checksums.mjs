import { createHash } from 'node:crypto';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { packageNames } from '../linux/packages.mjs';
import { product } from './product.mjs';

/** Everything to deploy. */
export const deployed = [
  'contain-host.exe',
  'contain-host.msi',
  'contain-host',
  ...Object.values(packageNames(product.version)),
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
