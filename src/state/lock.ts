import { spawnSync } from 'node:child_process';
import { closeSync, constants, existsSync, openSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { Failure } from '../outcome/failure';
import { errorCode } from '../process/error-code';
import { runProcess } from '../process/run';
import { unusable } from './unusable';

export interface Lock {
  /**
   * Handed to every process that changes the firewall: the lock is held as long as one of them lives, even after our
   * end.
   */
  readonly fd: number;
  release(): void;
}

/** libuv's UV_FS_O_EXLOCK: opens with share mode 0, so that a second open fails with EBUSY (libuv include/uv/win.h). */
const exclusive = 0x10000000;
const retryMs = 200;

/**
 * One instance at a time, by a file opened exclusively: nothing stays behind when its holder dies, and nobody without
 * rights to the state folder can squat it. Waits at most `waitMs`.
 * Throws `Failure`: `busy` when another instance is at work, `not-elevated` when we may not open the file.
 */
export async function acquireLock(folder: string, waitMs: number): Promise<Lock> {
  const file = join(folder, 'lock');
  const fd = process.platform === 'win32' ? await openExclusive(file, waitMs) : await openFlocked(file, waitMs);
  return { fd, release: () => close(fd) };
}

/** A disk that fails then does not make undone what was done; the lock ends with this process anyway. */
function close(fd: number): void {
  try {
    closeSync(fd);
  } catch {
    // It is closed all the same.
  }
}

/** True when an instance holds the lock now. Nothing is waited for; what cannot be told counts as not held. */
export function isLocked(folder: string): boolean {
  const file = join(folder, 'lock');
  if (!existsSync(file)) return false;
  try {
    const fd = openSync(file, process.platform === 'win32' ? constants.O_RDWR | exclusive : constants.O_RDWR);
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

/** Node has no flock; util-linux's flock locks the open file it inherits, and the lock stays with us when it ends. */
async function openFlocked(file: string, waitMs: number): Promise<number> {
  let fd: number;
  try {
    fd = openSync(file, constants.O_RDWR | constants.O_CREAT, 0o600);
  } catch (error) {
    if (!['ENOSPC', 'EDQUOT'].includes(errorCode(error))) throw unusable(file, error);
    // A first order on a full disk: nobody else can make the file then, and all lock its folder.
    fd = openSync(dirname(file), constants.O_RDONLY);
  }
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

/** For whom the time was not enough. */
export function busy(): Failure {
  return new Failure(
    'busy',
    'Another contain-host is at work on this host. Nothing was changed; ask again when it is done.',
  );
}
