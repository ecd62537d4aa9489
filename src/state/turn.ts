import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { Failure } from '../outcome/failure';
import type { Started } from '../process/started';
import type { RequestedBy } from '../request/request';
import { acquireLock, busy, type Lock } from './lock';
import { isOlderOneComing, othersIn, takePlace } from './queue';

/** An order that wants its turn. */
export interface Turn {
  readonly started: Started;
  readonly requestedBy: RequestedBy;
  /** Absolute path of this program. */
  readonly program: string;
}

const pauseMs = 30;
/** So long we wait for the lock before we look at the queue again. */
const lookMs = 1000;
/** So long we wait for an older process that is not in the queue yet, and that may never come into it. */
const comingMs = 2000;

/**
 * Waits at most `waitMs` until no older order waits, then takes the lock. Throws `Failure`: `superseded` where this is
 * an operator's order and an operator gave a newer one; otherwise as `acquireLock` does.
 */
export async function takeTurn(folder: string, turn: Turn, waitMs: number): Promise<Lock> {
  const { started, requestedBy } = turn;
  const place = takePlace(folder, { key: started.key, requestedBy });
  try {
    const lock = await waitForTurn(folder, turn, waitMs);
    const release = (): void => {
      place?.leave();
      lock.release();
    };
    return { fd: lock.fd, release };
  } catch (error) {
    place?.leave();
    throw error;
  }
}

async function waitForTurn(folder: string, turn: Turn, waitMs: number): Promise<Lock> {
  const { started, requestedBy, program } = turn;
  const begun = performance.now();
  const left = (): number => Math.max(0, waitMs - (performance.now() - begun));
  const isFirst = (): boolean => {
    const others = othersIn(folder, started);
    const isSuperseded = others.some((other) => other.requestedBy === 'operator' && other.key > started.key);
    if (requestedBy === 'operator' && isSuperseded) throw superseded();
    const mayBeOvertaking = others.length > 0 && performance.now() - begun < comingMs;
    return (
      others.every(({ key }) => key > started.key) && !(mayBeOvertaking && isOlderOneComing(folder, started, program))
    );
  };
  for (;;) {
    if (!isFirst()) {
      if (left() === 0) throw busy();
      await wait(pauseMs);
      continue;
    }
    const lock = await tryLock(folder, Math.min(left(), lookMs));
    if (lock === undefined) {
      if (left() === 0) throw busy();
      continue;
    }
    try {
      if (isFirst()) {
        if (requestedBy === 'operator') noteLast(folder, started);
        return lock;
      }
    } catch (error) {
      lock.release();
      throw error;
    }
    lock.release();
  }
}

async function tryLock(folder: string, waitMs: number): Promise<Lock | undefined> {
  try {
    return await acquireLock(folder, waitMs);
  } catch (error) {
    if (error instanceof Failure && error.code === 'busy') return undefined;
    throw error;
  }
}

/**
 * On a busy host an order may come into the queue only after a newer one was carried out. So this writes down the
 * newest order of an operator, with the system start that it belongs to. Throws `Failure('superseded')` where this
 * order is older than that. On Windows only the queue counts, because somebody may have set the clock back since.
 */
function noteLast(folder: string, { key }: Started): void {
  const system = systemStart();
  if (system === undefined) return;
  const file = join(folder, 'last-operator');
  try {
    const [lastSystem, lastKey = ''] = readFileSync(file, 'latin1').split(' ');
    if (lastSystem === system && lastKey > key) throw superseded();
  } catch (error) {
    if (error instanceof Failure) throw error;
  }
  try {
    writeFileSync(file, `${system} ${key}`, { mode: 0o600 });
  } catch {
    // We go on without it: the queue alone is nearly always right.
  }
}

function systemStart(): string | undefined {
  try {
    return readFileSync('/proc/sys/kernel/random/boot_id', 'latin1').trim();
  } catch {
    return undefined;
  }
}

function superseded(): Failure {
  const message =
    'Superseded: an operator gave another order after this one, which is carried out in its place. This one changed nothing; run "contain-host status" for what is in force.';
  return new Failure('superseded', message);
}
