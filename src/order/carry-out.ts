import { findHome } from '../agent/home';
import { writeAudit } from '../agent/response-log';
import type { Host } from '../host';
import { exitCodes } from '../outcome/exit-codes';
import { Failure } from '../outcome/failure';
import { asEndOf, type Outcome } from '../outcome/outcome';
import { Log } from '../outcome/output/log';
import type { Request } from '../request/request';
import { stateFolderOf } from '../state/folder';
import { add } from './add';
import { release } from './release';

/** Carries out one order in this process and records its outcome in the agent's log and our own. Never throws. */
export async function carryOut(host: Host, request: Request): Promise<Outcome> {
  const home = await homeOf(host);
  let outcome: Outcome;
  try {
    if (request.action === 'delete') outcome = await release(host, home instanceof Failure ? undefined : home, request);
    else if (home instanceof Failure) throw home;
    else outcome = await add(host, home, request);
  } catch (error) {
    outcome = asEndOf(request, failed(request, error));
  }
  record(host, home instanceof Failure ? undefined : home, request, outcome);
  return outcome;
}

/** Records an order that was refused before anybody could carry it out. */
export async function refuse(host: Host, request: Request, error: unknown): Promise<Outcome> {
  const home = await homeOf(host);
  const outcome = failed(request, error);
  record(host, home instanceof Failure ? undefined : home, request, outcome);
  return outcome;
}

/** Somebody waits for the one who asks here, and has waited for the worker before. */
const shortly = 1000;

/** Records an outcome that no worker could record: it died, never started, or is not done yet. */
export async function recordFor(host: Host, request: Request, outcome: Outcome): Promise<void> {
  const home = await homeOf({ ...host, timeouts: { ...host.timeouts, reg: Math.min(host.timeouts.reg, shortly) } });
  record(host, home instanceof Failure ? undefined : home, request, outcome);
}

async function homeOf(host: Host): Promise<string | Failure> {
  try {
    const { home, passedOver = [] } = await findHome(host);
    for (const why of passedOver) new Log(stateFolderOf(host)).warn(why);
    return home;
  } catch (error) {
    return error instanceof Failure
      ? error
      : new Failure('no-home', `The agent's folder cannot be found: ${String(error)}.`);
  }
}

function failed({ action }: Request, error: unknown): Outcome {
  const status = `${action}-failed` as const;
  if (error instanceof Failure) {
    const cause = error.cause === undefined ? '' : `\nBehind it: ${String(error.cause)}`;
    return { exitCode: error.exitCode, message: `${error.message}${cause}`, status, words: [error.code] };
  }
  // A fault of ours. What was changed before it is in the journal, and the next order puts it right.
  const message = `An unexpected error ended this: ${String(error)}. Ask "contain-host status", then repeat the order.`;
  return { exitCode: exitCodes.uncertain, message, status, words: ['unexpected'] };
}

function record(host: Host, home: string | undefined, request: Request, outcome: Outcome): void {
  const { status, exitCode, message, words } = outcome;
  const log = new Log(stateFolderOf(host));
  if (home !== undefined) {
    const warning = writeAudit(host.platform, home, {
      status,
      request,
      words: [...(exitCode === 0 ? [] : [`exit=${exitCode}`]), ...words],
    });
    if (warning !== undefined) log.warn(warning);
  }
  log.info('outcome', { request, status, exitCode, said: message });
}
