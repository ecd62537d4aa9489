import { join } from 'node:path';
import { buildSync } from 'esbuild';
import { script } from '../build.mjs';
import { root, run } from '../package/workshop.mjs';

/** Writes contain-host.8, contain-host.bash and contain-host.ps1 into a folder, from the table of commands. */
export function makeManual(folder) {
  const outfile = join(folder, 'write.cjs');
  buildSync({ ...script, absWorkingDir: root, entryPoints: ['scripts/manual/write.ts'], outfile, bundle: true });
  run(process.execPath, [outfile, folder], { howToGet: 'Node is missing.' });
}
