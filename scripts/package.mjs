// Makes what users deploy, in dist/: contain-host.exe, contain-host.msi, sbom.cdx.json and SHA256SUMS.
import { rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { bundle } from './build.mjs';
import { makeInstaller } from './installer/installer.mjs';
import { writeChecksums } from './package/checksums.mjs';
import { makeExecutable } from './package/executable.mjs';
import { product } from './package/product.mjs';
import { writeSbom } from './package/sbom.mjs';
import { cache, dist, finish } from './package/workshop.mjs';

const mebibyte = 1024 * 1024;

await finish(async () => {
  const files = ['contain-host.exe', 'contain-host.msi', 'sbom.cdx.json', 'SHA256SUMS'];
  for (const file of files) rmSync(join(dist, file), { force: true });

  const script = join(cache, 'contain-host.js');
  await bundle('src/contain-host.ts', script, { minify: true });
  const executable = join(dist, 'contain-host.exe');
  const growth = await makeExecutable(script, executable, product);
  checkSize('contain-host.exe, beyond its Node,', growth, mebibyte);

  writeSbom(join(dist, 'sbom.cdx.json'));
  const installer = join(dist, 'contain-host.msi');
  makeInstaller(executable, installer, product);
  checkSize('contain-host.msi', statSync(installer).size, 36 * mebibyte);

  writeChecksums(dist);
  for (const file of files) console.log(`dist/${file}`);
});

function checkSize(what, bytes, most) {
  if (bytes > most) throw new Error(`${what} has ${bytes} bytes; at most ${most} were promised.`);
}
