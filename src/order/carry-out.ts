import { findHome } from '../agent/home';
import { writeAudit } from '../agent/response-log';
import type { Host } from '../host';
import { exitCodes } from '../outcome/exit-codes';
import { Failure } from '../outcome/failure';
import { asEndOf, type Outcome } from '../outcome/outcome';
import { Log } from '../outcome/output/log';
import { type Started, startedNow, whenStarted } from '../process/started';
import type { Request } from '../request/request';
import { stateFolderOf } from '../state/folder';
import type { Order } from './session';

/**
 * Carries out one order in this process and records its outcome in the agent's log and our own. `started`: when the
 * agent started the process for it; absent: now. Never throws.
 */
export async function carryOut(host: Host, request: Request, started: Started = startedNow()): Promise<Outcome> {
  const order: Order = { request, started };
  const home = await homeOf(host);
  let end: End;
  try {
    if (request.action === 'delete')
      end = {
        outcome: await (await import('./release')).release(host, home instanceof Failure ? undefined : home, order),
      };
    else if (home instanceof Failure) throw home;
    else end = { outcome: await (await import('./add')).add(host, home, order) };
  } catch (error) {
    const failure = failed(request, error);
    end = { ...failure, outcome: asEndOf(request, failure.outcome) };
  }
  record(host, home instanceof Failure ? undefined : home, order, end);
  return end.outcome;
}

/** Records an order that was refused before anybody could carry it out. */
export async function refuse(host: Host, request: Request, error: unknown): Promise<Outcome> {
  const home = await homeOf(host);
  const end = failed(request, error);
  record(host, home instanceof Failure ? undefined : home, { request, started: whenStarted() }, end);
  return end.outcome;
}

/** In milliseconds: the caller has waited for the worker already, so this has to be quick. */
const shortly = 1000;

/** Records an outcome that no worker could record: it died, never started, or is not done yet. */
export async function recordFor(host: Host, order: Order, outcome: Outcome): Promise<void> {
  const home = await homeOf({ ...host, timeouts: { ...host.timeouts, reg: Math.min(host.timeouts.reg, shortly) } });
  record(host, home instanceof Failure ? undefined : home, order, { outcome });
}

async function homeOf(host: Host): Promise<string | Failure> {
  try {
    const { home, passedOver = [] } = await findHome(host);
    for (const why of passedOver) new Log(stateFolderOf(host)).warn(why);
    return home;
  } catch (error) {
    return error instanceof Failure
      ? error
      : new Failure('no-home', "The agent's folder cannot be looked for, so nothing was changed.", error);
  }
}

/** What an order came to. */
interface End {
  readonly outcome: Outcome;
  /** The error behind a failure, for our log: it speaks to programmers. */
  readonly cause?: string;
}

function failed({ action }: Request, error: unknown): End {
  const status = `${action}-failed` as const;
  if (error instanceof Failure) {
    const outcome: Outcome = {
      exitCode: error.exitCode,
      message: error.message,
      status,
      words: [error.code, ...error.words],
    };
    return { outcome, ...(error.cause === undefined ? {} : { cause: String(error.cause) }) };
  }
  // A fault of ours. What was changed before it is in the journal, and the next order puts it right.
  const message =
    'An unexpected error ended this; contain-host.log names it. Run "contain-host status", then repeat the order.';
  const outcome: Outcome = { exitCode: exitCodes.uncertain, message, status, words: ['unexpected'] };
  return { outcome, cause: error instanceof Error ? (error.stack ?? error.message) : String(error) };
}

function record(host: Host, home: string | undefined, { request, started }: Order, { outcome, cause }: End): void {
  const { status, exitCode, message, words } = outcome;
  const log = new Log(stateFolderOf(host));
  if (home !== undefined) {
    const warning = writeAudit(host.platform, home, {
      status,
      request,
      words: [...(exitCode === 0 ? [] : [`exit=${exitCode}`]), ...words],
      orderedAt: new Date(started.at),
    });
    if (warning !== undefined) log.warn(warning);
  }
  log.info('outcome', { request, status, exitCode, said: message, cause });
}
