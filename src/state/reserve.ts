import { closeSync, fsyncSync, openSync, statfsSync, statSync, truncateSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { errorCode } from '../process/error-code';
import { namesIn } from './files';

const kibi = 1024;

/** Bytes of one large part, where no backup shows how much an order needs. A usual host's export is below 1 MiB. */
const smallestPart = 4 * kibi * kibi;
/**
 * An order holds at most so many files of the size of an export at once: the export, two copies of it, the reading and
 * its record, and the reading back.
 */
const filesOfAnOrder = 6;
/** Two large parts, because somebody may fill at once what the first one gave back. */
const largeParts = ['reserve-1', 'reserve-2'] as const;
/** What the large parts gave back must not have to do for lines of the journal too. */
const linesPart = 'reserve-lines';
const linesBytes = 256 * kibi;
const chunkBytes = 1024 * kibi;

/** How much the disk holds for us, and how much it should, in bytes. */
export interface ReserveSize {
  readonly held: number;
  readonly wanted: number;
}

/**
 * Space on the disk of the state folder that an order gives up when it finds the disk full: any user can fill a disk,
 * and without a backup no Windows is contained. Holds random bytes, because a file system may keep no space for others
 * (NTFS compresses, and server editions keep equal blocks once).
 */
export class Reserve {
  /** `smallest`: bytes of a large part at least. */
  constructor(
    private readonly folder: string,
    private readonly smallest = smallestPart,
  ) {}

  /** Gives up the next large part where the disk has less room than an order needs. True where it gave one up. */
  makeRoom(): boolean {
    return this.isShortOfRoom() && this.giveUp(largeParts);
  }

  /** Gives up the next part after a line could not be written. True where it gave one up. */
  makeRoomForLine(): boolean {
    return this.giveUp([linesPart, ...largeParts]);
  }

  /** `policyBytes`: see `refill`. Throws the file system's error. */
  look(policyBytes = 0): ReserveSize {
    const parts = this.parts(policyBytes);
    return {
      held: sum(parts.map(({ file, bytes }) => Math.min(bytes, sizeOf(file).onDisk))),
      wanted: sum(parts.map(({ bytes }) => bytes)),
    };
  }

  /**
   * Makes what is missing, as far as the disk has room. `mayGoOn` is asked before each piece. `policyBytes`: how large
   * the policy is now; absent: as the newest backup. Throws the file system's error.
   */
  refill(mayGoOn: () => boolean = () => true, policyBytes = 0): void {
    for (const { file, bytes } of this.parts(policyBytes)) {
      const { length, onDisk } = sizeOf(file);
      // What the disk does not hold, although the file is that long, is written anew.
      if (onDisk < length / 2) fill(file, 0, bytes, mayGoOn);
      else if (length < bytes) fill(file, length, bytes, mayGoOn);
    }
  }

  private parts(policyBytes: number): { readonly file: string; readonly bytes: number }[] {
    const bytes = this.needOf(policyBytes);
    return [
      { file: join(this.folder, linesPart), bytes: Math.min(linesBytes, bytes) },
      ...largeParts.map((name) => ({ file: join(this.folder, name), bytes })),
    ];
  }

  /** Bytes that an order needs. */
  private needOf(policyBytes: number): number {
    return Math.max(this.smallest, filesOfAnOrder * Math.max(policyBytes, this.lastExport()));
  }

  private lastExport(): number {
    const backups = namesIn(this.folder).filter((name) => /^fw-backup-.*\.wfw$/.test(name));
    const newest = backups.sort().at(-1);
    return newest === undefined ? 0 : sizeOf(join(this.folder, newest)).length;
  }

  private isShortOfRoom(): boolean {
    try {
      const { bavail, bsize } = statfsSync(this.folder);
      return bavail * bsize < this.needOf(0);
    } catch {
      return false;
    }
  }

  private giveUp(names: readonly string[]): boolean {
    return names.some((name) => empty(join(this.folder, name)));
  }
}

/** Cut and not deleted: a virus scanner that has the file open would keep the space of a deleted one. */
function empty(file: string): boolean {
  if (sizeOf(file).length === 0) return false;
  try {
    truncateSync(file, 0);
    return true;
  } catch {
    return false;
  }
}

function fill(file: string, from: number, to: number, mayGoOn: () => boolean): void {
  const chunk = Buffer.alloc(chunkBytes);
  // Every order loads this file, and none fills anything before its end.
  const { randomFillSync } = process.getBuiltinModule('node:crypto');
  const fd = openSync(file, from === 0 ? 'w' : 'r+', 0o600);
  try {
    for (let at = from; at < to && mayGoOn(); ) {
      const piece = randomFillSync(chunk, 0, Math.min(chunk.length, to - at)).subarray(0, to - at);
      at += writeSync(fd, piece, 0, piece.length, at);
    }
    fsyncSync(fd);
  } finally {
    closeSync(fd);
  }
}

function sizeOf(file: string): { readonly length: number; readonly onDisk: number } {
  try {
    const { size, blocks } = statSync(file);
    return { length: size, onDisk: Math.min(size, blocks * 512) };
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return { length: 0, onDisk: 0 };
    throw error;
  }
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((one, other) => one + other, 0);
}
