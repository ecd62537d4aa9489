import { lstatSync, readdirSync, unlinkSync } from 'node:fs';

/** True also for a link that leads nowhere. Throws the system's error when that cannot be told. */
export function isThere(path: string): boolean {
  return lstatSync(path, { throwIfNoEntry: false }) !== undefined;
}

/** What is in a folder; nothing, where that cannot be read. */
export function namesIn(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}

/** For a file that is only in the way. */
export function removeIfPossible(file: string): void {
  try {
    unlinkSync(file);
  } catch {
    // So it stays.
  }
}
