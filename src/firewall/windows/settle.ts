import { setTimeout as wait } from 'node:timers/promises';
import type { Unreadable } from '../../windows/registry';
import type { Context } from '../firewall';
import type { StoredPolicy } from './read/stored-policy';
import { readLocal } from './reading';

const firstPauseMs = 100;

/**
 * Reads the local policy until it is as it should be, or until Windows has had enough time to write its registry.
 * Returns the last reading either way.
 */
export async function settle(
  context: Context,
  isSettled: (policy: StoredPolicy) => boolean,
): Promise<StoredPolicy | Unreadable> {
  const deadline = performance.now() + context.host.timeouts.settle;
  for (let pause = firstPauseMs; ; pause *= 2) {
    const policy = await readLocal(context);
    if ('unreadable' in policy && context.makeRoom?.() === true) continue;
    if ('unreadable' in policy || isSettled(policy) || performance.now() + pause > deadline) return policy;
    await wait(pause);
  }
}
