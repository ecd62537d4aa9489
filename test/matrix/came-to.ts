import type { Order } from './bench';
import type { FullDiskPromised } from './file-table';
import { type Judged, passes, truthOf } from './truth';

/** Fingerprints of the policy: from before the containment, as the order found it, and now. */
export interface Policies {
  readonly original: string;
  readonly found: string;
  readonly now: string;
}

/** In the words of the tables, what an order came to. `end`: its exit code, null where it was killed. */
export function cameTo(
  [verb, , address]: Order,
  end: number | null | 'waits',
  { original, found, now }: Policies,
  machine: Judged,
): string {
  const isIn = passes(machine, { remote: address, direction: 'in', localPort: 445, remotePort: 50_000 });
  const isContained = truthOf(machine) === 'contained' && (verb === 'DELETE' || isIn.every((open) => open));
  const isHeld = truthOf(machine) === 'contained';
  const words: readonly (readonly [word: FullDiskPromised, end: number | 'waits', isSo: boolean])[] = [
    ['waits', 'waits', true],
    ['contained', 0, verb === 'ADD' && isContained],
    ['gaps', 6, isContained],
    ['refused', 1, now === found],
    ['unable', 2, now === found],
    ['no-backup', 3, now === found],
    ['rolled-back', 4, now === original],
    ['uncertain', 5, now === original],
    ['unread', 5, isHeld],
    ['released', 0, verb === 'DELETE' && now === original],
    ['held', 7, isContained],
    ['unclaimed', 7, now === original],
  ];
  const word = words.find(([, wanted, isSo]) => wanted === end && isSo)?.[0];
  return word ?? `exit ${end}, ${now === original ? 'as before' : truthOf(machine)}`;
}
