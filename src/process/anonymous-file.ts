import { closeSync, constants, openSync, unlinkSync, writeSync } from 'node:fs';
import { join } from 'node:path';

/**
 * Linux's O_TMPFILE (open(2)), for which Node has no constant: makes a file that never has a name, and that vanishes
 * with its last descriptor.
 */
const withoutName = constants.O_DIRECTORY | 0o20000000;

/**
 * Makes a file with this text and without a name, for a child to read as its standard input: nobody else can reach it,
 * and nothing stays behind. Makes it in the first folder that takes it whole, and returns its descriptor. Throws the
 * last folder's error where no folder takes it. Linux only.
 */
export function openAnonymousFile(text: string, folders: readonly string[]): number {
  let failure: unknown = new Error('no folder was given');
  for (const folder of folders) {
    for (const open of [openUnnamed, openUnlinked]) {
      try {
        return filled(open(folder), text);
      } catch (error) {
        failure = error;
      }
    }
  }
  throw failure;
}

function openUnnamed(folder: string): number {
  return openSync(folder, constants.O_RDWR | withoutName, 0o600);
}

/** For file systems that cannot make a file without a name, such as overlayfs on older kernels. */
function openUnlinked(folder: string): number {
  const file = join(folder, `.input-${process.getBuiltinModule('node:crypto').randomUUID()}`);
  const fd = openSync(file, constants.O_RDWR | constants.O_CREAT | constants.O_EXCL | constants.O_NOFOLLOW, 0o600);
  unlinkSync(file);
  return fd;
}

/** Writes the text at given positions, so that the descriptor still stands at the beginning. */
function filled(fd: number, text: string): number {
  try {
    const bytes = Buffer.from(text);
    let written = 0;
    while (written < bytes.length) written += writeSync(fd, bytes, written, bytes.length - written, written);
    return fd;
  } catch (error) {
    closeSync(fd);
    throw error;
  }
}
