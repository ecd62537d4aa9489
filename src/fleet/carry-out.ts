import { setTimeout as wait } from 'node:timers/promises';
import { type Agent, isFrom, isPerhapsFrom } from './agent';
import type { Report } from './alert';
import { AlertFollower } from './alert-follower';
import type { Line } from './line';
import type { FleetOrder, Server, System } from './server';

/** One agent and what became of its order. Times are milliseconds since it was sent first. */
export interface Row {
  readonly agent: Agent;
  readonly order: FleetOrder;
  system?: System | undefined;
  /** How often it was sent. */
  sent: number;
  /** When the sending began, and when the server last had it, by the clock of `performance.now()`. */
  firstSentAt?: number;
  lastSentAt?: number;
  /** Why the server did not take it. */
  refusal?: string;
  /** Why nobody knows whether the server took it. */
  doubt?: string;
  /** Somebody answered who may be another agent of the same name. */
  isAmbiguous?: boolean;
  /** The agent said that it knew this order, or a newer one. What the first copy came to was not heard. */
  isKnown?: boolean;
  begunAfterMs?: number;
  endedAfterMs?: number;
  /** The line that ended it. */
  outcome?: Line;
}

export interface Options {
  readonly home: string;
  /** How long to wait for each agent, in milliseconds from when its order was sent first. */
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
/** How long what is being sent may take when we are stopped, before its row says that nobody knows. */
const endSendingMs = 5_000;

/** Sends each agent its order and follows the alerts until every one has ended or its time is over. */
export async function carryOut(
  server: Server,
  orders: ReadonlyMap<Agent, FleetOrder>,
  options: Options,
): Promise<Row[]> {
  const rows = [...orders].map(([agent, order]): Row => ({ agent, order, sent: 0 }));
  const byOrder = new Map(rows.map((row) => [row.order.id, row]));
  const waiting = new Set(rows);
  const sending = new Map<Row, Promise<void>>();
  // Opened before anything is sent: no outcome can come too early.
  const follower = new AlertFollower(options.home);
  let failure: unknown;
  try {
    while (!options.signal.aborted && failure === undefined) {
      for (const report of follower.read()) take(report, byOrder, options);
      for (const row of rows) if (!sending.has(row) && isLate(row, options.waitMs)) waiting.add(row);
      for (const row of waiting) {
        if (sending.size >= sendersAtOnce) break;
        waiting.delete(row);
        const sent = send(server, row, options)
          .catch((error: unknown) => {
            failure = error;
          })
          .finally(() => sending.delete(row));
        sending.set(row, sent);
      }
      if (waiting.size === 0 && sending.size === 0 && !rows.some((row) => isAwaited(row, options.waitMs))) break;
      options.onChange(rows, undefined);
      await wait(lookEveryMs, undefined, { signal: options.signal }).catch(() => {});
    }
    await Promise.race([Promise.all(sending.values()), wait(endSendingMs, undefined, { ref: false })]);
    for (const row of sending.keys()) row.doubt ??= 'stopped while it was being sent';
    for (const report of follower.read()) take(report, byOrder, options);
    if (failure !== undefined) throw failure;
    return rows;
  } finally {
    follower.close();
  }
}

function isOpen({ outcome, refusal }: Row): boolean {
  return outcome === undefined && refusal === undefined;
}

/** What was sent again late, since many others were before it, has its share of the time all the same. */
function isAwaited(row: Row, waitMs: number): boolean {
  const { firstSentAt, lastSentAt = firstSentAt } = row;
  if (!isOpen(row) || firstSentAt === undefined || lastSentAt === undefined) return false;
  const now = performance.now();
  return now - firstSentAt < waitMs || now - lastSentAt < resendAfter(waitMs);
}

function resendAfter(waitMs: number): number {
  return waitMs / (mostSent + 1);
}

function isLate(row: Row, waitMs: number): boolean {
  const { lastSentAt, begunAfterMs, isKnown = false, sent } = row;
  if (lastSentAt === undefined || begunAfterMs !== undefined || isKnown || sent >= mostSent) return false;
  return isAwaited(row, waitMs) && performance.now() - lastSentAt > resendAfter(waitMs);
}

async function send(server: Server, row: Row, options: Options): Promise<void> {
  row.system ??= await server.systemOf(row.agent);
  if (options.signal.aborted) return;
  row.firstSentAt ??= performance.now();
  row.sent++;
  const failed = await server.send(row.agent, row.system, row.order);
  row.lastSentAt = performance.now();
  // That a repetition is refused says nothing about what was sent before.
  if (failed?.isUnsure) row.doubt = failed.why;
  else if (failed === undefined) delete row.doubt;
  else if (row.sent === 1) row.refusal = failed.why;
  options.onChange([], row);
}

function take(report: Report, byOrder: ReadonlyMap<string, Row>, options: Options): void {
  if (!('line' in report)) return;
  const { origin, line } = report;
  const row = line.orderId === undefined ? undefined : byOrder.get(line.orderId);
  if (row?.firstSentAt === undefined || row.outcome !== undefined) return;
  if (isFrom(row.agent, origin, options.all)) {
    const after = Math.round(performance.now() - row.firstSentAt);
    if (isCopy(line)) row.isKnown = true;
    else row.begunAfterMs ??= after;
    if (isOutcome(line)) {
      row.endedAfterMs = after;
      row.outcome = line;
    }
  } else if (isPerhapsFrom(row.agent, origin, options.all)) row.isAmbiguous = true;
  else return;
  options.onChange([], row);
}

/** What an agent says of an order that it carried out before, or that came after a newer one. */
function isCopy({ words }: Line): boolean {
  return words.includes('not-carried-out-again');
}

/** Whether the line ends an order: the others say that it has begun, or goes on. */
function isOutcome(line: Line): boolean {
  return line.status !== 'add-started' && !line.words.includes('still-at-work') && !isCopy(line);
}

/** Whether the agent confirmed what was asked of it: contained, with or without small gaps, or released. */
export function isConfirmed({ outcome, order }: Row): boolean {
  const wanted = order.action === 'contain' ? ['add', 'add-degraded'] : ['delete'];
  return outcome !== undefined && wanted.includes(outcome.status);
}

/** Whether the server asked and the agent said nothing. */
export function isSilent({ sent, refusal, outcome, begunAfterMs, isKnown, isAmbiguous }: Row): boolean {
  return (
    sent > 0 && refusal === undefined && outcome === undefined && begunAfterMs === undefined && !isKnown && !isAmbiguous
  );
}
