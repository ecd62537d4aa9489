import type { Fields } from '../json';
import type { JournalEntry } from '../state/journal';
import type { Moment } from './case-report';

const milestoneKinds = ['ordered', 'begun', 'rules-off', 'blocked', 'judged', 'order', 'ended'] as const;

/** One of the moments that a case is told by. */
export interface Milestone {
  readonly at: Date;
  readonly kind: (typeof milestoneKinds)[number];
  /** In words, for people. */
  readonly text: string;
}

const words: Readonly<Record<Milestone['kind'], string>> = {
  ordered: 'ordered',
  begun: 'begun',
  'rules-off': 'the old rules off',
  blocked: 'block in force',
  judged: 'read back and judged',
  order: 'a later order',
  ended: 'ended',
};

/**
 * What a case is told by, oldest first: its first order, when that was begun, when the old rules went off and the block
 * was in force, when that was read back, each later order, and the end. What the journal does not tell is left out.
 * `outcomes`: the ends of its orders.
 */
export function milestonesOf(entries: readonly JournalEntry[], outcomes: readonly Moment[]): Milestone[] {
  const first = <T>(find: (entry: JournalEntry) => T | undefined): T | undefined => {
    for (const entry of entries) {
      const found = find(entry);
      if (found !== undefined) return found;
    }
    return undefined;
  };
  const times = first(({ event }) => (event.event === 'noted' ? timesIn(event.facts) : undefined));
  const stepAt = (name: string): Date | undefined =>
    first(({ time, event }) => (event.event === 'step' && event.step === name ? time : undefined));
  const end = entries.findLast(({ event }) => event.event === 'closed');
  // A release says how it ended right after the case was closed.
  const later = outcomes.slice(1).filter(({ at }) => end === undefined || at < end.time);
  const moments: readonly (readonly [Milestone['kind'], Date | undefined, (string | undefined)?])[] = [
    ['ordered', times === undefined ? undefined : new Date(times.orderedAt)],
    ['begun', entries[0]?.time],
    ['rules-off', stepAt('rules')],
    ['blocked', times === undefined ? undefined : new Date(times.orderedAt + times.blockMs)],
    ['judged', first(({ time, event }) => (event.event === 'judged' ? time : undefined))],
    ...later.map(({ at, text }) => ['order', at, `a later order: ${text.split('\n', 1)[0]}`] as const),
    ['ended', end?.time, end?.event.event === 'closed' ? end.event.how.replaceAll('-', ' ') : undefined],
  ];
  return moments
    .flatMap(([kind, at, text]) => (at === undefined ? [] : [{ at, kind, text: text ?? words[kind] }]))
    .sort((a, b) => a.at.getTime() - b.at.getTime());
}

function timesIn({ orderedAt, blockMs }: Fields) {
  const areTimes = typeof orderedAt === 'number' && typeof blockMs === 'number';
  return areTimes && Number.isFinite(new Date(orderedAt + blockMs).getTime()) ? { orderedAt, blockMs } : undefined;
}
