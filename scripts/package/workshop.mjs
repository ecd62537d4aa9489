import { spawnSync } from 'node:child_process';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

export const root = dirname(dirname(dirname(fileURLToPath(import.meta.url))));
export const dist = join(root, 'dist');
/** What is fetched and made on the way stays here, and is found again the next time. */
export const cache = join(root, 'node_modules', '.cache', 'contain-host');

/** A person has to do something before this can go on; the message says what. */
export class Missing extends Error {}

/**
 * Runs a program to its end and returns what it printed. Throws an `Error` with all of it when the program fails, and
 * `Missing(howToGet)` when there is no such program.
 */
export function run(program, args, { howToGet, ...options } = {}) {
  const done = spawnSync(program, args, { encoding: 'utf8', maxBuffer: 64 * 1024 * 1024, ...options });
  if (done.error?.code === 'ENOENT' && howToGet !== undefined) throw new Missing(howToGet);
  if (done.error !== undefined) throw done.error;
  if (done.status !== 0) {
    throw new Error(
      `${program} ${args[0] ?? ''} failed (${done.status ?? done.signal}):\n${done.stdout}${done.stderr}`,
    );
  }
  return done.stdout;
}

/** npm is a batch file on Windows, which only a shell starts; no argument of ours needs quoting. */
export function npm(args, cwd) {
  return run('npm', args, { cwd, shell: process.platform === 'win32' });
}

/** Runs `main`; what goes wrong is said in words, and the exit code is 1. */
export async function finish(main) {
  try {
    await main();
  } catch (error) {
    console.error(error instanceof Missing ? error.message : error);
    process.exitCode = 1;
  }
}
