import { join } from 'node:path';
import { namesIn, removeIfPossible } from './files';
import { stamp } from './stamp';

/** Cases whose files stay. */
const kept = 20;

/**
 * What each case leaves in the state folder, by the beginning and the end of its name: the time stamp stands between
 * them.
 */
export const caseFiles = [
  ['journal-', '.jsonl'],
  ['fw-backup-', '.wfw'],
  ['before-', '.reg'],
  ['fw-before-release-', '.wfw'],
  ['import-', '.txt'],
] as const;

/**
 * Removes from a folder, of each of these kinds of files, all but those of the newest closed cases. Alerts come and go
 * as an attacker likes, and on a disk that is full nothing can be contained any more. To be called while no case is
 * open.
 */
export function removeOldCases(folder: string, kinds: readonly (readonly [string, string])[]): void {
  const names = namesIn(folder);
  const now = stamp();
  for (const [begin, end] of kinds) {
    const times = names.flatMap((name) => timeIn(name, begin, end) ?? []).sort();
    // A time that has not come yet is that of a clock which was wrong: nobody knows how old such a file is.
    const byAge = [...times.filter((time) => time > now), ...times.filter((time) => time <= now)];
    for (const time of byAge.slice(0, -kept)) removeIfPossible(join(folder, `${begin}${time}${end}`));
  }
}

/** The time stamp of a file of ours; undefined for everybody else's. */
function timeIn(name: string, begin: string, end: string): string | undefined {
  const time = name.slice(begin.length, -end.length);
  return name === `${begin}${time}${end}` && /^\d{8}T\d{9}Z$/.test(time) ? time : undefined;
}
