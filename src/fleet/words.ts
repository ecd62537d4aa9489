import type { Host } from '../host';
import { painter } from '../outcome/output/colour';
import type { Agent } from './agent';
import { isConfirmed, type Row } from './carry-out';
import { type HostRecord, type HostState, hostStates } from './host-state';

export const stateWords: Readonly<Record<HostState, string>> = {
  opened: 'NOT CONTAINED, its case is open',
  'not-enforced': 'NOT CONTAINED, rules not enforced',
  uncertain: 'UNCERTAIN',
  unanswered: 'BEGUN, no outcome',
  failed: 'NOT CONTAINED, order failed',
  'contained-with-gaps': 'contained, with gaps',
  'at-work': 'an order is at work',
  contained: 'contained',
  refused: 'order refused',
  released: 'released',
};

const stateColours = {
  opened: 'red',
  'not-enforced': 'red',
  uncertain: 'red',
  unanswered: 'red',
  failed: 'red',
  'contained-with-gaps': 'yellow',
  'at-work': 'yellow',
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

/** The same without the agent. */
export function describeProgress(row: Row): string {
  const { refusal, doubt, outcome, endedAfterMs = 0, begunAfterMs, sent } = row;
  const again = sent > 1 ? ` (sent ${sent} times)` : '';
  if (refusal !== undefined) return `NOT SENT: ${refusal}`;
  if (outcome !== undefined) {
    const words = outcome.words.length === 0 ? '' : ` ${outcome.words.join(' ')}`;
    return `${isConfirmed(row) ? doneWords[row.order.action] : 'NOT DONE'} after ${seconds(endedAfterMs)}: ${outcome.status}${words}${again}`;
  }
  if (row.isAmbiguous) return `answered, but several agents have this name and nothing tells them apart${again}`;
  if (row.isKnown) return `NOT CARRIED OUT: a newer order came first, or the outcome of this one was not heard${again}`;
  if (begunAfterMs !== undefined) return `begun after ${seconds(begunAfterMs)}${again}`;
  if (doubt !== undefined) return `PERHAPS SENT: ${doubt}${again}`;
  return sent === 0 ? 'not sent yet' : `queued${again}`;
}

const doneWords = { contain: 'contained', release: 'released' } as const;
/** In the words of the table: who asked. */
export const askedBy = { operator: 'an operator', alert: 'an alert' } as const;

function seconds(ms: number): string {
  return `${(ms / 1000).toFixed(1)} s`;
}

/** The table of `fleet status`. */
export function describeHosts(host: Host, records: readonly HostRecord[]): string {
  if (records.length === 0) return 'No host has told this server anything of a containment.\n';
  const paint = painter(host);
  const lines = records.map((record) => {
    const { state, since, handler, requestedBy, caseNumber, gaps, lastHeard } = record;
    const facts = [
      `since ${stamp(since)}`,
      ...(requestedBy === undefined ? [] : [`for ${askedBy[requestedBy]}`]),
      ...(handler === undefined ? [] : [`handler ${handler}`]),
      ...(caseNumber === undefined ? [] : [`case ${caseNumber}`]),
      ...(gaps.length === 0 ? [] : [`gaps ${gaps.join(', ')}`]),
      `last heard ${stamp(lastHeard)}`,
    ];
    return `${paint(stateColours[state], stateWords[state].padEnd(34))} ${hostName(record).padEnd(20)} ${facts.join(', ')}`;
  });
  return `${lines.join('\n')}\n${countStates(records)}\n`;
}

/** Such as `3 hosts: 1 NOT CONTAINED, its case is open; 2 contained`. */
function countStates(records: readonly HostRecord[]): string {
  const counts = hostStates.flatMap((state) => {
    const count = records.filter((record) => record.state === state).length;
    return count === 0 ? [] : [`${count} ${stateWords[state]}`];
  });
  return `${records.length} ${records.length === 1 ? 'host' : 'hosts'}: ${counts.join('; ')}`;
}

/** Number and name, and which agents it may be where several have the name. */
export function hostName({ origin, namesakes = [] }: HostRecord): string {
  const name = `${origin.id ?? ''} ${origin.name}`.trim();
  return namesakes.length === 0 ? name : `${name} (agent ${namesakes.join(' or ')})`;
}

/** To the second, in UTC. */
export function stamp(date: Date): string {
  return `${date.toISOString().slice(0, 19).replace('T', ' ')} UTC`;
}
