import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { resolve } from 'node:path';

/** The parts of the program that takes this machine for Windows, bundled as those in the executables are. */
export const standInParts = resolve('dist', 'standin', 'parts');

/** Makes what is measured and not there yet: the packages, the Windows for Wine, and those parts. */
export function makeWhatIsMissing(): void {
  const packages = ['contain-host', 'contain-host.exe', 'contain-host.msi'].map((name) => resolve('dist', name));
  if (!packages.every((file) => existsSync(file))) run('npm', ['run', '--silent', 'package']);
  runModule(`const { default: setUp } = await import('./test/windows/set-up.mjs'); await setUp();`);
  runModule(
    `const { bundleParts } = await import('./scripts/package/parts.mjs');
     await bundleParts(${JSON.stringify(standInParts)}, 'fixtures/windows-on-linux.ts');`,
  );
}

function runModule(text: string): void {
  run(process.execPath, ['--input-type=module', '--eval', text]);
}

function run(program: string, args: readonly string[]): void {
  const { status, error } = spawnSync(program, args, { stdio: ['ignore', 'ignore', 'inherit'] });
  if (status !== 0) throw error ?? new Error(`${program} ${args.join(' ')} ended with ${status}`);
}
