import { lstatSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { administrators } from '../agent/agent-files';
import { errorCode } from '../process/error-code';
import { NotTrusted } from '../process/owned-file';

/** Such as `20261130T092200123Z`, as `stamp` writes it. */
export const stampForm = /^\d{8}T\d{9}Z$/;

/** Names that Windows takes for devices, whatever stands behind a dot. */
const devices = /^(con|prn|aux|nul|com\d|lpt\d)(\.|$)/i;

/**
 * Whether the number of a case can be the name of its folder on every system. Numbers come from outside, and `..` is
 * one that an operator may give.
 */
export function isFolderName(number: string): boolean {
  return /^[A-Za-z0-9]([A-Za-z0-9._-]{0,62}[A-Za-z0-9_-])?$/.test(number) && !devices.test(number);
}

/**
 * Makes the folders below `root`, one in the other, where they are missing. The last one must be new if `isNew`. Throws
 * `NotTrusted` where a link, a file or somebody else's folder stands in the place of one, or the system's error.
 */
export function makeFolders(root: string, names: readonly string[], isNew = false): string {
  let path = root;
  for (const [index, name] of names.entries()) {
    path = join(path, name);
    try {
      mkdirSync(path, { mode: 0o700 });
    } catch (error) {
      if (errorCode(error) !== 'EEXIST' || (isNew && index === names.length - 1)) throw error;
    }
    const found = lstatSync(path);
    if (found.isSymbolicLink()) throw new NotTrusted(`${path} is a link`);
    if (!found.isDirectory()) throw new NotTrusted(`${path} is no folder`);
    if (!administrators().includes(found.uid))
      throw new NotTrusted(`${path} belongs to somebody else (user ${found.uid})`);
  }
  return path;
}
