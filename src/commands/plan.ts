import { sep } from 'node:path';
import { parseArgs } from 'node:util';
import { findHome } from '../agent/home';
import { usualHostsFile } from '../agent/names/hosts-place';
import { planPins } from '../agent/names/planned-pins';
import { findTunnels } from '../agent/server-route';
import { type AgentServers, readAgentServers } from '../agent/servers';
import { readSettings } from '../agent/settings';
import type { Firewall, Step } from '../firewall/firewall';
import { openFirewall } from '../firewall/open';
import { batchScriptCommands } from '../firewall/windows/batch-script';
import type { Host } from '../host';
import { allowListOf, mergeAsked } from '../order/asked';
import { parseHandler } from '../order/handler';
import { leftPins } from '../order/left-pins';
import { notPinned } from '../order/pin-names';
import { exitCodes } from '../outcome/exit-codes';
import { Failure } from '../outcome/failure';
import { isServerLostEverywhere, printed, textOf } from '../outcome/gaps';
import { complain, say } from '../outcome/output/say';
import { addGaps, type Judgement, type State } from '../outcome/states';
import { cidr } from '../policy/address';
import type { AllowList } from '../policy/allow-list';
import type { SealWhen } from '../policy/seal';
import { parseOssecArguments } from '../request/ossec';
import { parseContain, parseRelease } from '../request/prompt';
import type { Request, RequestedBy } from '../request/request';
import type { Understood } from '../request/understood';
import { stateFolderOf } from '../state/folder';
import { usage } from './help';
import { formOf, whatIsWrong } from './refuse';

/** What `plan` prints; the form is fixed for other programs. */
interface Plan {
  readonly requestedBy: RequestedBy;
  readonly servers: readonly { address: string; port: number; protocols: readonly string[] }[];
  readonly unresolved: readonly string[];
  readonly handlers: readonly string[];
  readonly steps: readonly Step[];
  /** What an ADD would come to here. Absent for a release, and where the plan is for another operating system. */
  readonly judgement?: Judgement;
  /** What could not be found out; absent where there is nothing of that. */
  readonly warnings?: readonly string[];
}

interface Options {
  readonly platform: Host['platform'];
  readonly original: boolean;
  readonly request: Request;
}

/** Prints what an order would do, step by step. Changes nothing and needs no rights. Returns the exit code. */
export async function plan(host: Host, args: readonly string[]): Promise<number> {
  const json = args.includes('--json');
  try {
    const options = readOptions(host, args);
    if (options === undefined) {
      say(usage());
      return exitCodes.done;
    }
    const planned = await makePlan(host, options);
    say(json ? `${JSON.stringify(asJson(planned), null, 2)}\n` : describe(planned, options));
    return exitCodes.done;
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    if (json) say(`${JSON.stringify({ refused: error.code, message: error.message })}\n`);
    else complain(`${error.message}\n${error.code === 'bad-arguments' ? `Usage: ${formOf('plan')}\n` : ''}`);
    return error.exitCode;
  }
}

function asJson({ judgement, ...planned }: Plan): object {
  if (judgement === undefined) return planned;
  return { ...planned, judgement: { ...judgement, gaps: judgement.gaps.map(printed) } };
}

/** Undefined where the order is a question for help. Throws `Failure`. */
function readOptions(host: Host, args: readonly string[]): Options | undefined {
  const bad = (why: string): Failure => new Failure('bad-arguments', `${why} Nothing was changed.`);
  let values: { for?: string | undefined; original?: boolean | undefined };
  let positionals: string[];
  try {
    ({ values, positionals } = parseArgs({
      args: [...args],
      allowPositionals: true,
      options: { for: { type: 'string' }, original: { type: 'boolean' }, json: { type: 'boolean' } },
    }));
  } catch (error) {
    throw bad(whatIsWrong('plan', args, error));
  }
  const platform = values.for ?? host.platform;
  if (platform !== 'windows' && platform !== 'linux') throw bad('--for takes windows or linux.');
  const understood = readOrder(positionals);
  if (understood?.kind === 'help') return undefined;
  if (understood?.kind !== 'order')
    throw bad(understood?.reason ?? 'plan takes an order: contain and an IP address, or release.');
  return { platform, original: values.original ?? false, request: understood.request };
}

/** An order as it is typed at the prompt, or as agents write it. */
function readOrder([first, ...rest]: readonly string[]): Understood | undefined {
  if (first === 'contain') return parseContain(rest);
  if (first === 'release') return parseRelease(rest);
  return parseOssecArguments(first === undefined ? [] : [first, ...rest]);
}

async function makePlan(here: Host, options: Options): Promise<Plan> {
  const host = { ...here, platform: options.platform };
  const isForHere = here.platform === options.platform && !options.original;
  return options.request.action === 'delete' ? planDelete(host, options, isForHere) : planAdd(host, options, isForHere);
}

/** `isForHere`: the plan is for this very host, so it can look at what is in force. */
async function planAdd(host: Host, { request, original }: Options, isForHere: boolean): Promise<Plan> {
  const operator = request.requestedBy === 'operator' ? parseHandler(request.address) : undefined;
  const { home } = await findHome(host);
  const agent = await readAgentServers(host, home);
  const settings = readSettings(host.platform, home);
  const asked = mergeAsked(request, operator, settings, undefined);
  const pins = planPins(host, { home: isForHere ? home : undefined, file: usualHostsFile(host), names: agent.names });
  const allowList = allowListOf({ ...agent, needsDns: pins.whyNot !== undefined }, asked);
  const { requestedBy } = request;
  const firewall = await firewallAt(host, home, settings.seal);
  return {
    requestedBy,
    servers: allowList.servers.map(({ address, port, protocols }) => ({ address: address.text, port, protocols })),
    unresolved: agent.unresolved,
    handlers: allowList.handlers.map((handler) =>
      handler.prefix === hostPrefix[handler.family] ? handler.text : cidr(handler),
    ),
    steps: original
      ? originalSteps('add', home, agent, request)
      : [
          ...(pins.missing.length === 0 ? [] : [{ step: 'pin-names', command: null }]),
          ...(await firewall.containSteps(allowList, isForHere)),
        ],
    ...(isForHere ? await judge(host, home, { firewall, allowList, whyNotPinned: pins.whyNot }) : {}),
  };
}

interface Planned {
  readonly firewall: Firewall;
  readonly allowList: AllowList;
  /** Why the names of servers would not be pinned. */
  readonly whyNotPinned: string | undefined;
}

async function judge(
  host: Host,
  home: string,
  { firewall, allowList, whyNotPinned }: Planned,
): Promise<Pick<Plan, 'judgement' | 'warnings'>> {
  const [judged, tunnels] = await Promise.all([firewall.judgePlan(allowList), findTunnels(host, home, allowList)]);
  const { gaps, warnings } = tunnels;
  return {
    judgement: addGaps(judged, [...gaps, ...(whyNotPinned === undefined ? [] : [notPinned(host, whyNotPinned)])]),
    ...(warnings.length === 0 ? {} : { warnings }),
  };
}

async function planDelete(host: Host, { request, original }: Options, isForHere: boolean): Promise<Plan> {
  const home = await findHome(host).then(
    (found) => found.home,
    () => undefined,
  );
  return {
    requestedBy: request.requestedBy,
    servers: [],
    unresolved: [],
    handlers: [],
    steps: original
      ? originalSteps('delete', home, undefined, request)
      : [
          ...(await firewallAt(host, home)).releaseSteps(),
          ...(isForHere && leftPins(host).length > 0 ? [{ step: 'unpin-names', command: null }] : []),
        ],
  };
}

const hostPrefix = { 4: 32, 6: 128 } as const;

function firewallAt(host: Host, home: string | undefined, seal?: SealWhen) {
  return openFirewall({ host, home, stateFolder: stateFolderOf(host), ...(seal === undefined ? {} : { seal }) });
}

/** The commands of the batch script, which takes the last server that it finds. */
function originalSteps(
  action: Request['action'],
  home: string | undefined,
  agent: AgentServers | undefined,
  request: Request,
): Step[] {
  const server = agent?.servers.at(-1)?.address.text ?? '';
  const folder = home === undefined ? '%OSSECPATH%' : `${home}${sep}`;
  return batchScriptCommands(action, folder, server, request.address).map((command) => ({
    step: 'batch-script',
    command,
  }));
}

function describe(plan: Plan, options: Options): string {
  const { requestedBy, servers, unresolved, handlers, steps, judgement, warnings = [] } = plan;
  const list = (texts: readonly string[]): string => (texts.length === 0 ? 'none' : texts.join(', '));
  return `${[
    `Requested by: ${requestedBy}`,
    `Servers: ${list(servers.map(({ address, port, protocols }) => `${address} port ${port} (${protocols.join(', ')})`))}`,
    ...(unresolved.length === 0 ? [] : [`Names that do not resolve: ${unresolved.join(', ')}`]),
    `Handlers: ${list(handlers)}`,
    'Steps:',
    ...steps.map(
      ({ step, command }, index) =>
        `${String(index + 1).padStart(4)}  ${step.padEnd(18)} ${commandLine(options.platform, command)}`,
    ),
    ...(options.request.action === 'add' && !options.original ? describeJudgement(judgement) : []),
    ...warnings,
  ].join('\n')}\n`;
}

const sentences: Readonly<Partial<Record<State, string>>> = {
  contained: 'Afterwards: contained. The servers and handlers are within reach, all others are not.',
  degraded: 'Afterwards: contained, with these gaps.',
  ineffective: 'Afterwards: NOT CONTAINED. The rules would be set, but not be enforced.',
};

function describeJudgement(judgement: Judgement | undefined): string[] {
  if (judgement === undefined) return ['Afterwards: cannot be told here; ask on the host itself.'];
  const { state, gaps } = judgement;
  return [
    sentences[state] ?? 'Afterwards: cannot be told, since what is in force cannot be read.',
    ...(isServerLostEverywhere(gaps) ? ['An ADD is refused for that, unless "whenServerLost" is "contain".'] : []),
    ...gaps.map((gap) => `  ! ${textOf(gap)}`),
  ];
}

/** As a shell of that system takes it. */
function commandLine(platform: Host['platform'], command: readonly string[] | null): string {
  const inShell = (word: string): string =>
    /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`;
  const inCmd = (word: string): string => (/\s/.test(word) ? `"${word}"` : word);
  return command?.map(platform === 'linux' ? inShell : inCmd).join(' ') ?? '-';
}
