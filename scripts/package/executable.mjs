import { copyFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { closeToEnvironment } from './environment.mjs';
import { nodeFor, nodeVersion, packagingTools } from './node-binary.mjs';
import { finishExecutable, loadResedit } from './portable-executable.mjs';
import { reserveWithoutVirtualAlloc2 } from './virtual-memory.mjs';
import { cache, root, run } from './workshop.mjs';

/**
 * V8's random numbers, and the moments at which its threads tidy up, are in what it compiles. A Node without this
 * option takes that all the same.
 */
const repeatable = ['--predictable'];

/** The platforms by pkg's names, and the files that say in its cache that a download is complete. */
const windows = { name: 'win', system: 'win32', node: '.exe', complete: ['.exe.ok', '.zip', '.zip.ok'] };
const linux = {
  name: 'linux',
  system: 'linux',
  node: '/bin/node',
  complete: ['/bin/node.ok', '.tar.gz', '.tar.gz.ok'],
};

/**
 * Makes a Windows executable of scripts, of which the first is run and requires the others by `./name.js`. `identity`:
 * name, description and version for its version resource. Returns how many bytes larger it is than the Node it was made
 * from.
 */
export async function makeExecutable(scripts, output, identity) {
  const resedit = await loadResedit(packagingTools());
  return make(windows, 'x64', scripts, output, (bytes) => {
    reserveWithoutVirtualAlloc2(bytes);
    return finishExecutable(bytes, resedit, identity);
  });
}

/** The same for Linux, where an executable says nothing about itself. `processor`: by Node's name, x64 or arm64. */
export function makeLinuxExecutable(processor, scripts, output) {
  return make(linux, processor, scripts, output, (bytes) => bytes);
}

function make(platform, processor, scripts, output, finish) {
  const base = nodeFor(`${platform.system}-${processor}`);
  const generator = nodeFor(`${process.platform}-${process.arch}`);
  mkdirSync(cache, { recursive: true });
  const folder = mkdtempSync(join(cache, 'executable-'));
  try {
    offerToPkg(platform, processor, base, join(folder, '.pkg-cache', 'sea'));
    const injected = join(folder, 'injected.exe');
    const env = { ...process.env, HOME: folder, USERPROFILE: folder, TMPDIR: folder, TEMP: folder, TMP: folder };
    const inject = join(root, 'scripts', 'package', 'inject.cjs');
    run(generator, [...repeatable, inject, packagingTools(), platform.name, processor, folder, injected, ...scripts], {
      env,
    });
    const bytes = readFileSync(injected);
    closeToEnvironment(bytes);
    writeFileSync(output, finish(bytes), { mode: 0o755 });
    return statSync(output).size - statSync(base).size;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** pkg takes from its cache what it would otherwise download; empty files say that the download is complete. */
function offerToPkg({ name, node, complete }, processor, base, pkgCache) {
  const cached = join(pkgCache, `node-v${nodeVersion}-${name}-${processor}`);
  mkdirSync(dirname(`${cached}${node}`), { recursive: true });
  copyFileSync(base, `${cached}${node}`);
  for (const done of complete) writeFileSync(`${cached}${done}`, '');
}
