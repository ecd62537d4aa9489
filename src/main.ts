import { usage, wrongArguments } from './commands/usage';
import type { Host } from './host';
import { workerFlag } from './order/worker-flag';
import { exitCodes } from './outcome/exit-codes';
import { Failure } from './outcome/failure';
import type { Outcome } from './outcome/outcome';
import { say } from './outcome/output/say';
import { version } from './outcome/version';
import { actionOf, parseOssecArguments } from './request/ossec';
import { readLine } from './request/read-line';
import type { Request } from './request/request';
import { parseWazuhMessage } from './request/wazuh';

/**
 * Decides how we were called, runs that, and returns the exit code. `args` are the arguments after the program's name. What a
 * call does not need is not loaded, not even of Node: an order starts this program twice.
 */
export async function main(host: Host, args: readonly string[]): Promise<number> {
  const [first, ...rest] = args;
  switch (first) {
    case undefined:
      return (await import('node:tty')).isatty(0) ? showUsage() : runWazuh(host);
    case '--help':
      say(usage);
      return exitCodes.done;
    case '--version':
      say(`contain-host ${version}\n`);
      return exitCodes.done;
    case workerFlag:
      return runWorker(host, rest);
    case 'plan':
      return (await import('./commands/plan')).plan(host, rest);
    case 'doctor':
      return (await import('./commands/doctor')).doctor(host, rest);
    case 'status':
      return (await import('./commands/status')).status(host, rest);
    default:
      return runOssec(host, args);
  }
}

async function runInWorker(host: Host, request: Request): Promise<Outcome> {
  return (await import('./order/run-in-worker')).runInWorker(host, request);
}

function showUsage(): number {
  say(usage);
  return exitCodes.refused;
}

async function runOssec(host: Host, args: readonly string[]): Promise<number> {
  const request = parseOssecArguments(args);
  if (request === undefined) {
    const why = actionOf(args[0])
      ? 'A user and an IP address must follow; "-" stands for none.'
      : 'The first one must be ADD or DELETE.';
    const { refuse } = await import('./order/carry-out');
    await refuse(host, unreadable(host, args[0]), new Failure('bad-arguments', `${why} Nothing was changed.`));
    say(`${wrongArguments}\n${why} Nothing was changed.\n`);
    return exitCodes.refused;
  }
  const { exitCode, message } = await runInWorker(host, named(host, request));
  say(exitCode === exitCodes.refused ? `${message}\n\n${usage}` : `${message}\n`);
  return exitCode;
}

/** In the wazuh dialects standard output is the agent's protocol channel: nothing is written to it. */
async function runWazuh(host: Host): Promise<number> {
  let request: Request;
  try {
    request = parseWazuhMessage(await readLine(process.stdin));
  } catch (error) {
    const { refuse } = await import('./order/carry-out');
    return (await refuse(host, { ...unreadable(host, undefined), dialect: 'wazuh' }, error)).exitCode;
  }
  return (await runInWorker(host, named(host, request))).exitCode;
}

async function runWorker(host: Host, [request]: readonly string[]): Promise<number> {
  const { carryOut } = await import('./order/carry-out');
  const outcome: Outcome = await carryOut(host, JSON.parse(request ?? '') as Request);
  say(JSON.stringify(outcome));
  return outcome.exitCode;
}

/** No agent can pass arguments to an executable, so the second name of the file is the order to release. */
function named(host: Host, request: Request): Request {
  return host.name === 'release-host' ? { ...request, action: 'delete' } : request;
}

/** Stands for an order that could not be read, where the logs need one. */
function unreadable(host: Host, verb: string | undefined): Request {
  return named(host, { action: actionOf(verb) ?? 'add', dialect: 'ossec', requestedBy: 'alert', address: '-' });
}
