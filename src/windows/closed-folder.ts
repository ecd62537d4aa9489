import { existsSync, mkdtempSync, readdirSync, renameSync, rmdirSync, unlinkSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import type { Host } from '../host';

/**
 * Where our own files lie. Below %ProgramFiles% only administrators and the system can write. An elevated prompt shares
 * TEMP with every other process of the same user, and any of those could replace a reading of ours there.
 */
export function closedFolder({ env }: Host): string {
  return join(env.ProgramFiles ?? 'C:\\Program Files', 'contain-host', 'state');
}

/** The start of the name of a folder that holds one reading. Such a folder may go when the order is over. */
export const readingPrefix = 'reading-';

/** The same for a reading that the process which the agent started begins for its worker. */
export const begunPrefix = `${readingPrefix}begun-`;

/**
 * Takes what another process has begun, with its folder, so that it stays when that process leaves. Returns where the
 * file is from then on; undefined where it is gone.
 */
export function takeOver(file: string): string | undefined {
  const folder = dirname(file);
  const own = join(dirname(folder), basename(folder).replace(begunPrefix, readingPrefix));
  try {
    renameSync(folder, own);
    return join(own, basename(file));
  } catch {
    return undefined;
  }
}

/**
 * Makes a folder for one reading in a closed folder. Only an order makes the closed folder; before that the new folder
 * lies directly below %ProgramFiles%. Throws where this user may not write there.
 */
export function makeReadingFolder(folder: string): string {
  const [inside, before] = readingPlaces(folder);
  const place = existsSync(folder) ? inside : before;
  return mkdtempSync(join(place.folder, place.prefix));
}

/** Where the folders of readings lie, and how their names start: once there is the closed folder, and before. */
export function readingPlaces(closed: string): readonly [ReadingPlace, ReadingPlace] {
  return [
    { folder: closed, prefix: readingPrefix },
    { folder: dirname(dirname(closed)), prefix: `contain-host-${readingPrefix}` },
  ];
}

interface ReadingPlace {
  readonly folder: string;
  readonly prefix: string;
}

/** Removes the folder of a reading. Where that fails, what was read is good all the same. */
export function tidyUp(folder: string): void {
  try {
    for (const name of readdirSync(folder)) unlinkSync(join(folder, name));
    rmdirSync(folder);
  } catch {
    // The next order removes it.
  }
}
