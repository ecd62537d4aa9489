import type { Host } from '../host';
import { Failure } from '../outcome/failure';
import { Log } from '../outcome/output/log';
import type { Started } from '../process/started';
import { stateFolderOf } from '../state/folder';
import { acquireLock } from '../state/lock';
import { othersIn } from '../state/queue';
import { Reserve } from '../state/reserve';

/**
 * Makes the reserve again after an order, whose outcome was told before. Where another order is at work or comes in
 * between, this is left to that one. Where it fails, the log says so, and `doctor` does.
 */
export async function refillReserve(host: Host, started: Started): Promise<void> {
  const folder = stateFolderOf(host);
  try {
    const lock = await acquireLock(folder, 0);
    try {
      new Reserve(folder, host.smallestReserve).refill(() => othersIn(folder, started).length === 0);
    } finally {
      lock.release();
    }
  } catch (error) {
    // Another order has the lock, or this one was refused before there was a state folder.
    if (error instanceof Failure) return;
    new Log(folder).warn('The reserve on the disk could not be made whole again', { error: String(error) });
  }
}
