import { existsSync, mkdtempSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { Host } from '../host';

/**
 * Where our own files lie: below %ProgramFiles% only administrators and the system write, while every process of a user
 * writes into the TEMP of an elevated prompt of the same user, and could put another reading in place of ours.
 */
export function closedFolder({ env }: Host): string {
  return join(env.ProgramFiles ?? 'C:\\Program Files', 'contain-host', 'state');
}

/** How the name of a folder begins that holds one reading, and may go when the order is over. */
export const readingPrefix = 'reading-';

/**
 * Makes a folder for one reading in a closed one. Where that is not made yet, which is for an order to do, it lies
 * beside it, below %ProgramFiles%. Throws where this user may not write there.
 */
export function makeReadingFolder(folder: string): string {
  if (existsSync(folder)) return mkdtempSync(join(folder, readingPrefix));
  return mkdtempSync(join(dirname(dirname(folder)), `contain-host-${readingPrefix}`));
}
