// Bundles the program, and what stands in for Windows in tests, the demonstration and the benchmark, into dist/.
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

const root = dirname(dirname(fileURLToPath(import.meta.url)));

/** What every Node runs, also the one in a single executable, which has require() and nothing else to load with. */
export const script = {
  platform: 'node',
  target: 'node20',
  format: 'cjs',
  supported: { 'dynamic-import': false },
  // The kits for the servers are part of the program.
  loader: { '.xml': 'text' },
  legalComments: 'none',
  logLevel: 'warning',
};

export const bundle = (entry, outfile, options = {}) =>
  build({ absWorkingDir: root, entryPoints: [entry], outfile, bundle: true, ...script, ...options });

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const program = { banner: { js: '#!/usr/bin/env node' } };
  await bundle('src/contain-host.ts', 'dist/contain-host.js', program);
  await bundle('fixtures/windows-on-linux.ts', join('dist', 'standin', 'contain-host.js'), program);
  await bundle('fixtures/standin/netsh.ts', join('dist', 'standin', 'netsh.js'), program);
  await bundle('fixtures/standin/reg.ts', join('dist', 'standin', 'reg.js'), program);
  await bundle('fixtures/interpose/preload.ts', join('dist', 'standin', 'interpose.js'));
  await bundle('scripts/demo.ts', 'dist/demo.js');
  await bundle('scripts/docs.ts', 'dist/docs.js');
  await bundle('scripts/report-picture.ts', 'dist/report-picture.js');
  await bundle('bench/bench.ts', 'dist/bench.js');
}
