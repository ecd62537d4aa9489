import { chmod } from 'node:fs/promises';
import { build } from 'esbuild';

/** Bundles the stand-ins for netsh.exe and reg.exe, each into one file that starts by itself. */
const outdir = 'dist/standin';
await build({
  entryPoints: ['fixtures/standin/netsh.ts', 'fixtures/standin/reg.ts'],
  outdir,
  bundle: true,
  platform: 'node',
  target: 'node20',
  format: 'cjs',
  banner: { js: '#!/usr/bin/env node' },
});
await Promise.all(['netsh.js', 'reg.js'].map((name) => chmod(`${outdir}/${name}`, 0o755)));
