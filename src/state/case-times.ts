import type { Facts } from './journal';

/** The measured times of a case; the last block counts. */
export interface MeasuredTimes {
  /** ISO 8601. */
  readonly ordered: string;
  /** Milliseconds from the order to the block. */
  readonly blockMs: number;
  /** Milliseconds in which the old rules were off and the block was not yet in force. */
  readonly exposureMs: number;
}

/** The measured times that are noted in a case; undefined where no order of it made a block. */
export function measuredTimes({ orderedAt, blockMs, exposureMs }: Facts): MeasuredTimes | undefined {
  if (typeof orderedAt !== 'number' || typeof blockMs !== 'number' || typeof exposureMs !== 'number') return undefined;
  return { ordered: new Date(orderedAt).toISOString(), blockMs, exposureMs };
}
