// Runs on the pinned Node: makes one executable of start.cjs and the parts that it loads, by pkg's "simple SEA" mode.
const { copyFileSync, readFileSync, writeFileSync } = require('node:fs');
const { basename, join } = require('node:path');
const { createRequire } = require('node:module');
const { setFlagsFromString } = require('node:v8');
const { Script } = require('node:vm');

const [, , tools, platform, arch, folder, output, ...parts] = process.argv;
const { default: sea } = createRequire(join(tools, 'package.json'))('@yao-pkg/pkg/lib-es5/sea');

const start = join(folder, 'start.cjs');
copyFileSync(join(__dirname, 'start.cjs'), start);

/**
 * In bytes. A script of its own costs a fifth of a millisecond, so smaller parts are one script, each a function in it.
 */
const smallest = 4096;

const assets = {};
addAsset('first', nameOf(parts[0]));
const small = [];
for (const part of parts) {
  const text = `(function (require, module, exports) {${readFileSync(part, 'utf8')}\n})`;
  if (text.length >= smallest) addScript(nameOf(part), text);
  else small.push(`${JSON.stringify(nameOf(part))}: ${text}`);
}
addScript('small', `({${small.join(',\n')}})`);

sea(start, {
  targets: [{ nodeRange: `node${process.versions.node}`, platform, arch, output }],
  seaConfig: {
    // Relative to the folder that pkg makes beside the script: no path of the build machine is in the executable then.
    main: join('..', basename(start)),
    assets,
    // Little room for what is new: less memory. With an option for the compiler V8 would compile Node's own modules at
    // each start, which takes it a third of an order.
    execArgv: ['--max-semi-space-size=1'],
    // Nothing may hand options to the Node inside: neither NODE_OPTIONS nor the command line.
    execArgvExtension: 'none',
    disableExperimentalSEAWarning: true,
  },
}).catch((error) => {
  console.error(error);
  process.exitCode = 1;
});

/**
 * A script with what V8 makes of it, where this Node is the one that will run it: V8 takes nothing from another one. On
 * Linux that saves a start a fifth of its time, and an order a tenth of its own. (To pkg Windows is `win`, so its
 * executable is the same wherever it is made.)
 */
function addScript(name, text) {
  addAsset(name, text);
  if (platform === process.platform && arch === process.arch) addAsset(`${name}.compiled`, compiledForm(text, name));
}

/**
 * V8 compiles a function when it is first called, unless it is told not to be lazy. That option is taken back before
 * the result is made: V8 takes nothing that was made under other options than its own.
 */
function compiledForm(text, filename) {
  setFlagsFromString('--no-lazy');
  const script = new Script(text, { filename });
  setFlagsFromString('--lazy');
  return script.createCachedData();
}

function addAsset(key, content) {
  const file = join(folder, `asset-${Object.keys(assets).length}`);
  writeFileSync(file, content);
  assets[key] = file;
}

function nameOf(part) {
  return `./${basename(part)}`;
}
