import type { Hash } from 'node:crypto';
import { closeSync, constants, fsync, openSync, renameSync, unlinkSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { beginSha256 } from '../process/sha256';
import { removeIfPossible } from '../state/files';
import type { KeptFile } from './manifest';
import { mostOfOne, type Room } from './room';

const toDisk = promisify(fsync);

/**
 * One stream of one tool, written to the disk as it comes. The file gets its place in a stage only once all of it is on
 * disk, so that no half of one is ever taken for a whole.
 */
export class KeptOutput {
  /** There was more than is kept. */
  isCut = false;
  /** Why nothing more could be written. */
  error: unknown;
  private readonly path: string;
  /** Absent before the first byte, and once it is finished or given up. */
  private open: { readonly fd: number; readonly hash: Hash } | undefined;
  private bytes = 0;

  /** `folder`: where the file stands until it is finished. `file`: its name. */
  constructor(
    folder: string,
    private readonly file: string,
    private readonly stream: KeptFile['stream'],
    private readonly room: Room,
  ) {
    this.path = join(folder, file);
  }

  /** Keeps these bytes, or as many of them as there is room for. Returns false once there is no more. Never throws. */
  write(chunk: Buffer): boolean {
    if (this.isCut || this.error !== undefined) return false;
    const fits = this.room.take(Math.min(chunk.length, mostOfOne - this.bytes));
    try {
      this.put(chunk.subarray(0, fits));
    } catch (error) {
      this.error = error;
    }
    this.isCut = fits < chunk.length;
    return !this.isCut && this.error === undefined;
  }

  private put(bytes: Buffer): void {
    const { O_WRONLY, O_CREAT, O_EXCL } = constants;
    this.open ??= { fd: openSync(this.path, O_WRONLY | O_CREAT | O_EXCL, 0o600), hash: beginSha256() };
    const { fd, hash } = this.open;
    for (let written = 0; written < bytes.length; ) {
      const more = writeSync(fd, bytes, written);
      hash.update(bytes.subarray(written, written + more));
      this.bytes += more;
      written += more;
    }
  }

  /** Puts the file into the folder of a stage. Undefined where nothing was written. Throws the file system's error. */
  async finish(stageFolder: string): Promise<KeptFile | undefined> {
    const { open, file, stream, bytes } = this;
    if (open === undefined) return undefined;
    try {
      await toDisk(open.fd);
    } finally {
      this.open = undefined;
      closeSync(open.fd);
    }
    renameSync(this.path, join(stageFolder, file));
    return { file, stream, bytes, sha256: open.hash.digest('hex') };
  }

  /** Gives it up. */
  drop(): void {
    const { open } = this;
    if (open === undefined) return;
    this.open = undefined;
    try {
      closeSync(open.fd);
      unlinkSync(this.path);
    } catch {
      removeIfPossible(this.path);
    }
  }
}
