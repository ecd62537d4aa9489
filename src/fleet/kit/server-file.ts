import { randomBytes } from 'node:crypto';
import {
  type BigIntStats,
  closeSync,
  constants,
  fchmodSync,
  fchownSync,
  fstatSync,
  fsyncSync,
  linkSync,
  lstatSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  writeSync,
} from 'node:fs';
import { join } from 'node:path';
import { ownersAt } from '../../agent/agent-files';
import { errorText } from '../../process/error-code';
import { inFolderOf, openOwned, type Place } from '../../process/owned-file';
import { FleetFailure } from '../server';

/**
 * A file of the server's that is replaced as a whole, and can be put back. On Wazuh the server's own account may write
 * into the folders on the way: no link is followed, and a folder that was opened once stays the same.
 */
export class ServerFile {
  readonly path: string;
  /** One character a byte: what we do not change stays as it is, whatever its encoding. */
  readonly text: string;
  private readonly place: Place;
  private readonly name: string;
  private readonly before: BigIntStats;
  /** The old file's other name. */
  private copy: string | undefined;

  get changedAt(): Date {
    return new Date(Number(this.before.mtimeMs));
  }

  /** Reads the file. Throws `FleetFailure` where it may not be read, is a link, or belongs to somebody else. */
  constructor(home: string, below: string) {
    this.path = join(home, below);
    const names = below.split('/');
    this.name = names.at(-1) ?? '';
    try {
      this.place = { folder: home, names, owners: ownersAt(home) };
      const fd = openOwned(this.place, constants.O_RDONLY);
      try {
        this.before = fstatSync(fd, { bigint: true });
        this.text = readFileSync(fd, 'latin1');
      } finally {
        closeSync(fd);
      }
    } catch (error) {
      throw new FleetFailure(`${this.path} cannot be read: ${errorText(error)}. Nothing was changed.`);
    }
  }

  /**
   * Puts a file with this text in its place, at once, with the same owner and mode. Returns the path of the old file,
   * which is kept. Throws `FleetFailure`; then the file is as it was.
   */
  replace(text: string, stamp: string): string {
    const copy = `${this.name}.before-contain-host-${stamp}`;
    const fresh = `.${this.name}.contain-host-${randomBytes(6).toString('hex')}`;
    try {
      inFolderOf(this.place, (at) => {
        try {
          this.write(at(fresh), text);
          const now = lstatSync(at(this.name), { bigint: true });
          if (!isSame(now, this.before)) throw new Error('somebody else has just changed it; run this again');
          linkSync(at(this.name), at(copy));
          try {
            renameSync(at(fresh), at(this.name));
          } catch (error) {
            rmSync(at(copy), { force: true });
            throw error;
          }
        } finally {
          rmSync(at(fresh), { force: true });
        }
        syncFolder(at('.'));
      });
    } catch (error) {
      throw new FleetFailure(`${this.path} cannot be replaced: ${errorText(error)}.`);
    }
    this.copy = copy;
    return join(this.path, '..', copy);
  }

  /** Puts the old file back, the very same one. Does nothing where it was not replaced. */
  putBack(): void {
    const { copy } = this;
    if (copy === undefined) return;
    try {
      inFolderOf(this.place, (at) => {
        renameSync(at(copy), at(this.name));
        syncFolder(at('.'));
      });
      this.copy = undefined;
    } catch (error) {
      throw new FleetFailure(
        `${this.path} could NOT be put back: ${errorText(error)}. Its old content is in ${join(this.path, '..', copy)}: rename that by hand before the server is restarted.`,
      );
    }
  }

  private write(path: string, text: string): void {
    const { O_WRONLY, O_CREAT, O_EXCL, O_NOFOLLOW } = constants;
    const fd = openSync(path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW, 0o600);
    try {
      const bytes = Buffer.from(text, 'latin1');
      for (let at = 0; at < bytes.length; ) at += writeSync(fd, bytes, at);
      const { uid, gid, mode } = this.before;
      const own = fstatSync(fd);
      if (own.uid !== Number(uid) || own.gid !== Number(gid)) fchownSync(fd, Number(uid), Number(gid));
      fchmodSync(fd, Number(mode) & 0o7777);
      fsyncSync(fd);
    } finally {
      closeSync(fd);
    }
  }
}

function isSame(now: BigIntStats, before: BigIntStats): boolean {
  return now.dev === before.dev && now.ino === before.ino && now.size === before.size && now.mtimeNs === before.mtimeNs;
}

/** So that the new name survives a power cut. */
function syncFolder(path: string): void {
  const fd = openSync(path, constants.O_RDONLY | constants.O_DIRECTORY);
  try {
    fsyncSync(fd);
  } finally {
    closeSync(fd);
  }
}
