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
  compile(name)(load, part, part.exports);
  return part.exports;
}

function compile(name) {
  const cachedData = Buffer.from(getRawAsset(`${name}.cache`));
  const options = cachedData.length > 0 ? { filename: name, cachedData } : { filename: name };
  return new Script(Buffer.from(getRawAsset(name)).toString(), options).runInThisContext();
}

load(Buffer.from(getRawAsset('first')).toString());
