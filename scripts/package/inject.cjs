// Runs on the pinned Node: makes one executable of one bundled script, by pkg's "simple SEA" mode.
const { basename, join } = require('node:path');
const { createRequire } = require('node:module');

const [, , tools, platform, script, output] = process.argv;
const { default: sea } = createRequire(join(tools, 'package.json'))('@yao-pkg/pkg/lib-es5/sea');

sea(script, {
  targets: [{ nodeRange: `node${process.versions.node}`, platform, arch: 'x64', output }],
  seaConfig: {
    // Relative to the folder that pkg makes beside the script: no path of the build machine is in the executable then.
    main: join('..', basename(script)),
    // Nothing may hand options to the Node inside: neither NODE_OPTIONS nor the command line.
    execArgvExtension: 'none',
    disableExperimentalSEAWarning: true,
    // It spares the compiling of the whole script at each start. It is bound to the platform that made it.
    useCodeCache: platform === 'linux' && process.platform === 'linux',
  },
}).catch((error) => {
  console.error(error);
  process.exitCode = 1;
});
