import { randomBytes } from 'node:crypto';
import { closeSync, lstatSync, openSync, renameSync, rmSync, writeSync } from 'node:fs';
import { errorCode, errorText } from '../process/error-code';
import { quote } from '../request/understood';
import type { HostRecord } from './host-state';
import { page } from './page';
import { FleetFailure } from './server';

/**
 * Writes the page beside its place and puts it there when it is whole: a full disk leaves the old one. Never through a
 * link, which anybody may have put into a folder that all can write. Throws `FleetFailure`.
 */
export function writePage(
  file: string,
  records: readonly HostRecord[],
  { since, now }: { readonly since: Date; readonly now: Date },
): void {
  const fresh = `${file}.${randomBytes(6).toString('hex')}`;
  try {
    if (!isPlainOrNew(file))
      throw new FleetFailure(`${quote(file)} is a link or no plain file: the page is not written there.`);
    const fd = openSync(fresh, 'wx', 0o640);
    try {
      const bytes = Buffer.from(page(records, since, now));
      for (let written = 0; written < bytes.length; ) written += writeSync(fd, bytes, written);
    } finally {
      closeSync(fd);
    }
    renameSync(fresh, file);
  } catch (error) {
    rmSync(fresh, { force: true });
    if (error instanceof FleetFailure) throw error;
    throw new FleetFailure(`${quote(file)} cannot be written: ${errorText(error)}.`);
  }
}

function isPlainOrNew(file: string): boolean {
  try {
    return lstatSync(file).isFile();
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return true;
    throw error;
  }
}
