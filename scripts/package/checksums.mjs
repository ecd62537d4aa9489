import { createHash } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** Writes SHA256SUMS of everything to deploy into the folder that has it, for `sha256sum --check`. */
export function writeChecksums(folder) {
  const lines = ['contain-host.exe', 'contain-host.msi', 'sbom.cdx.json'].map((file) => {
    const hash = createHash('sha256')
      .update(readFileSync(join(folder, file)))
      .digest('hex');
    return `${hash}  ${file}\n`;
  });
  writeFileSync(join(folder, 'SHA256SUMS'), lines.join(''));
}
