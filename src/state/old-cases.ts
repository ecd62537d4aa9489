import { join } from 'node:path';
import { namesIn, removeIfPossible } from './files';
import { stamp } from './stamp';

/** The files of so many cases stay. */
const kept = 20;

/**
 * The files that each case leaves in the state folder, by the beginning and the end of their names. The time stamp
 * stands between them.
 */
export const caseFiles = [
  ['journal-', '.jsonl'],
  ['fw-backup-', '.wfw'],
  ['before-', '.reg'],
  ['fw-before-release-', '.wfw'],
  ['import-', '.txt'],
] as const;

/**
 * Removes from a folder the files of these kinds, except those of the newest closed cases. An attacker can cause as
 * many alerts as he likes, and on a full disk no host can be contained any more. Call this only while no case is open.
 */
export function removeOldCases(folder: string, kinds: readonly (readonly [string, string])[]): void {
  const names = namesIn(folder);
  const now = stamp();
  for (const [begin, end] of kinds) {
    const times = names.flatMap((name) => timeIn(name, begin, end) ?? []).sort();
    // A time in the future comes from a clock that was wrong. Nobody knows how old such a file is, so it goes first.
    const byAge = [...times.filter((time) => time > now), ...times.filter((time) => time <= now)];
    for (const time of byAge.slice(0, -kept)) removeIfPossible(join(folder, `${begin}${time}${end}`));
  }
}

/** The time stamp in the name of a file of ours; undefined for any other file. */
function timeIn(name: string, begin: string, end: string): string | undefined {
  const time = name.slice(begin.length, -end.length);
  return name === `${begin}${time}${end}` && /^\d{8}T\d{9}Z$/.test(time) ? time : undefined;
}
