// What Node runs first in an executable: it loads the parts of the program, which are assets, each when it is required.
const { getRawAsset } = require('node:sea');
const { Script } = require('node:vm');

const loaded = new Map();

function load(name) {
  if (!name.startsWith('./')) return require(name);
  const known = loaded.get(name);
  if (known !== undefined) return known.exports;
  const part = { exports: {} };
  loaded.set(name, part);
  try {
    const make = small[name] ?? compile(name);
    make(load, part, part.exports);
  } catch (error) {
    // As Node's own require() does: whoever asks again must not get half of it.
    loaded.delete(name);
    throw error;
  }
  return part.exports;
}

function compile(asset) {
  return new Script(textOf(asset), { filename: asset }).runInThisContext();
}

function textOf(asset) {
  return Buffer.from(getRawAsset(asset)).toString();
}

/** The small parts, as functions by their names. */
const small = compile('small');

load(textOf('first'));
