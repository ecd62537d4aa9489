import { spawnSync } from 'node:child_process';
import { closeSync, constants, existsSync, fstatSync, mkdirSync, openSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { Failure } from '../outcome/failure';
import { errorCode } from '../process/error-code';
import { runProcess } from '../process/run';
import { unusable } from './unusable';

export interface Lock {
  /**
   * We hand this to every process that changes the firewall: the lock is held as long as one of them lives, even when
   * we have ended.
   */
  readonly fd: number;
  release(): void;
}

/** UV_FS_O_EXLOCK (libuv include/uv/win.h): opens with share mode 0, so that a second open fails with EBUSY. */
const exclusive = 0x10000000;
const retryMs = 200;

/** On Windows a file in the state folder, elsewhere the folder itself: on a full disk nobody can make a file. */
function lockPath(folder: string): string {
  return process.platform === 'win32' ? join(folder, 'lock') : folder;
}

/** Where the state folder cannot be made, such as on a disk that can only be read: in memory, and closed to others. */
const spareFolder = '/run/contain-host';

/**
 * Lets one instance at a time work, by a file or folder that it locks: nothing stays behind when that instance dies,
 * and nobody without rights to the state folder can take the lock. Waits at most `waitMs`. Throws `Failure`: `busy`
 * when another instance is at work, `not-elevated` when we may not open it.
 */
export async function acquireLock(folder: string, waitMs: number): Promise<Lock> {
  const fd =
    process.platform === 'win32' ? await openExclusive(lockPath(folder), waitMs) : await lockFolder(folder, waitMs);
  return { fd, release: () => close(fd) };
}

/** An error of the disk here undoes nothing that was done, and the lock ends with this process anyway. */
function close(fd: number): void {
  try {
    closeSync(fd);
  } catch {
    // The descriptor is closed all the same.
  }
}

/** True when an instance holds the lock now. Does not wait. False where that cannot be found out. */
export function isLocked(folder: string): boolean {
  const path = lockPath(folder);
  if (!existsSync(path)) return false;
  try {
    const fd = openSync(path, process.platform === 'win32' ? constants.O_RDWR | exclusive : constants.O_RDONLY);
    const flock =
      process.platform === 'win32'
        ? undefined
        : spawnSync('/usr/bin/flock', ['-x', '-n', '3'], { stdio: ['ignore', 'ignore', 'ignore', fd] });
    closeSync(fd);
    return flock?.status === 1;
  } catch (error) {
    return errorCode(error) === 'EBUSY';
  }
}

async function openExclusive(file: string, waitMs: number): Promise<number> {
  for (let waited = 0; ; waited += retryMs) {
    try {
      return openSync(file, constants.O_RDWR | constants.O_CREAT | exclusive);
    } catch (error) {
      if (errorCode(error) !== 'EBUSY') throw unusable(file, error);
      if (waited >= waitMs) throw busy();
      await wait(retryMs);
    }
  }
}

/** Node has no flock. The flock of util-linux locks the open file that it inherits; we keep the lock when it ends. */
async function lockFolder(folder: string, waitMs: number): Promise<number> {
  const fd = openFolder(folder);
  const seconds = Math.ceil(waitMs / 1000);
  const flock = await runProcess('/usr/bin/flock', ['-x', '-w', String(seconds), '3'], {
    holdFd: fd,
    limitMs: waitMs + 5000,
  });
  if (flock.exitCode === 0) return fd;
  closeSync(fd);
  if (flock.startError !== undefined) {
    throw new Failure(
      'tool-missing',
      'flock is missing, so nothing was changed. Install util-linux.',
      flock.startError,
    );
  }
  throw busy();
}

function openFolder(folder: string): number {
  const { O_RDONLY, O_DIRECTORY, O_NOFOLLOW } = constants;
  try {
    return openSync(folder, O_RDONLY | O_DIRECTORY);
  } catch (error) {
    if (errorCode(error) !== 'ENOENT') throw unusable(folder, error);
  }
  try {
    mkdirSync(spareFolder, { recursive: true, mode: 0o700 });
    const fd = openSync(spareFolder, O_RDONLY | O_DIRECTORY | O_NOFOLLOW);
    if (fstatSync(fd).uid === process.getuid?.()) return fd;
    closeSync(fd);
    throw new Error(`${spareFolder} belongs to somebody else`);
  } catch (error) {
    throw unusable(folder, error);
  }
}

/** For an order whose turn did not come in time. */
export function busy(): Failure {
  return new Failure(
    'busy',
    'Another contain-host is at work on this host. Nothing was changed; repeat the order when that one has ended.',
  );
}
