import { existsSync, mkdtempSync } from 'node:fs';
import { dirname, join } from 'node:path';
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

/**
 * Makes a folder for one reading in a closed folder. Only an order makes the closed folder; before that the new folder
 * lies directly below %ProgramFiles%. Throws where this user may not write there.
 */
export function makeReadingFolder(folder: string): string {
  if (existsSync(folder)) return mkdtempSync(join(folder, readingPrefix));
  return mkdtempSync(join(dirname(dirname(folder)), `contain-host-${readingPrefix}`));
}
