import type { Host } from '../host';
import { exitCodes } from '../outcome/exit-codes';
import { Failure } from '../outcome/failure';
import type { Outcome } from '../outcome/outcome';
import { complain, say } from '../outcome/output/say';
import { actionOf, parseOssecArguments } from '../request/ossec';
import { parseContain, parseRelease } from '../request/prompt';
import type { Request } from '../request/request';
import { quote, type Understood } from '../request/understood';

/** `contain IP [case=N]`. Returns the exit code, as all here do. */
export function contain(host: Host, args: readonly string[]): Promise<number> {
  return answer(host, 'add', parseContain(args), 'contain');
}

/** `release [case=N]`. */
export function release(host: Host, args: readonly string[]): Promise<number> {
  return answer(host, 'delete', parseRelease(args), 'release');
}

/** `ADD|DELETE user IP [rest...]`, from an agent or a person, or words that are none of this program's. */
export function ossecOrder(host: Host, args: readonly string[]): Promise<number> {
  const [first = ''] = args;
  const unknown: Understood = {
    kind: 'refused',
    reason: `${quote(first)} is no command of contain-host.`,
  };
  return answer(host, actionOf(first) ?? 'add', parseOssecArguments(args) ?? unknown, undefined);
}

/** `command`: the one whose form a refusal shows; undefined: the agents' own form. */
async function answer(
  host: Host,
  action: Request['action'],
  understood: Understood,
  command: string | undefined,
): Promise<number> {
  if (understood.kind === 'help') {
    await showHelp(command);
    return exitCodes.done;
  }
  if (understood.kind === 'refused') {
    const failure = new Failure('bad-arguments', `${understood.reason} Nothing was changed.`);
    const { refuse } = await import('../order/carry-out');
    const unread: Request = { action, dialect: 'ossec', requestedBy: 'alert', address: '-' };
    return report(await refuse(host, named(host, unread), failure), command);
  }
  const { runInWorker } = await import('../order/run-in-worker');
  return report(await runInWorker(host, named(host, understood.request)), command);
}

async function showHelp(command: string | undefined): Promise<void> {
  const [{ helpOf, usage }, { findCommand }] = await Promise.all([import('./help'), import('./table')]);
  const found = command === undefined ? undefined : findCommand(command);
  say(found === undefined ? usage() : helpOf(found));
}

/** Exit codes with which nothing was begun: their reasons are no outcome. */
const refusals: readonly number[] = [exitCodes.refused, exitCodes.unable];

async function report({ exitCode, message, words }: Outcome, command: string | undefined): Promise<number> {
  if (refusals.includes(exitCode)) complain(`${message}\n${await formFor(words, command)}`);
  else say(`${message}\n`);
  return exitCode;
}

/** One line with the right form, where the words were wrong and not the host. */
async function formFor(words: readonly string[], name: string | undefined): Promise<string> {
  if (!words.includes('bad-arguments') && !words.includes('bad-address')) return '';
  const [{ orderExample, orderForm }, { findCommand }] = await Promise.all([import('./help'), import('./table')]);
  const command = name === undefined ? undefined : findCommand(name);
  const form = command === undefined ? orderForm : `contain-host ${command.name} ${command.form}`;
  const example = command === undefined ? orderExample : `contain-host ${command.examples[0]?.line}`;
  return `Usage: ${form}, for example: ${example}. All else: contain-host --help\n`;
}

/** No agent can pass arguments to an executable, so the second name of the file is the order to release. */
export function named(host: Host, request: Request): Request {
  return host.name === 'release-host' ? { ...request, action: 'delete' } : request;
}
