import { closeSync, constants, existsSync, fstatSync, lstatSync, openSync } from 'node:fs';
import { join } from 'node:path';
import { errorCode } from './error-code';

/**
 * What stands there is left alone: a link, a pipe, a device, or somebody else's file. The message says which.
 */
export class NotTrusted extends Error {}

/** The numbers of the accounts that a file may belong to. On Windows every file has number 0. */
export type Owners = ReadonlySet<number>;

/** Opens a folder without the right to list it (open(2), O_PATH). Node has no constant for it. */
const onlyPath = 0o10000000;
const handles = '/proc/self/fd';

/** The file that lies at `names` below a folder. */
export interface Place {
  readonly folder: string;
  readonly names: readonly string[];
  /** Those who may own the file and the folders on the way to it. Anybody may own `folder` itself. */
  readonly owners: Owners;
}

/**
 * Opens a file and returns its descriptor. Follows no link below that folder, does not wait, and does nothing to what
 * is no plain file. So whoever may write into a folder on the way can neither lead us elsewhere nor hold us up. On
 * Linux each step goes through the open folder before it; on Windows we compare the open file with the one that the
 * path means afterwards. Throws `NotTrusted`, or the system's error.
 */
export function openOwned(place: Place, flags: number, mode?: number): number {
  return process.platform === 'win32' ? openByPath(place, flags, mode) : openStepByStep(place, flags, mode);
}

function openStepByStep(place: Place, flags: number, mode: number | undefined): number {
  const { O_NOFOLLOW, O_NONBLOCK } = constants;
  return inFolderOf(place, (at) => {
    const fd = attempt(() => openSync(at(place.names.at(-1) ?? ''), flags | O_NOFOLLOW | O_NONBLOCK, mode));
    return checked(fd, () => checkOwner(fstatSync(fd), place.owners));
  });
}

/**
 * Calls `use` with the way to names in the folder of that file, which stays the same folder meanwhile whatever happens
 * to its path. Linux only. Throws `NotTrusted`, or the system's error.
 */
export function inFolderOf<T>({ folder, names, owners }: Place, use: (at: (name: string) => string) => T): T {
  const { O_DIRECTORY, O_NOFOLLOW } = constants;
  let path = folder;
  let parent = openSync(folder, onlyPath | O_DIRECTORY);
  // Without /proc we can only go by the path.
  const at = (name: string): string => join(existsSync(handles) ? join(handles, String(parent)) : path, name);
  try {
    for (const name of names.slice(0, -1)) {
      const next = attempt(() => openSync(at(name), onlyPath | O_DIRECTORY | O_NOFOLLOW));
      closeSync(parent);
      parent = next;
      path = join(path, name);
      checkOwner(fstatSync(parent), owners);
    }
    return use(at);
  } finally {
    closeSync(parent);
  }
}

function openByPath({ folder, names }: Place, flags: number, mode: number | undefined): number {
  const path = join(folder, ...names);
  const before = idByPath(folder, names);
  const fd = attempt(() => openSync(path, flags, mode));
  return checked(fd, () => {
    const { dev, ino } = fstatSync(fd, { bigint: true });
    const after = idByPath(folder, names);
    if (after !== `${dev}:${ino}` || (before !== undefined && before !== after))
      throw new NotTrusted('another file has just taken its place');
  });
}

/** Identifies the file that a path means; undefined where there is none. Throws where any link stands on the way. */
function idByPath(folder: string, names: readonly string[]): string | undefined {
  let path = folder;
  let id: string | undefined;
  for (const name of names) {
    path = join(path, name);
    const found = lstatSync(path, { bigint: true, throwIfNoEntry: false });
    if (found?.isSymbolicLink()) throw new NotTrusted('a link stands on the way to it');
    id = found === undefined ? undefined : `${found.dev}:${found.ino}`;
  }
  return id;
}

/** Returns the descriptor of a good file. Closes that of any other and throws. */
function checked(fd: number, alsoCheck: () => void): number {
  try {
    const stat = fstatSync(fd);
    if (!stat.isFile()) throw new NotTrusted('it is not a file');
    if (stat.nlink !== 1) throw new NotTrusted('it has another name elsewhere (a hard link)');
    alsoCheck();
    return fd;
  } catch (error) {
    closeSync(fd);
    throw error;
  }
}

function checkOwner({ uid }: { readonly uid: number }, owners: Owners): void {
  if (!owners.has(uid)) throw new NotTrusted(`it, or a folder on the way, belongs to somebody else (user ${uid})`);
}

/** What these errors mean for a file that is opened without following a link and without waiting. */
const reasons: Readonly<Record<string, string>> = {
  ELOOP: 'it is a link',
  ENOTDIR: 'a folder on the way to it is a link or no folder',
  ENXIO: 'it is not a file',
  ENODEV: 'it is not a file',
  EISDIR: 'it is not a file',
};

function attempt(open: () => number): number {
  try {
    return open();
  } catch (error) {
    const reason = reasons[errorCode(error)];
    throw reason === undefined ? error : new NotTrusted(reason);
  }
}
