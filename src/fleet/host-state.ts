import type { Origin, Report } from './alert';
import type { Line } from './line';

/** The state of a host, by the last thing that it told its server. */
export type HostState =
  | 'not-enforced'
  | 'uncertain'
  | 'unanswered'
  | 'contained-with-gaps'
  | 'contained'
  | 'refused'
  | 'released';

/** The states, the most urgent first. */
export const urgency: readonly HostState[] = [
  'not-enforced',
  'uncertain',
  'unanswered',
  'contained-with-gaps',
  'contained',
  'refused',
  'released',
];

export interface HostRecord {
  readonly origin: Origin;
  readonly state: HostState;
  /** When it came into this state. */
  readonly since: Date;
  readonly handler?: string;
  readonly requestedBy?: Line['requestedBy'];
  readonly caseNumber?: string;
  readonly gaps: readonly string[];
  /** The last line of ours that it sent. */
  readonly lastHeard: Date;
  /** Every change of state, oldest first. */
  readonly history: readonly { readonly state: HostState; readonly at: Date }[];
}

/** How long, in milliseconds, an order that has begun may say nothing before it counts as unanswered. */
const patienceMs = 5 * 60_000;

/** The state of each host, by its lines in the order of its own clock: servers write alerts from several threads. */
export function readHosts(reports: Iterable<Report>, now: Date): HostRecord[] {
  const byHost = new Map<string, Report[]>();
  for (const report of reports) {
    const { id, name, address } = report.origin;
    const key = id ?? `${name} ${address}`;
    byHost.set(key, [...(byHost.get(key) ?? []), report]);
  }
  const records = [...byHost.values()].map((own) => readHost(own, now));
  return records.sort(
    (a, b) => urgency.indexOf(a.state) - urgency.indexOf(b.state) || b.since.getTime() - a.since.getTime(),
  );
}

function readHost(reports: readonly Report[], now: Date): HostRecord {
  const lines = distinct(reports.map(({ line }) => line)).sort(byTime);
  const last = lines.at(-1) as Line;
  const history: { state: HostState; at: Date }[] = [];
  let current: Line | undefined;
  let begun: Line | undefined;
  for (const line of lines) {
    begun = line.status === 'add-started' ? line : undefined;
    const state = stateAfter(line, history.at(-1)?.state);
    if (state === undefined) continue;
    if (history.at(-1)?.state !== state) history.push({ state, at: line.at });
    if (state !== 'refused') current = line;
  }
  if (begun !== undefined && now.getTime() - begun.at.getTime() > patienceMs)
    history.push({ state: 'unanswered', at: begun.at });
  const state = history.at(-1) ?? { state: 'unanswered' as const, at: last.at };
  const isOpen = state.state !== 'released' && state.state !== 'refused';
  const told = isOpen ? (current ?? last) : undefined;
  return {
    origin: (reports.at(-1) as Report).origin,
    state: state.state,
    since: state.at,
    ...(told === undefined || told.address === '-' ? {} : { handler: told.address }),
    ...(told === undefined ? {} : { requestedBy: told.requestedBy }),
    ...(told?.caseNumber === undefined ? {} : { caseNumber: told.caseNumber }),
    gaps: told === undefined ? [] : gapsOf(told),
    lastHeard: last.at,
    history,
  };
}

/** Undefined where the line changes nothing: an order that was refused leaves a host as it is. */
function stateAfter({ status, words }: Line, before: HostState | undefined): HostState | undefined {
  if (status === 'add') return 'contained';
  if (status === 'add-degraded') return 'contained-with-gaps';
  if (status === 'add-ineffective') return 'not-enforced';
  if (status === 'delete') return 'released';
  if (words.includes('exit=5') || words.includes('exit=7')) return 'uncertain';
  if (words.includes('exit=4')) return 'released';
  return status === 'add-failed' && before === undefined ? 'refused' : undefined;
}

function gapsOf({ words }: Line): string[] {
  return words.flatMap((word) => (word.startsWith('gaps=') ? word.slice('gaps='.length).split(',') : []));
}

/** The same line comes in both forms of the alerts. */
function distinct(lines: readonly Line[]): Line[] {
  return [...new Map(lines.map((line) => [JSON.stringify(line), line])).values()];
}

/** Within one second an order begins before it ends. */
function byTime(a: Line, b: Line): number {
  const rank = ({ status }: Line): number => (status === 'add-started' ? 0 : 1);
  return a.at.getTime() - b.at.getTime() || rank(a) - rank(b);
}
