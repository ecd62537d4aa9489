import type { Origin, Report } from './alert';
import type { HostStatus } from './host-status';
import type { Line } from './line';

/** The state of a host, by what it told its server, the most urgent first. */
export const hostStates = [
  'opened',
  'not-enforced',
  'uncertain',
  'unanswered',
  'failed',
  'contained-with-gaps',
  'at-work',
  'contained',
  'refused',
  'released',
] as const;
export type HostState = (typeof hostStates)[number];

export interface HostRecord {
  readonly origin: Origin;
  /** The numbers of the agents that it may be, where several have this name and nothing tells them apart. */
  readonly namesakes?: readonly string[];
  readonly state: HostState;
  /** When it came into this state. */
  readonly since: Date;
  readonly handler?: string;
  readonly requestedBy?: Line['requestedBy'];
  readonly caseNumber?: string;
  readonly gaps: readonly string[];
  /** When the server heard the last line of ours from it. */
  readonly lastHeard: Date;
  /** Every change of state, oldest first. */
  readonly history: readonly { readonly state: HostState; readonly at: Date }[];
}

/** What a line says of a host. `begun`: an order is at work. What it does to the state depends on the one before. */
type Effect = Exclude<HostState, 'unanswered' | 'at-work'> | 'begun';

/** Times in which a host said the same over and over, in milliseconds since 1970. */
interface Run {
  readonly effect: Effect;
  readonly isStatus: boolean;
  first: number;
  last: number;
  readonly handler?: string;
  readonly requestedBy?: Line['requestedBy'];
  readonly caseNumber?: string;
  readonly gaps: readonly string[];
  readonly openSince?: number;
  /** Of an order: its last moment is that of a status, which told nothing that the order had not. */
  endsInStatus?: boolean;
}

/** How long, in milliseconds, an order that has begun may say nothing before it counts as unanswered. */
const patienceMs = 5 * 60_000;
/** Clocks that differ more are not compared. Servers write alerts in the wrong order by less than a second. */
const sameClockMs = 30_000;
/** A host that changes more often loses its oldest changes: what is kept of 10,000 hosts must fit in memory. */
const mostRuns = 200;

/** What one host said, in whatever order it comes: servers write alerts from several threads. */
export class HostHistory {
  private readonly runs: Run[] = [];
  private lastHeard = 0;

  constructor(
    private readonly origin: Origin,
    private readonly namesakes: readonly string[] = [],
  ) {}

  add(report: Report): void {
    const at = timeOf(report);
    if (at === undefined) return;
    this.lastHeard = Math.max(this.lastHeard, at);
    const run = 'line' in report ? runOfLine(report.line, at) : runOfStatus(report.status, at);
    if (run !== undefined) this.insert(run);
  }

  /** Undefined where nothing was ever ordered: a host that only says that nothing is in force. */
  record(now: Date): HostRecord | undefined {
    const history: { state: HostState; at: Date }[] = [];
    let told: Told = { gaps: [] };
    for (const run of this.runs) {
      const before = history.at(-1)?.state;
      const state = stateAfter(run, before);
      told = toldAfter(told, run, state);
      if (state === undefined || state === before) continue;
      // Where nothing was on record the host knows better since when its case is open.
      const at = before === undefined ? Math.min(run.first, run.openSince ?? run.first) : run.first;
      history.push({ state, at: new Date(at) });
    }
    const last = this.runs.at(-1);
    if (last?.effect === 'begun') {
      const isLate = now.getTime() - last.last > patienceMs;
      if (isLate) history.push({ state: 'unanswered', at: new Date(last.first) });
      else if (history.length === 0) history.push({ state: 'at-work', at: new Date(last.first) });
    }
    const current = history.at(-1);
    if (current === undefined) return undefined;
    return {
      origin: this.origin,
      ...(this.namesakes.length > 1 ? { namesakes: this.namesakes } : {}),
      state: current.state,
      since: current.at,
      ...(current.state === 'released' ? { gaps: [] } : told),
      lastHeard: new Date(this.lastHeard),
      history,
    };
  }

  private insert(run: Run): void {
    const { runs } = this;
    let place = runs.length;
    while (place > 0 && isBefore(run, runs[place - 1] as Run)) place--;
    const isLast = place === runs.length;
    // That an order had begun counts only while nothing came after it.
    if (run.effect === 'begun' && !isLast) return;
    if (isLast && runs.at(-1)?.effect === 'begun' && run.effect !== 'begun') {
      runs.pop();
      place--;
    }
    const [earlier, later] = [runs[place - 1], runs[place]];
    if (earlier !== undefined && (isSame(earlier, run) || confirms(run, earlier))) {
      if (run.last < earlier.last) return;
      earlier.last = run.last;
      earlier.endsInStatus = run.isStatus && !earlier.isStatus;
    } else if (earlier !== undefined && run.first < earlier.last) {
      // It stands in the middle of a run, of which only the two ends are known.
      const rest = earlier.endsInStatus ? statusAtEndOf(earlier) : { ...earlier, first: earlier.last };
      earlier.last = earlier.first;
      earlier.endsInStatus = false;
      runs.splice(place, 0, run, rest);
    } else if (later !== undefined && isSame(later, run)) later.first = Math.min(later.first, run.first);
    else runs.splice(place, 0, run);
    if (runs.length > mostRuns) runs.shift();
  }
}

/** Whether status tells nothing that the order before it did not. */
function confirms(status: Run, order: Run): boolean {
  return (
    status.isStatus &&
    !order.isStatus &&
    status.effect === order.effect &&
    status.caseNumber === order.caseNumber &&
    status.gaps.join() === order.gaps.join()
  );
}

function statusAtEndOf({ effect, last, caseNumber, gaps }: Run): Run {
  const named = caseNumber === undefined ? {} : { caseNumber };
  return { effect, isStatus: true, first: last, last, gaps, ...named };
}

/** Within one second an order begins before it ends. */
function isBefore(run: Run, other: Run): boolean {
  if (run.first !== other.first) return run.first < other.first;
  return run.effect === 'begun' && other.effect !== 'begun' && !other.isStatus;
}

function isSame(one: Run, other: Run): boolean {
  return (
    one.effect === other.effect &&
    one.isStatus === other.isStatus &&
    one.handler === other.handler &&
    one.requestedBy === other.requestedBy &&
    one.caseNumber === other.caseNumber &&
    one.gaps.join() === other.gaps.join()
  );
}

/**
 * The host's own clock puts right what the server wrote in the wrong order. Where it is far off the server's counts, or
 * a host whose clock is a day ahead would hide for a day what it says next.
 */
function timeOf(report: Report): number | undefined {
  const heardAt = report.heardAt?.getTime();
  if (!('line' in report)) return heardAt;
  const own = report.line.at.getTime();
  return heardAt === undefined || Math.abs(heardAt - own) <= sameClockMs ? own : heardAt;
}

function runOfLine(line: Line, at: number): Run | undefined {
  const effect = effectOf(line);
  if (effect === undefined) return undefined;
  const { address, requestedBy, caseNumber, words } = line;
  return {
    effect,
    isStatus: false,
    first: at,
    last: at,
    ...(address === '-' ? {} : { handler: address }),
    requestedBy,
    ...(caseNumber === undefined ? {} : { caseNumber }),
    gaps: words.flatMap((word) => (word.startsWith('gaps=') ? word.slice('gaps='.length).split(',') : [])),
  };
}

/** Undefined where the line changes nothing. */
function effectOf({ status, words }: Line): Effect | undefined {
  const says = (word: string): boolean => words.includes(word);
  if (says('not-carried-out-again')) return undefined;
  if (says('held-by-operator')) {
    if (says('not-contained')) return 'opened';
    return says('ineffective') ? 'not-enforced' : says('uncertain') ? 'uncertain' : undefined;
  }
  if (says('exit=5') || says('exit=7')) return 'uncertain';
  if (status !== 'add-failed') return effects[status];
  return says('exit=1') || says('exit=8') ? 'refused' : 'failed';
}

const effects: Readonly<Record<string, Effect>> = {
  'add-started': 'begun',
  add: 'contained',
  'add-degraded': 'contained-with-gaps',
  'add-ineffective': 'not-enforced',
  delete: 'released',
};

const statusEffects: Readonly<Record<string, Effect>> = {
  contained: 'contained',
  degraded: 'contained-with-gaps',
  ineffective: 'not-enforced',
  interrupted: 'uncertain',
  opened: 'opened',
  released: 'released',
};

/** Undefined where it could not be judged, which is no change. */
function runOfStatus({ state, caseNumber, gaps, since }: HostStatus, at: number): Run | undefined {
  const effect = Object.hasOwn(statusEffects, state) ? statusEffects[state] : undefined;
  if (effect === undefined) return undefined;
  return {
    effect,
    isStatus: true,
    first: at,
    last: at,
    ...(caseNumber === undefined ? {} : { caseNumber }),
    gaps,
    ...(since === undefined ? {} : { openSince: since.getTime() }),
  };
}

/** Undefined where the state stays: an order that was refused, or failed, leaves a host as it is. */
function stateAfter({ effect, isStatus }: Run, before: HostState | undefined): HostState | undefined {
  const isFree = before === undefined || before === 'released' || before === 'refused' || before === 'failed';
  if (effect === 'begun') return undefined;
  if (effect === 'refused') return before === undefined ? 'refused' : undefined;
  if (effect === 'failed') return isFree ? 'failed' : undefined;
  // That nothing is in force is no news of a host that was never contained.
  return effect === 'released' && isStatus && isFree ? undefined : effect;
}

type Told = Pick<HostRecord, 'handler' | 'requestedBy' | 'caseNumber' | 'gaps'>;

/** Who asked for the present state, and what is open. What status says names no handler, so the order's stays. */
function toldAfter(told: Told, run: Run, state: HostState | undefined): Told {
  const { effect, isStatus, handler, requestedBy, caseNumber, gaps } = run;
  if (effect === 'released') return state === undefined ? told : { gaps: [] };
  if (isStatus) {
    const isOther = caseNumber !== undefined && told.caseNumber !== undefined && caseNumber !== told.caseNumber;
    return { ...(isOther ? {} : told), gaps, ...(caseNumber === undefined ? {} : { caseNumber }) };
  }
  if (state === undefined && !(effect === 'begun' && told.requestedBy === undefined)) return told;
  const isHandler = handler !== undefined && state !== 'refused' && state !== 'failed';
  // A release that was not completed says nothing of who is let in.
  if (state === 'uncertain' && handler === undefined && told.requestedBy !== undefined) return { ...told, gaps };
  return {
    ...(isHandler ? { handler } : {}),
    ...(requestedBy === undefined ? {} : { requestedBy }),
    ...(caseNumber === undefined ? {} : { caseNumber }),
    gaps,
  };
}
