const esbuild = require('esbuild');

/** Jest transform: TypeScript to CommonJS, types stripped; `tsc` checks them separately. */
module.exports = {
  process(source, file) {
    const { code, map } = esbuild.transformSync(source, {
      loader: 'ts',
      format: 'cjs',
      target: 'node20',
      sourcefile: file,
      sourcemap: 'external',
    });
    return { code, map };
  },
};
