import { findCommand } from './commands/table';
import { snapshotFlag } from './evidence/snapshot-flag';
import type { Host } from './host';
import { workerFlag } from './order/worker-flag';
import { exitCodes } from './outcome/exit-codes';
import type { Outcome } from './outcome/outcome';
import { complain, say } from './outcome/output/say';
import { version } from './outcome/version';
import { listenForBegun } from './process/begun';
import { keepStreamsUnmade } from './process/standard-streams';
import { type Started, whenStarted } from './process/started';
import { readLine } from './request/read-line';
import type { Request } from './request/request';
import { isHelpWord } from './request/understood';
import { parseWazuhMessage } from './request/wazuh';

/**
 * Decides how we were called, runs that, and returns the exit code. `args` are the arguments after the program's name.
 * Loads only what the call needs, of Node too: an order starts this program twice.
 */
export async function main(host: Host, args: readonly string[]): Promise<number> {
  keepStreamsUnmade();
  const [first, ...rest] = args;
  if (first === undefined) return (await import('node:tty')).isatty(0) ? showUsage() : runWazuh(host);
  const given = first === workerFlag ? readOrder(rest) : undefined;
  if (given !== undefined) return runWorker(host, given);
  const taken =
    first === snapshotFlag
      ? await (await import('./evidence/snapshot-process')).snapshotProcess(host, rest)
      : undefined;
  if (taken !== undefined) return taken;
  if (first === '--version') {
    say(`contain-host ${version}\n`);
    return exitCodes.done;
  }
  if (isHelpWord(first)) return (await import('./commands/help')).help(rest);
  const command = findCommand(first);
  if (command === undefined) return (await import('./commands/order')).ossecOrder(host, args);
  if (asksForHelp(rest)) return (await import('./commands/help')).help([command.name]);
  return command.run(host, rest);
}

/** Whether the words behind a command ask for help. Behind the first, only options do: `plan` has a user there. */
function asksForHelp(args: readonly string[]): boolean {
  return isHelpWord(args[0]) || args.some((word) => ['--help', '-h', '/?'].includes(word));
}

async function showUsage(): Promise<number> {
  complain('No order was given. Nothing was changed.\n');
  say((await import('./commands/help')).usage());
  return exitCodes.refused;
}

/** In the wazuh dialects standard output is the agent's protocol channel: nothing is written to it. */
async function runWazuh(host: Host): Promise<number> {
  const { named } = await import('./commands/order');
  let request: Request;
  try {
    request = parseWazuhMessage(await readLine(process.stdin));
  } catch (error) {
    const { refuse } = await import('./order/carry-out');
    const unread: Request = { action: 'add', dialect: 'wazuh', requestedBy: 'alert', address: '-' };
    return complainOf(await refuse(host, named(host, unread), error));
  }
  const { runInWorker } = await import('./order/run-in-worker');
  return (await runInWorker(host, named(host, request))).exitCode;
}

/** For a person who started this without an order. */
async function complainOf({ exitCode, message, words }: Outcome): Promise<number> {
  if (words.includes('bad-message')) complain(`${message}\nUsage: ${(await import('./commands/help')).orderForm}\n`);
  return exitCode;
}

interface WorkerOrder {
  readonly request: Request;
  readonly started: Started;
  /** As worker-flag.ts says. */
  readonly input: string | undefined;
}

/** What our own front gives its worker. Undefined for everything else, which is no order. */
function readOrder([request = '', started, input]: readonly string[]): WorkerOrder | undefined {
  try {
    const order = JSON.parse(request) as Request;
    if (order.action !== 'add' && order.action !== 'delete') return undefined;
    return { request: order, started: started === undefined ? whenStarted() : (JSON.parse(started) as Started), input };
  } catch {
    return undefined;
  }
}

async function runWorker(given: Host, { request, started, input }: WorkerOrder): Promise<number> {
  const host = input === 'pipe' ? { ...given, begun: listenForBegun(process.stdin, given.timeouts.begun) } : given;
  const { carryOut } = await import('./order/carry-out');
  const outcome: Outcome = await carryOut(host, request, started);
  say(JSON.stringify(outcome));
  await (await import('./order/afterwards')).afterwards(host, outcome, started);
  return outcome.exitCode;
}
