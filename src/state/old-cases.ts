import { readdirSync, unlinkSync } from 'node:fs';
import { join } from 'node:path';

/** Cases whose files stay. */
const kept = 20;

/** What each case leaves behind: its journal, its backup and the record of it, what was found before the release. */
const kinds = [
  /^journal-\d.*\.jsonl$/,
  /^fw-backup-\d.*\.wfw$/,
  /^before-\d.*\.reg$/,
  /^fw-before-release-\d.*\.wfw$/,
  /^import-\d.*\.txt$/,
];

/**
 * Removes from a folder what the oldest closed cases left there; the time stamps in the names sort by age. Alerts come and go
 * as an attacker likes, and on a disk that is full nothing can be contained any more. To be called while no case is open.
 */
export function removeOldCases(folder: string): void {
  const names = namesIn(folder);
  for (const kind of kinds) {
    const old = names.filter((name) => kind.test(name)).slice(0, -kept);
    for (const name of old) removeIfPossible(join(folder, name));
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

function namesIn(folder: string): string[] {
  try {
    return readdirSync(folder).sort();
  } catch {
    return [];
  }
}
