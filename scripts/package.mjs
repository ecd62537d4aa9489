// Makes what users deploy, in dist/: the executables for Windows and Linux, their packages, sbom.cdx.json and
// SHA256SUMS.
import { rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { makeInstaller } from './installer/installer.mjs';
import { makeLinuxPackages } from './linux/packages.mjs';
import { deployed, executables, linuxExecutables, writeChecksums } from './package/checksums.mjs';
import { makeExecutable, makeLinuxExecutable } from './package/executable.mjs';
import { bundleParts } from './package/parts.mjs';
import { product } from './package/product.mjs';
import { writeSbom } from './package/sbom.mjs';
import { cache, dist, finish } from './package/workshop.mjs';

const mebibyte = 1024 * 1024;

await finish(async () => {
  const files = [...deployed, 'SHA256SUMS'];
  for (const file of files) rmSync(join(dist, file), { force: true });

  const parts = await bundleParts(join(cache, 'parts'));
  const forWindows = join(dist, 'contain-host.exe');
  checkSize('contain-host.exe, beyond its Node,', await makeExecutable(parts, forWindows, product), mebibyte);
  for (const [processor, name] of Object.entries(linuxExecutables))
    checkSize(`${name}, beyond its Node,`, makeLinuxExecutable(processor, parts, join(dist, name)), 4 * mebibyte);

  writeSbom(join(dist, 'sbom.cdx.json'), executables);
  const installer = join(dist, 'contain-host.msi');
  makeInstaller(forWindows, installer, product);
  checkSize('contain-host.msi', statSync(installer).size, 36 * mebibyte);
  for (const [processor, name] of Object.entries(linuxExecutables))
    makeLinuxPackages(join(dist, name), processor, dist, product);

  writeChecksums(dist);
  for (const file of files) console.log(`dist/${file}`);
});

function checkSize(what, bytes, most) {
  if (bytes > most) throw new Error(`${what} has ${bytes} bytes; at most ${most} were promised.`);
}
