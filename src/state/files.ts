import { lstatSync, readdirSync, readFileSync, unlinkSync } from 'node:fs';

/** True where something stands at the path, even a link that leads nowhere. Throws the system's error. */
export function isThere(path: string): boolean {
  return lstatSync(path, { throwIfNoEntry: false }) !== undefined;
}

/** The names in a folder; none where the folder cannot be read. */
export function namesIn(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}

/** What a file says; undefined where it cannot be read. */
export function readIfAny(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return undefined;
  }
}

/** Removes a file that does no harm if it stays. */
export function removeIfPossible(file: string): void {
  try {
    unlinkSync(file);
  } catch {
    // It stays.
  }
}
