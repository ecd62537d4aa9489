import { copyFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { nodeFor, nodeVersion, packagingTools } from './node-binary.mjs';
import { finishExecutable, loadResedit } from './portable-executable.mjs';
import { cache, root, run } from './workshop.mjs';

/**
 * Makes a Windows executable of a script that is bundled into one file. `identity`: name, description and version for its
 * version resource. Returns how many bytes larger it is than the Node it was made from.
 */
export async function makeExecutable(script, output, identity) {
  const base = nodeFor('win32-x64');
  const generator = nodeFor(`${process.platform}-${process.arch}`);
  const tools = packagingTools();
  mkdirSync(cache, { recursive: true });
  const folder = mkdtempSync(join(cache, 'executable-'));
  try {
    const entry = join(folder, basename(script));
    copyFileSync(script, entry);
    offerToPkg(base, join(folder, '.pkg-cache', 'sea'));
    const injected = join(folder, 'injected.exe');
    const env = { ...process.env, HOME: folder, USERPROFILE: folder, TMPDIR: folder, TEMP: folder, TMP: folder };
    run(generator, [join(root, 'scripts', 'package', 'inject.cjs'), tools, entry, injected], { env });
    writeFileSync(output, finishExecutable(readFileSync(injected), await loadResedit(tools), identity));
    return statSync(output).size - statSync(base).size;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** pkg takes from its cache what it would otherwise download; the empty files say that the download is complete. */
function offerToPkg(base, pkgCache) {
  mkdirSync(pkgCache, { recursive: true });
  const name = join(pkgCache, `node-v${nodeVersion}-win-x64`);
  copyFileSync(base, `${name}.exe`);
  for (const done of ['.exe.ok', '.zip', '.zip.ok']) writeFileSync(`${name}${done}`, '');
}
