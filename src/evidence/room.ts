import { statfsSync } from 'node:fs';

const mega = 1024 * 1024;

/** So much of one stream of one tool is kept. */
export const mostOfOne = 16 * mega;
/** So much of one snapshot. */
const mostOfSnapshot = 64 * mega;
/** So much of the disk is left alone: for the journal, the backup, and everybody else. */
const leftFree = 32 * mega;

/** How many bytes a snapshot may still write. A full disk costs the snapshot, and nothing else. */
export class Room {
  private left: number;

  /** Throws the file system's error. */
  constructor(folder: string) {
    const { bavail, bsize } = statfsSync(folder);
    this.left = Math.max(0, Math.min(mostOfSnapshot, bavail * bsize - leftFree));
  }

  get isUsedUp(): boolean {
    return this.left === 0;
  }

  /** Gives at most so many bytes away, and returns how many. */
  take(bytes: number): number {
    const given = Math.min(bytes, this.left);
    this.left -= given;
    return given;
  }
}
