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
  const understood = parseContain(args);
  const isToRelease = understood.kind === 'order' && host.name === releaseName;
  return answer(host, 'add', isToRelease ? noContain : understood, 'contain');
}

const releaseName = 'release-host';
const noContain: Understood = { kind: 'refused', reason: 'Under the name release-host this program only releases.' };

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
  const understood = parseOssecArguments(args);
  return answer(
    host,
    actionOf(first) ?? 'add',
    understood ?? unknown,
    understood === undefined ? 'COMMAND' : undefined,
  );
}

/** `command`: the command whose form a refusal shows; where undefined, the agents' form; `COMMAND`: all there are. */
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
    const form = command === undefined && action === 'delete' ? 'release' : command;
    return report(host, await refuse(host, named(host, unread), failure), form);
  }
  return understood.byHand
    ? carryOutByHand(host, understood, command)
    : report(host, await ask(host, understood.request), command);
}

async function ask(host: Host, request: Request): Promise<Outcome> {
  return (await import('../order/run-in-worker')).runInWorker(host, named(host, request));
}

/** Carries it out and shows what a person needs and no agent reads: a warning before, progress, the time after. */
async function carryOutByHand(
  host: Host,
  { request, keepsSession = false }: Extract<Understood, { readonly kind: 'order' }>,
  command: string | undefined,
): Promise<number> {
  const begun = Date.now();
  const { personAtPrompt } = await import('./person');
  let order: Request = { ...request, by: personAtPrompt(host) };
  if (order.action === 'add' && host.name !== releaseName) {
    const { keepSession } = await import('./keep-session');
    try {
      const prepared = await keepSession(host, order, keepsSession);
      if (prepared.warning !== undefined) complain(`${prepared.warning}\n`);
      order = prepared.request;
    } catch (error) {
      const { refuse } = await import('../order/carry-out');
      return report(host, await refuse(host, order, error), command);
    }
  }
  const { isatty } = await import('node:tty');
  if (!isatty(2)) return report(host, await ask(host, order), command, begun);
  const { Progress } = await import('./follow');
  const progress = new Progress(host);
  void progress.run();
  const outcome = await ask(host, order);
  progress.stop();
  progress.show();
  return report(host, outcome, command, begun);
}

async function showHelp(command: string | undefined): Promise<void> {
  const [{ helpOf, usage }, { findCommand }] = await Promise.all([import('./help'), import('./table')]);
  const found = command === undefined ? undefined : findCommand(command);
  say(found === undefined ? usage() : helpOf(found));
}

/** Exit codes of orders that never began: what is said then is a reason, and no outcome. */
const refusals: readonly number[] = [exitCodes.refused, exitCodes.unable];

/** `begun`: when a person began to wait. */
async function report(
  host: Host,
  { exitCode, message, words }: Outcome,
  command: string | undefined,
  begun?: number,
): Promise<number> {
  if (refusals.includes(exitCode)) complain(`${message}\n${await formFor(words, command)}`);
  else if (begun === undefined) say(`${message}\n`);
  else say(`${await paintFirstLine(host, exitCode, message)}\n${finished(begun)}`);
  return exitCode;
}

/** In the colours of the status: green is done, yellow has gaps or goes on, red needs somebody. */
async function paintFirstLine(host: Host, exitCode: number, message: string): Promise<string> {
  const { painter } = await import('../outcome/output/colour');
  const [first = '', ...more] = message.split('\n');
  const isOpenEnded = exitCode === exitCodes.degraded || exitCode === exitCodes.busy;
  const colour = exitCode === exitCodes.done ? 'green' : isOpenEnded ? 'yellow' : 'red';
  return [painter(host)(colour, first), ...more].join('\n');
}

function finished(begun: number): string {
  const now = new Date();
  const zone = `${now.toLocaleTimeString('en-GB')} here, ${now.toISOString().slice(0, 19)}Z`;
  return `Finished at ${zone}, after ${((now.getTime() - begun) / 1000).toFixed(1)} s.\n`;
}

/** One line with the right form, where the words were wrong and not the host. */
async function formFor(words: readonly string[], name: string | undefined): Promise<string> {
  if (!words.includes('bad-arguments') && !words.includes('bad-address')) return '';
  const [{ orderExample, orderForm }, { commands, findCommand }] = await Promise.all([
    import('./help'),
    import('./table'),
  ]);
  const names = commands.map((one) => one.name).join(', ');
  if (name === 'COMMAND')
    return `Usage: contain-host COMMAND, which is one of: ${names}. All else: contain-host --help\n`;
  const command = name === undefined ? undefined : findCommand(name);
  const form = command === undefined ? orderForm : `contain-host ${command.name} ${command.form}`;
  const example = command === undefined ? orderExample : `contain-host ${command.examples[0]?.line}`;
  return `Usage: ${form}, for example: ${example}. All else: contain-host --help\n`;
}

/** No agent can pass arguments to an executable, so the second name of the file is the order to release. */
export function named(host: Host, request: Request): Request {
  return host.name === releaseName ? { ...request, action: 'delete' } : request;
}
