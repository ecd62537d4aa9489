// What Node runs first in an executable: it loads the parts of the program, which are assets, each when it is required.
const { getAssetKeys, getRawAsset } = require('node:sea');
const { Script } = require('node:vm');

const assets = new Set(getAssetKeys());
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

/** Where there is a compiled form, V8 looks first whether it fits this Node, and else goes by the text. */
function compile(asset) {
  const compiled = `${asset}.compiled`;
  const cachedData = assets.has(compiled) ? bytesOf(compiled) : undefined;
  return new Script(textOf(asset), { filename: asset, cachedData }).runInThisContext();
}

function textOf(asset) {
  return bytesOf(asset).toString();
}

function bytesOf(asset) {
  return Buffer.from(getRawAsset(asset));
}

/** The small parts, as functions by their names. */
const small = compile('small');

load(textOf('first'));
