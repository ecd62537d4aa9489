import { setTimeout as wait } from 'node:timers/promises';
import { type Agent, isFrom } from './agent';
import type { Report } from './alert';
import { AlertFollower } from './alert-files';
import type { Line } from './line';
import type { FleetOrder, Server, System } from './server';

/** One agent and what became of its order. Times are milliseconds since it was sent first. */
export interface Row {
  readonly agent: Agent;
  readonly order: FleetOrder;
  system?: System | undefined;
  /** How often it was sent. */
  sent: number;
  /** When the server last took it, by the clock of `performance.now()`. */
  lastSentAt?: number;
  /** Why the server did not take it. */
  refusal?: string;
  begunAfterMs?: number;
  endedAfterMs?: number;
  /** The line that ended it. */
  outcome?: Line;
}

export interface Options {
  readonly home: string;
  /** How long to wait for everybody, in milliseconds. */
  readonly waitMs: number;
  /** Every agent of the server, to tell agents of one name apart. */
  readonly all: readonly Agent[];
  /** Called whenever a row has changed, and now and then besides. */
  readonly onChange: (rows: readonly Row[], changed: Row | undefined) => void;
  /** Aborted: nothing is sent any more, and what is known then is the result. */
  readonly signal: AbortSignal;
}

/**
 * How often an order is sent at most. It is repeated because a server silently drops what is for an agent that it has
 * not heard from since its restart.
 */
const mostSent = 3;
const lookEveryMs = 100;
/** How many agents get their order at the same time: each takes a process of its own. */
const sendersAtOnce = 4;

/** Sends each agent its order and follows the alerts until every one has ended or the time is over. */
export async function carryOut(
  server: Server,
  orders: ReadonlyMap<Agent, FleetOrder>,
  options: Options,
): Promise<Row[]> {
  const rows = [...orders].map(([agent, order]): Row => ({ agent, order, sent: 0 }));
  // Opened before anything is sent: no outcome can come too early.
  const follower = new AlertFollower(options.home);
  const started = new Map<Row, number>();
  const end = performance.now() + options.waitMs;
  const resendAfterMs = options.waitMs / (mostSent + 1);
  try {
    const sending = sendAll(server, rows, started, options);
    // An error in there is thrown below; until then it must not count as a rejection that nobody handles.
    sending.catch(() => {});
    while (!options.signal.aborted) {
      for (const report of follower.read()) take(report, rows, started, options);
      const open = rows.filter(isOpen);
      if (open.length === 0 || performance.now() > end) break;
      const late = open.filter((row) => isLate(row, resendAfterMs));
      await Promise.all(late.slice(0, sendersAtOnce).map((row) => send(server, row, options)));
      options.onChange(rows, undefined);
      await wait(lookEveryMs, undefined, { signal: options.signal }).catch(() => {});
    }
    await Promise.race([sending, wait(0)]);
    return rows;
  } finally {
    follower.close();
  }
}

function isOpen({ outcome, refusal }: Row): boolean {
  return outcome === undefined && refusal === undefined;
}

function isLate({ lastSentAt, begunAfterMs, sent }: Row, afterMs: number): boolean {
  return (
    lastSentAt !== undefined &&
    begunAfterMs === undefined &&
    sent < mostSent &&
    performance.now() - lastSentAt > afterMs
  );
}

async function sendAll(
  server: Server,
  rows: readonly Row[],
  started: Map<Row, number>,
  options: Options,
): Promise<void> {
  const waiting = [...rows];
  const sender = async (): Promise<void> => {
    for (let row = waiting.shift(); row !== undefined && !options.signal.aborted; row = waiting.shift()) {
      row.system = await server.systemOf(row.agent);
      started.set(row, performance.now());
      await send(server, row, options);
    }
  };
  await Promise.all(Array.from({ length: sendersAtOnce }, sender));
}

async function send(server: Server, row: Row, options: Options): Promise<void> {
  row.sent++;
  const refusal = await server.send(row.agent, row.system, row.order);
  row.lastSentAt = performance.now();
  // That a repetition is refused says nothing about what was sent before.
  if (refusal !== undefined && row.sent === 1) row.refusal = refusal;
  options.onChange([], row);
}

function take(
  { origin, line }: Report,
  rows: readonly Row[],
  started: ReadonlyMap<Row, number>,
  options: Options,
): void {
  const row = rows.find(({ order, agent }) => order.id === line.orderId && isFrom(agent, origin, options.all));
  const since = row === undefined ? undefined : started.get(row);
  if (row === undefined || since === undefined || row.outcome !== undefined) return;
  const after = Math.round(performance.now() - since);
  row.begunAfterMs ??= after;
  if (isOutcome(line)) {
    row.endedAfterMs = after;
    row.outcome = line;
  }
  options.onChange([], row);
}

/** Whether the line ends an order: the others say that it has begun, or goes on. */
function isOutcome({ status, words }: Line): boolean {
  return status !== 'add-started' && !words.includes('still-at-work');
}

/** Whether the agent confirmed what was asked of it: contained, with or without small gaps, or released. */
export function isConfirmed({ outcome, order }: Row): boolean {
  const wanted = order.action === 'contain' ? ['add', 'add-degraded'] : ['delete'];
  return outcome !== undefined && wanted.includes(outcome.status);
}
