import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { basename } from 'node:path';
import { build, transform } from 'esbuild';
import { script } from '../build.mjs';
import { root } from './workshop.mjs';

/** esbuild cuts at import() only; a log line cannot wait for that, and most of what is bundled is there to write it. */
const cutAtRequire = {
  name: 'cut at require',
  setup({ onResolve }) {
    onResolve({ filter: /^\.\/json-log$/ }, ({ kind, path }) =>
      kind === 'require-call' ? { path: `${path}.js`, external: true } : undefined,
    );
  },
};

/**
 * Bundles the program in parts, each of which is loaded when it is needed: to compile a script takes as long as it is,
 * and an order starts the program twice. They go into a folder that is made anew. Returns their paths, first that of
 * the part to start, `contain-host.js`; they require each other by `./name.js`.
 */
export async function bundleParts(folder, entry = 'src/contain-host.ts') {
  const { outputFiles } = await build({
    ...script,
    absWorkingDir: root,
    entryPoints: { 'contain-host': entry, 'json-log': 'src/outcome/output/json-log.ts' },
    outdir: folder,
    bundle: true,
    // esbuild cuts only this format, which nothing can load from within an executable.
    format: 'esm',
    splitting: true,
    supported: {},
    plugins: [cutAtRequire],
    write: false,
  });
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  for (const { path, text } of outputFiles) {
    const { code } = await transform(text, { ...script, loader: 'js', minify: true });
    writeFileSync(path, code);
  }
  const isFirst = ({ path }) => basename(path) === 'contain-host.js';
  return [...outputFiles.filter(isFirst), ...outputFiles.filter((file) => !isFirst(file))].map(({ path }) => path);
}
