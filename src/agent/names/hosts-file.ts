import {
  closeSync,
  constants,
  fchmodSync,
  fstatSync,
  fsyncSync,
  ftruncateSync,
  readSync,
  unlinkSync,
  writeSync,
} from 'node:fs';
import { basename, dirname } from 'node:path';
import { errorCode } from '../../process/error-code';
import { openOwned } from '../../process/owned-file';
import { administrators } from '../agent-files';

/** In bytes. Some hosts files list advertisers' names and have some megabytes. */
const largest = 16 * 1024 * 1024;

/** A hosts file as it was found, one character a byte. */
export interface HostsText {
  readonly text: string;
  /** There is no such file; it can be made. */
  readonly isNew: boolean;
}

/**
 * Reads a hosts file. `forChange`: reads it only if we may change it and change it back. Throws what is wrong with it
 * (it is a link, somebody else's, or too large), or the system's error.
 */
export function readHosts(file: string, forChange: boolean): HostsText {
  let fd: number;
  try {
    // This fails for a file that can only be appended to: our lines could never be taken out of it.
    fd = open(file, forChange ? constants.O_RDWR : constants.O_RDONLY);
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return { text: '', isNew: true };
    throw error;
  }
  try {
    return { text: textOf(fd), isNew: false };
  } finally {
    closeSync(fd);
  }
}

/**
 * Appends a text, all or nothing, and puts it on disk. Writes in place, because the file may be a mount, which no other
 * file can replace.
 */
export function appendToHosts(file: string, appended: string): void {
  const { O_WRONLY, O_APPEND, O_CREAT } = constants;
  const fd = open(file, O_WRONLY | O_APPEND | O_CREAT, 0o644);
  try {
    const { size } = fstatSync(fd);
    const bytes = Buffer.from(appended, 'latin1');
    try {
      // Everybody looks up names, so everybody may read the file, whatever rights new files get here.
      if (size === 0 && process.platform !== 'win32') fchmodSync(fd, 0o644);
      if (writeSync(fd, bytes) !== bytes.length) throw new Error('only a part was written');
      fsyncSync(fd);
    } catch (error) {
      cut(file, size);
      throw error;
    }
  } finally {
    closeSync(fd);
  }
}

/**
 * Changes the contents of the same file and puts them on disk. Cuts the file only after writing, so that at no moment
 * it is shorter than it will be.
 */
export function rewriteHosts(file: string, before: string, after: string): void {
  const fd = open(file, constants.O_RDWR);
  try {
    const start = sameStart(before, after);
    const bytes = Buffer.from(after.slice(start), 'latin1');
    if (bytes.length > 0 && writeSync(fd, bytes, 0, bytes.length, start) !== bytes.length)
      throw new Error('only a part was written');
    ftruncateSync(fd, after.length);
    fsyncSync(fd);
  } finally {
    closeSync(fd);
  }
}

export function removeHosts(file: string): void {
  unlinkSync(file);
}

function open(file: string, flags: number, mode?: number): number {
  return openOwned({ folder: dirname(file), names: [basename(file)], owners: new Set(administrators()) }, flags, mode);
}

function textOf(fd: number): string {
  const { size } = fstatSync(fd);
  if (size > largest) throw new Error(`it is larger than ${largest} bytes`);
  const bytes = Buffer.alloc(size);
  return bytes.toString('latin1', 0, readSync(fd, bytes, 0, size, 0));
}

function cut(file: string, size: number): void {
  const fd = open(file, constants.O_RDWR);
  try {
    ftruncateSync(fd, size);
  } finally {
    closeSync(fd);
  }
}

function sameStart(a: string, b: string): number {
  let length = 0;
  while (length < a.length && length < b.length && a[length] === b[length]) length++;
  return length;
}
