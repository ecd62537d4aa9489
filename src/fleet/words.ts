import type { Host } from '../host';
import { painter } from '../outcome/output/colour';
import type { Agent } from './agent';
import { isConfirmed, type Row } from './carry-out';
import type { HostRecord, HostState } from './host-state';

export const stateWords: Readonly<Record<HostState, string>> = {
  'not-enforced': 'NOT CONTAINED, rules not enforced',
  uncertain: 'UNCERTAIN',
  unanswered: 'BEGUN, no outcome',
  'contained-with-gaps': 'contained, with gaps',
  contained: 'contained',
  refused: 'order refused',
  released: 'released',
};

export const stateColours = {
  'not-enforced': 'red',
  uncertain: 'red',
  unanswered: 'red',
  'contained-with-gaps': 'yellow',
  contained: 'green',
  refused: 'yellow',
  released: 'green',
} as const;

/** One line of the table of an order. */
export function describeRow(row: Row): string {
  return `${nameOf(row.agent).padEnd(24)} ${describeProgress(row)}`;
}

export function nameOf({ id, name }: Agent): string {
  return `${id} ${name}`;
}

function describeProgress(row: Row): string {
  const { refusal, outcome, endedAfterMs = 0, begunAfterMs, sent } = row;
  const again = sent > 1 ? ` (sent ${sent} times)` : '';
  if (refusal !== undefined) return `NOT SENT: ${refusal}`;
  if (outcome !== undefined) {
    const words = outcome.words.length === 0 ? '' : ` ${outcome.words.join(' ')}`;
    return `${isConfirmed(row) ? doneWords[row.order.action] : 'NOT DONE'} after ${seconds(endedAfterMs)}: ${outcome.status}${words}${again}`;
  }
  if (begunAfterMs !== undefined) return `begun after ${seconds(begunAfterMs)}${again}`;
  return sent === 0 ? 'waits' : `queued${again}`;
}

const doneWords = { contain: 'contained', release: 'released' } as const;

function seconds(ms: number): string {
  return `${(ms / 1000).toFixed(1)} s`;
}

/** The table of `fleet status`. */
export function describeHosts(host: Host, records: readonly HostRecord[]): string {
  if (records.length === 0) return 'No host has told this server anything of a containment.\n';
  const paint = painter(host);
  const lines = records.map(({ origin, state, since, handler, caseNumber, gaps, lastHeard }) => {
    const facts = [
      `since ${stamp(since)}`,
      ...(handler === undefined ? [] : [`handler ${handler}`]),
      ...(caseNumber === undefined ? [] : [`case ${caseNumber}`]),
      ...(gaps.length === 0 ? [] : [`gaps ${gaps.join(', ')}`]),
      `last heard ${stamp(lastHeard)}`,
    ];
    const name = `${origin.id === undefined ? '' : `${origin.id} `}${origin.name}`;
    return `${paint(stateColours[state], stateWords[state].padEnd(34))} ${name.padEnd(20)} ${facts.join(', ')}`;
  });
  return `${lines.join('\n')}\n`;
}

/** To the second, in UTC. */
export function stamp(date: Date): string {
  return `${date.toISOString().slice(0, 19).replace('T', ' ')} UTC`;
}
