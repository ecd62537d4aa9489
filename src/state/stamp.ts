import { existsSync } from 'node:fs';

/** A time as it stands in file names: `20261125T031800123Z`. */
export function stamp(time = new Date()): string {
  return time.toISOString().replace(/[-:.]/g, '');
}

/**
 * A path that holds the present time and at which nothing stands. `path` makes a path from a stamp. Where somebody set
 * the clock back, the path must not be that of an earlier case's file.
 */
export function freshPath(path: (stamp: string) => string): string {
  for (let time = Date.now(); ; time++) {
    const candidate = path(stamp(new Date(time)));
    if (!existsSync(candidate)) return candidate;
  }
}
