import { spawnSync } from 'node:child_process';
import { existsSync, rmSync } from 'node:fs';
import { resolve } from 'node:path';
import { nodeForWine, nodeOf } from './nodes';

/** An executable like those that ship, which takes this machine for Windows and notes what it does (watch.cjs). */
export const watchedExecutable = resolve('dist', 'standin', 'watched');

/** Makes what is measured and not there yet: the packages, and the Windows for Wine. */
export function makeWhatIsMissing(): void {
  const packages = ['contain-host', 'contain-host.exe', 'contain-host.msi'].map((name) => resolve('dist', name));
  if (!packages.every((file) => existsSync(file))) run('npm', ['run', '--silent', 'package']);
  runModule(`const { default: setUp } = await import('./test/wine/set-up.mjs'); await setUp();`);
}

export function makeWatchedExecutable(): void {
  const fresh = `${watchedExecutable}.new`;
  runModule(
    `const { appendFileSync, statSync } = await import('node:fs');
     const { bundleParts } = await import('./scripts/package/parts.mjs');
     const { makeLinuxExecutable } = await import('./scripts/package/executable.mjs');
     const parts = await bundleParts('dist/standin/parts', 'fixtures/windows-on-linux.ts');
     // Each part tells of itself once it is loaded.
     for (const part of parts)
       appendFileSync(part, \`\\n;(globalThis.loadedParts ??= []).push(\${statSync(part).size});\`);
     makeLinuxExecutable(process.arch, ['bench/watch.cjs', ...parts], ${JSON.stringify(fresh)});`,
  );
  // The kernel maps more at once of a file that was written in one piece, and that would count as memory.
  run('cp', [fresh, watchedExecutable]);
  rmSync(fresh);
}

export function makeNodeForWine(): void {
  runModule(
    `const { readFileSync, writeFileSync } = await import('node:fs');
     const { reserveWithoutVirtualAlloc2 } = await import('./scripts/package/virtual-memory.mjs');
     const bytes = readFileSync(${JSON.stringify(nodeOf('win32-x64'))});
     reserveWithoutVirtualAlloc2(bytes);
     writeFileSync(${JSON.stringify(nodeForWine)}, bytes, { mode: 0o755 });`,
  );
}

function runModule(text: string): void {
  run(process.execPath, ['--input-type=module', '--eval', text]);
}

function run(program: string, args: readonly string[]): void {
  const { status, error } = spawnSync(program, args, { stdio: ['ignore', 'ignore', 'inherit'] });
  if (status !== 0) throw error ?? new Error(`${program} ${args.join(' ')} ended with ${status}`);
}
