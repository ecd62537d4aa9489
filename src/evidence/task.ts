import type { OrderedBy } from './manifest';

/** What the process that takes a snapshot is told. The folders are there. */
export interface Task {
  readonly case: string;
  readonly snapshot: string;
  readonly order: OrderedBy;
  /** The process of the order: the second stage begins when it has ended. */
  readonly worker: number;
  /** When the open case began, in milliseconds since 1970: no evidence since then is removed to make room. */
  readonly caseSince: number;
}

/** Where one snapshot is collected until its files have their place in a stage. */
export const unfinishedFolder = 'unfinished';
/** The hosts file as the order read it, right before it pinned names in there. */
export const hostsBefore = 'hosts-before-pins.txt';
