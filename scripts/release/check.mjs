// Checks, before anything is published, that dist/ holds everything to deploy, that the hashes are right, and that the
// tag is the version that was built: node scripts/release/check.mjs v1.2.3
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { deployed } from '../package/checksums.mjs';
import { product } from '../package/product.mjs';
import { dist, finish, Missing, run } from '../package/workshop.mjs';

await finish(() => {
  const tag = process.argv[2];
  if (tag !== `v${product.version}`)
    throw new Missing(
      `The tag is ${tag ?? 'missing'}, package.json says ${product.version}: the tag must be v${product.version}.`,
    );
  const missing = deployed.filter((file) => !existsSync(join(dist, file)));
  if (missing.length > 0) throw new Missing(`Not in dist/: ${missing.join(', ')}. "npm run package" makes them.`);
  process.stdout.write(run('sha256sum', ['--check', '--strict', 'SHA256SUMS'], { cwd: dist }));
});
