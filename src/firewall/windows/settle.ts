import { setTimeout as wait } from 'node:timers/promises';
import type { Unreadable } from '../../windows/registry';
import type { Site } from '../firewall';
import type { FirewallPolicy } from './read/stored-policy';
import { readLocal } from './reading';

const firstPauseMs = 100;

/**
 * Reads the local policy until it is as it should be, or until the time in which Windows writes its registry is over.
 * Returns the last reading either way.
 */
export async function settle(
  site: Site,
  isSettled: (policy: FirewallPolicy) => boolean,
): Promise<FirewallPolicy | Unreadable> {
  const deadline = performance.now() + site.host.patience.settle;
  for (let pause = firstPauseMs; ; pause *= 2) {
    const policy = await readLocal(site);
    if ('unreadable' in policy || isSettled(policy) || performance.now() + pause > deadline) return policy;
    await wait(pause);
  }
}
