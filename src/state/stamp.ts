import { existsSync } from 'node:fs';

/** A time as it stands in file names: `20261125T031800123Z`. */
export function stamp(time = new Date()): string {
  return time.toISOString().replace(/[-:.]/g, '');
}

/**
 * A path with the present time in it at which nothing stands: `path` makes one of a stamp. A clock that was set back
 * must not lead to a file of an earlier case.
 */
export function freshPath(path: (stamp: string) => string): string {
  for (let time = Date.now(); ; time++) {
    const candidate = path(stamp(new Date(time)));
    if (!existsSync(candidate)) return candidate;
  }
}
