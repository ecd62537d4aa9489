import { parseArgs } from 'node:util';
import { findHome } from '../agent/home';
import { readAgentServers } from '../agent/servers';
import { openFirewall } from '../firewall/open';
import type { Host } from '../host';
import { exitCodes } from '../outcome/exit-codes';
import { Failure } from '../outcome/failure';
import { say } from '../outcome/say';
import type { Gap, Judgement, State } from '../outcome/states';
import { errorCode } from '../process/error-code';
import type { Request } from '../request/request';
import { stateFolderOf } from '../state/folder';
import { Journal, type OpenCase } from '../state/journal';
import { isLocked } from '../state/lock';
import { policyOf } from './asked';
import { wrongArguments } from './usage';

/** What `status --json` prints. `version` grows when a field changes its meaning. */
interface Status {
  readonly version: 1;
  readonly state: State;
  readonly gaps: readonly Gap[];
  /** Another instance is working on this host right now. */
  readonly atWork: boolean;
  /** Present when a case is open. */
  readonly since?: string;
  readonly requestedBy?: Request['requestedBy'];
  readonly alertId?: string;
  readonly ruleId?: string;
  readonly caseNumber?: string;
  readonly handlers?: readonly string[];
  readonly backup?: string;
  /** What could not be read, and so is not known. */
  readonly unreadable: readonly string[];
}

/**
 * Says whether this host is contained, judged from what is in force now, and what the journal knows of it. Changes nothing.
 * With `--expect STATE` the exit code is 0 only in that state.
 */
export async function status(host: Host, args: readonly string[]): Promise<number> {
  let options: { json?: boolean | undefined; expect?: string | undefined };
  try {
    options = parseArgs({ args: [...args], options: { json: { type: 'boolean' }, expect: { type: 'string' } } }).values;
  } catch {
    say(wrongArguments);
    return exitCodes.refused;
  }
  const found = await readStatus(host);
  say(options.json ? `${JSON.stringify(found, null, 2)}\n` : describe(found));
  return options.expect === undefined || options.expect === found.state ? exitCodes.done : exitCodes.refused;
}

async function readStatus(host: Host): Promise<Status> {
  const unreadable: string[] = [];
  const openCase = readCase(host, unreadable);
  const atWork = isLocked(stateFolderOf(host));
  const { state, gaps } = await judge(host, openCase, atWork, unreadable);
  return { version: 1, state, gaps, atWork, ...(openCase === undefined ? {} : caseFields(openCase)), unreadable };
}

function readCase(host: Host, unreadable: string[]): OpenCase | undefined {
  try {
    return new Journal(stateFolderOf(host)).read();
  } catch (error) {
    const why = ['EACCES', 'EPERM'].includes(errorCode(error)) ? 'run this elevated to read it' : String(error);
    unreadable.push(`the journal: who asked, since when and for whom (${why})`);
    return undefined;
  }
}

/** A step that did not finish outweighs what is seen now: the host may be on its way to anything. */
async function judge(
  host: Host,
  openCase: OpenCase | undefined,
  atWork: boolean,
  unreadable: string[],
): Promise<Judgement> {
  const home = await findHome(host).then(
    (found) => found.home,
    () => undefined,
  );
  const firewall = openFirewall({ host, home, stateFolder: stateFolderOf(host) });
  const policy = openCase === undefined ? undefined : await policyFor(host, home, openCase, unreadable);
  const judgement = await firewall.judge(policy).catch((error: unknown): Judgement => {
    unreadable.push(error instanceof Failure ? error.message : String(error));
    return { state: 'uncertain', gaps: [] };
  });
  if (openCase === undefined) return judgement;
  if (openCase.unfinished.length > 0 && !atWork) {
    const detail = `The step "${openCase.unfinished.at(-1)}" did not finish. Repeat the order, ADD or DELETE; either puts this right.`;
    return { state: 'interrupted', gaps: [{ code: 'unfinished-step', detail }, ...judgement.gaps] };
  }
  if (judgement.state !== 'not-contained') return judgement;
  const detail =
    'The containment was asked for and is gone: somebody else changed the firewall. Repeat ADD, or close the case with DELETE.';
  return { state: 'not-contained', gaps: [{ code: 'containment-undone', detail }] };
}

async function policyFor(host: Host, home: string | undefined, openCase: OpenCase, unreadable: string[]) {
  try {
    if (home === undefined) throw new Error('the folder of the agent was not found');
    return policyOf(await readAgentServers(host, home), openCase.asked);
  } catch (error) {
    unreadable.push(`the servers that should be let in (${error instanceof Error ? error.message : String(error)})`);
    return undefined;
  }
}

function caseFields({ since, asked, facts }: OpenCase): Partial<Status> {
  const { requestedBy, alertId, ruleId, caseNumber, handlers } = asked;
  return {
    since: since.toISOString(),
    requestedBy,
    ...(alertId === undefined ? {} : { alertId }),
    ...(ruleId === undefined ? {} : { ruleId }),
    ...(caseNumber === undefined ? {} : { caseNumber }),
    handlers,
    ...(typeof facts.backup === 'string' ? { backup: facts.backup } : {}),
  };
}

const sentences: Record<State, string> = {
  'not-contained': 'This host is not contained.',
  contained: 'This host is CONTAINED.',
  degraded: 'This host is CONTAINED, with the gaps below.',
  ineffective: 'This host is NOT CONTAINED: rules are set, but they are not enforced.',
  uncertain: 'UNCERTAIN: what is in force could not be read.',
  interrupted: 'INTERRUPTED: a step did not finish.',
};

function describe(found: Status): string {
  const who =
    found.requestedBy === 'alert'
      ? `alert ${found.alertId ?? ''} rule ${found.ruleId ?? ''}`.trim()
      : found.requestedBy;
  const lines = [
    sentences[found.state],
    ...(found.atWork ? ['Another instance is at work on it right now.'] : []),
    ...(found.since === undefined ? [] : [`Since ${found.since}, asked for by ${who}.`]),
    ...(found.caseNumber === undefined ? [] : [`Case ${found.caseNumber}.`]),
    ...(found.handlers === undefined ? [] : [`Handlers: ${found.handlers.join(', ') || 'none'}.`]),
    ...(found.backup === undefined ? [] : [`Backup: ${found.backup}.`]),
    ...found.gaps.map(({ code, detail }) => `Gap: ${detail} [${code}]`),
    ...found.unreadable.map((what) => `Not readable: ${what}`),
  ];
  return `${lines.join('\n')}\n`;
}
