const { createHash } = require('node:crypto');
const { readFileSync } = require('node:fs');
const esbuild = require('esbuild');

const own = readFileSync(__filename);

/**
 * Jest transform: TypeScript to CommonJS, types stripped; `tsc` checks them separately. An XML file becomes its text.
 */
module.exports = {
  /** Jest's own key does not change with what stands here. */
  getCacheKey: (source, file) =>
    createHash('sha256').update(own).update(file).update('\0').update(source).digest('hex'),

  process(source, file) {
    const { code, map } = esbuild.transformSync(source, {
      loader: file.endsWith('.xml') ? 'text' : 'ts',
      format: 'cjs',
      target: 'node20',
      // Jest's module loader has no import().
      supported: { 'dynamic-import': false },
      sourcefile: file,
      sourcemap: 'external',
    });
    return { code, map };
  },
};
