import { randomBytes } from 'node:crypto';
import { createInterface } from 'node:readline';
import { isatty } from 'node:tty';
import type { Host } from '../host';
import { exitCodes } from '../outcome/exit-codes';
import { complain, say } from '../outcome/output/say';
import { type Agent, select } from './agent';
import { agentControl } from './agent-control';
import { carryOut, isConfirmed, isSilent, type Row } from './carry-out';
import { findServerHome } from './home';
import { LiveTable } from './live-table';
import { FleetFailure, type FleetOrder, type Server } from './server';
import { noteSilent } from './silent';
import { type ApiAccess, wazuhApi } from './wazuh-api';
import { describeProgress, describeRow, nameOf } from './words';

/** What a person asked of many agents. */
export interface Asked {
  readonly action: FleetOrder['action'];
  readonly agents: readonly string[];
  /** An address, as `parseHost` takes it. A containment has one. */
  readonly handler?: string;
  readonly caseNumber?: string;
  readonly waitMs: number;
  /** How many agents the patterns must mean: a script gives it in place of an answer to the question. */
  readonly yes?: number;
  /** Through Wazuh's API instead of the server's own tool. */
  readonly api?: ApiAccess;
  readonly dryRun: boolean;
  readonly json: boolean;
}

/** Sends the order to every agent meant and waits for what each of them says. Returns 0 only if all have confirmed. */
export async function orderFleet(host: Host, asked: Asked): Promise<number> {
  const home = findServerHome(host);
  const server = asked.api === undefined ? agentControl(home) : wazuhApi(asked.api);
  const all = await server.agents();
  const selection = select(all, asked.agents);
  if ('refusal' in selection) throw new FleetFailure(selection.refusal);
  const { agents, byPattern } = selection;
  if (!asked.dryRun) await confirm(agents, { ...asked, byPattern });
  const orders = new Map(agents.map((agent) => [agent, makeOrder(asked)] as const));
  return asked.dryRun ? showCalls(server, orders) : send(host, server, orders, { home, all, asked });
}

/**
 * Ids grow with time: an agent carries out none that is older than the last one of its case. They cannot be guessed, so
 * nobody but the agent can have a line with one ready.
 */
function makeOrder({ action, handler, caseNumber }: Asked): FleetOrder {
  return {
    action,
    id: `${Date.now()}-${randomBytes(8).toString('hex')}`,
    ...(handler === undefined ? {} : { handler }),
    ...(caseNumber === undefined ? {} : { caseNumber }),
  };
}

/** A pattern can mean more than whoever typed it thought. A number that was given must be right in any case. */
async function confirm(
  agents: readonly Agent[],
  { yes, byPattern }: { readonly yes?: number; readonly byPattern: boolean },
): Promise<void> {
  if (yes === undefined && !byPattern) return;
  const list = agents.map((agent) => `  ${nameOf(agent)}\n`).join('');
  const those = `${byPattern ? 'The patterns' : 'The words'} mean ${agents.length} agents`;
  if (yes === agents.length) return;
  if (yes !== undefined) throw new FleetFailure(`${those}, not ${yes}:\n${list}Nothing was sent.`);
  if (!isatty(0) || !isatty(1))
    throw new FleetFailure(`${those}:\n${list}Nothing was sent. Add --yes=${agents.length}.`);
  const answer = await ask(`${those}:\n${list}Go on? Type ${agents.length}: `);
  if (answer?.trim() !== String(agents.length)) throw new FleetFailure('Nothing was sent.');
}

/** Undefined where nobody answers: Ctrl-D, or Ctrl-C, which ends the question and nothing else. */
function ask(question: string): Promise<string | undefined> {
  const input = createInterface({ input: process.stdin, terminal: false });
  return new Promise((resolve) => {
    const settle = (answer: string | undefined): void => {
      process.off('SIGINT', stop);
      input.off('close', stop);
      if (answer === undefined) say('\n');
      resolve(answer);
      input.close();
    };
    const stop = (): void => settle(undefined);
    process.once('SIGINT', stop);
    input.once('line', settle);
    input.once('close', stop);
    say(question);
  });
}

async function showCalls(server: Server, orders: ReadonlyMap<Agent, FleetOrder>): Promise<number> {
  for (const [agent, order] of orders) {
    const system = await server.systemOf(agent);
    for (const call of server.calls(agent, system, order))
      say(`${call.map((word) => (word.includes(' ') ? `"${word}"` : word)).join(' ')}\n`);
  }
  return exitCodes.done;
}

interface Sending {
  readonly home: string;
  readonly all: readonly Agent[];
  readonly asked: Asked;
}

async function send(
  host: Host,
  server: Server,
  orders: ReadonlyMap<Agent, FleetOrder>,
  { home, all, asked }: Sending,
): Promise<number> {
  const stop = new AbortController();
  const interrupt = (): void => stop.abort();
  process.once('SIGINT', interrupt);
  process.once('SIGTERM', interrupt);
  const table = asked.json ? undefined : new LiveTable(host);
  try {
    const rows = await carryOut(server, orders, {
      home,
      all,
      waitMs: asked.waitMs,
      signal: stop.signal,
      onChange: (known, changed) => table?.show(known, changed),
    });
    table?.end(rows);
    if (asked.json) say(`${JSON.stringify(rows.map(toJson), null, 2)}\n`);
    // Who stops us may only not want to wait.
    if (!stop.signal.aborted) noteSilent(home, rows.filter(isSilent), new Date());
    return tellRest(rows, stop.signal.aborted);
  } finally {
    process.off('SIGINT', interrupt);
    process.off('SIGTERM', interrupt);
  }
}

function tellRest(rows: readonly Row[], isStopped: boolean): number {
  const rest = rows.filter((row) => !isConfirmed(row));
  if (rest.length === 0) return exitCodes.done;
  const stopped = isStopped ? tellStopped(rows) : '';
  complain(
    `${stopped}Not confirmed by ${rest.length} of ${rows.length} agents:\n${rest.map((row) => `  ${describeRow(row)}\n`).join('')}` +
      'An agent that is off does not get the order later: send it again when the agent is back.\n',
  );
  return exitCodes.refused;
}

/** Ctrl-C may meet what sends an order before that is out of the terminal's reach: nobody knows then if it was sent. */
function tellStopped(rows: readonly Row[]): string {
  const gone = rows.filter(({ sent, refusal }) => sent > 0 && refusal === undefined);
  const perhaps = gone.filter((row) => row.doubt !== undefined && isSilent(row)).length;
  return [
    `Stopped. The orders of ${gone.length - perhaps} agents were sent and stand: those agents carry them out.`,
    ...(perhaps === 0 ? [] : [`${perhaps} may have been sent.`]),
    `${rows.length - gone.length} were not sent.\n`,
  ].join(' ');
}

/** The form is documented in docs/fleet.md. */
function toJson(row: Row): object {
  const { agent, order, sent, refusal, doubt, begunAfterMs, endedAfterMs, outcome } = row;
  return {
    agent: agent.id,
    name: agent.name,
    order: order.id,
    confirmed: isConfirmed(row),
    sent,
    refusal: refusal ?? null,
    doubt: doubt ?? null,
    says: describeProgress(row),
    begunAfterMs: begunAfterMs ?? null,
    endedAfterMs: endedAfterMs ?? null,
    status: outcome?.status ?? null,
    words: outcome?.words ?? [],
  };
}
