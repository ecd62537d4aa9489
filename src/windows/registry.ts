import { readdirSync, readFileSync, statSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import type { Host } from '../host';
import { takeFresh } from '../process/begun';
import { errorCode, errorText } from '../process/error-code';
import { makeRoomFor } from '../process/memory';
import { begunPrefix, makeReadingFolder, readingPlaces, tidyUp } from './closed-folder';
import { parseRegistryFile, type RegistryKeys } from './registry-file';
import { exportCall, type RegistryView, runExport } from './tool-calls';

export interface Unreadable {
  readonly unreadable: string;
}

/** What a key holds and, where the caller wants to keep it, the registry file from which it was read. */
export interface RegistryReading {
  readonly keys: RegistryKeys;
  readonly file?: string;
}

/**
 * Reads a key and all below it, through a file in `folder`, which must be closed to others. Tries twice: one failed
 * call must not decide anything. The first has no console, which is faster.
 */
export async function readKey(
  host: Host,
  folder: string,
  key: string,
  options: ReadOptions = {},
): Promise<RegistryReading | Unreadable> {
  const { reg, regAtFirst, regAside } = host.timeouts;
  const limits = options.isAside === true ? [regAside, regAside] : [regAtFirst, reg];
  let reading: RegistryReading | Unreadable = { unreadable: '' };
  for (const [attempt, limit] of limits.entries()) {
    const attempted = { ...options, noConsole: attempt === 0, limitMs: Math.min(reg, limit) };
    reading = await tryReadKey(host, folder, key, attempted);
    if (!('unreadable' in reading) || options.signal?.aborted === true) return reading;
  }
  return reading;
}

/** Reads a registry file that was begun for this. Undefined where it cannot be read. */
export function readKeyFile(file: string): RegistryReading | undefined {
  try {
    makeRoomFor(statSync(file).size);
    const parsed = parseRegistryFile(readFileSync(file));
    return 'error' in parsed ? undefined : { ...parsed, file };
  } catch {
    return undefined;
  }
}

export interface ReadOptions {
  /** Absent: the 64-bit view. */
  readonly view?: RegistryView;
  /** Leaves the registry file where it is until the order is over. */
  readonly keepFile?: boolean;
  /** Aborted: nobody needs the key any more. */
  readonly signal?: AbortSignal | undefined;
  /** The order can do without it, so it is given up soon. */
  readonly isAside?: boolean;
}

interface Attempt extends ReadOptions {
  readonly noConsole: boolean;
  readonly limitMs: number;
}

async function tryReadKey(
  host: Host,
  folder: string,
  key: string,
  { view, keepFile, signal, noConsole, limitMs }: Attempt,
): Promise<RegistryReading | Unreadable> {
  let own: string | undefined;
  try {
    const begun = keepFile === true ? undefined : await takeFresh(host, exportCall(key, view));
    let path = begun?.exitCode === 0 ? begun.file : undefined;
    own = path === undefined ? makeReadingFolder(folder) : dirname(path);
    if (path === undefined) {
      path = join(own, 'key.reg');
      const reg = await runExport(host, key, path, { view, signal, noConsole, limitMs });
      if (reg.exitCode !== 0)
        return {
          unreadable: `reg.exe cannot export ${key}: ${reg.startError ?? (reg.timedOut ? 'it did not end' : 'it failed')}`,
        };
    }
    makeRoomFor(statSync(path).size);
    const parsed = parseRegistryFile(readFileSync(path));
    if ('error' in parsed) return { unreadable: `the export of ${key} is not readable: ${parsed.error}` };
    if (keepFile !== true) return parsed;
    own = undefined;
    return { ...parsed, file: path };
  } catch (error) {
    const why = ['EACCES', 'EPERM'].includes(errorCode(error)) ? 'run this elevated to read it' : errorText(error);
    return { unreadable: `the export of ${key} is not readable: ${why}` };
  } finally {
    if (own !== undefined) tidyUp(own);
  }
}

/** Removes the readings of runs that are over or were killed; `closed` is the closed folder. */
export function removeReadings(closed: string): void {
  for (const { folder, prefix } of readingPlaces(closed)) {
    try {
      for (const name of readdirSync(folder))
        if (name.startsWith(prefix) && !isWanted(join(folder, name))) tidyUp(join(folder, name));
    } catch {
      // They stay; they do no harm.
    }
  }
}

/** So long another order may still want what was begun for it, in milliseconds. */
const wantedFor = 60_000;

/** Whether this is what another process has begun for its worker just now. Throws where the folder is gone. */
function isWanted(folder: string): boolean {
  return basename(folder).startsWith(begunPrefix) && Date.now() - statSync(folder).mtimeMs < wantedFor;
}
