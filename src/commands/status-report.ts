import { findHome } from '../agent/home';
import { type LastHeard, readLastHeard } from '../agent/last-heard';
import { usualHostsFile } from '../agent/names/hosts-place';
import { planPins } from '../agent/names/planned-pins';
import { systemLookUp } from '../agent/resolve';
import { type AgentServers, readNamedServers } from '../agent/servers';
import { findAgentService } from '../agent/service';
import type { Backup, Health } from '../firewall/firewall';
import { openFirewall } from '../firewall/open';
import type { Host } from '../host';
import { allowListOf } from '../order/asked';
import { leftPins } from '../order/left-pins';
import { namesInCase } from '../order/pin-names';
import { asAdministrator } from '../outcome/failure';
import { type Gap, gapOf, isNotSaved, lastingGaps } from '../outcome/gaps';
import { addGaps, type Judgement, judgementOf, type ServiceState, type State } from '../outcome/states';
import type { AllowList } from '../policy/allow-list';
import { errorCode, errorText } from '../process/error-code';
import { type MeasuredTimes, measuredTimes } from '../state/case-times';
import { stateFolderOf } from '../state/folder';
import type { Asked, OpenCase } from '../state/journal';
import { Journal } from '../state/journal';
import { isLocked } from '../state/lock';

/**
 * What `status` prints. docs/status-json.md documents its JSON. `version` grows when a field changes its meaning.
 */
export interface Status extends Partial<Omit<Asked, 'operatorAddress'>> {
  readonly version: 1;
  readonly state: State;
  readonly gaps: readonly Gap[];
  /** Another instance is working on this host right now. */
  readonly atWork: boolean;
  /** These, and who asked, are present when a case is open. */
  readonly since?: string;
  readonly servers?: readonly {
    readonly address: string;
    readonly port: number;
    readonly protocols: readonly string[];
  }[];
  readonly unresolved?: readonly string[];
  readonly backup?: {
    readonly file: string;
    readonly madeAt?: string;
    readonly good: boolean;
    readonly problem?: string;
  };
  readonly agent: Running;
  /**
   * When the agent last heard from its server, by its own files: null where they do not say. `sinceCut`, while a case
   * is open: whether that was after the cut, null where that cannot be told.
   */
  readonly heard?: { readonly at: string | null; readonly sinceCut?: boolean | null };
  /**
   * What was measured when the block of the case was made: how long after the order that was, and how long no rules
   * held the host.
   */
  readonly times?: MeasuredTimes;
  /** The services that filter, where the firewall has such. */
  readonly firewall?: readonly Running[];
  /** Present where a restart can lift a containment. */
  readonly survivesRestart?: boolean;
  /** What could not be read, and so is not known. */
  readonly unreadable: readonly string[];
}

/** `running` is null where that could not be told. */
interface Running {
  readonly service: string;
  readonly running: boolean | null;
}

/** Somebody waits for the answer: where a name takes longer, the address counts that the agent used last. */
const dnsLimitMs = 1000;

/** Reads everything that there is to know, all at once. Never throws. */
export async function readStatus(given: Host): Promise<Status> {
  const host: Host = { ...given, timeouts: { ...given.timeouts, dns: Math.min(given.timeouts.dns, dnsLimitMs) } };
  const unreadable: string[] = [];
  const stateFolder = stateFolderOf(host);
  const openCase = readCase(stateFolder, unreadable);
  const hasNoCase = openCase === undefined && unreadable.length === 0;
  const wasAtWork = isLocked(stateFolder);
  const home = await findHome(host).then(
    (found) => found.home,
    () => undefined,
  );
  const firewall = await openFirewall({ host, home, stateFolder, ...(openCase === undefined ? {} : { openCase }) });
  const servers = openCase === undefined ? undefined : await readServers(host, home, openCase, unreadable);
  const policy = openCase === undefined || servers === undefined ? undefined : allowListIn(openCase, servers);
  const [agent, health, seen] = await Promise.all([
    findAgentService(host, home),
    firewall.inspect(),
    firewall.judge(policy).catch((error: unknown): Judgement => {
      unreadable.push(errorText(error));
      return { state: 'uncertain', gaps: [] };
    }),
  ]);
  const atWork = wasAtWork || isLocked(stateFolder) || hasChanged(stateFolder, openCase);
  const { state, gaps } = judgeCase(
    addGaps(seen, [
      ...stoppedServices(health),
      ...lastingGaps(openCase?.judged?.gaps ?? []),
      ...(openCase === undefined ? [] : lostNames(host, home, openCase)),
      ...(hasNoCase ? leftPins(host) : []),
    ]),
    openCase,
    atWork,
  );
  return {
    ...{ version: 1, state, gaps, atWork },
    ...(openCase === undefined ? {} : caseFields(openCase)),
    ...(servers === undefined ? {} : serverFields(servers)),
    ...(openCase === undefined || health.backup === undefined ? {} : { backup: backupField(health.backup) }),
    agent: toRunning(agent),
    ...(home === undefined ? {} : { heard: heardField(readLastHeard(host.platform, home), openCase) }),
    ...(openCase === undefined ? {} : timesField(openCase)),
    ...(health.services === undefined ? {} : { firewall: health.services.map(toRunning) }),
    ...(health.survivesRestart === undefined
      ? {}
      : { survivesRestart: health.survivesRestart && !gaps.some(isNotSaved) }),
    unreadable,
  };
}

/**
 * Whether an order wrote into the case while it was read: a release that comes between the reading of the case and that
 * of the firewall would pass for a host that somebody opened.
 */
function hasChanged(stateFolder: string, before: OpenCase | undefined): boolean {
  return JSON.stringify(readCase(stateFolder, [])) !== JSON.stringify(before);
}

function readCase(stateFolder: string, unreadable: string[]): OpenCase | undefined {
  try {
    return new Journal(stateFolder).read();
  } catch (error) {
    const why = ['EACCES', 'EPERM'].includes(errorCode(error)) ? asAdministrator : 'the file could not be read';
    unreadable.push(`the journal: who asked, since when and for whom (${why})`);
    return undefined;
  }
}

async function readServers(
  host: Host,
  home: string | undefined,
  { facts }: OpenCase,
  unreadable: string[],
): Promise<AgentServers | undefined> {
  try {
    if (home === undefined) throw new Error('the folder of the agent was not found');
    const inCase = namesInCase(facts);
    // What the case knows counts. To ask a name server that is out of reach would only take time.
    const lookUp = async (name: string): Promise<readonly string[]> =>
      inCase.some((known) => known.name === name) ? [] : systemLookUp(name);
    return await readNamedServers(host, home).resolve(inCase, lookUp);
  } catch (error) {
    unreadable.push(`the servers that should be let in (${errorText(error)})`);
    return undefined;
  }
}

/** DNS is open if the last order that was judged could not pin the names. */
function allowListIn({ asked, facts, judged }: OpenCase, servers: AgentServers): AllowList {
  const isOlder = facts.names === undefined;
  const needsDns = isOlder ? servers.needsDns : (judged?.gaps.some(({ code }) => code === 'dns-open') ?? false);
  return allowListOf({ ...servers, needsDns }, asked);
}

/** The gaps of an order that could not pin the names. */
const neverPinned: readonly string[] = ['dns-open', 'no-name-server'];

/** Somebody took our lines out of the hosts file, or put another file in its place. */
function lostNames(host: Host, home: string | undefined, { facts, judged }: OpenCase): Gap[] {
  if (home === undefined || judged?.gaps.some(({ code }) => neverPinned.includes(code))) return [];
  const file = typeof facts.hostsFile === 'string' ? facts.hostsFile : usualHostsFile(host);
  const { missing, whyNot } = planPins(host, { home, file, names: namesInCase(facts) });
  const names = [...new Set(missing.map(({ name }) => name))];
  if (whyNot === undefined && names.length === 0) return [];
  return [gapOf({ code: 'names-lost' }, whyNot ?? names.join(', '))];
}

/** A step that did not finish outweighs what is seen now: the host may be on its way to anything. */
function judgeCase(seen: Judgement, openCase: OpenCase | undefined, atWork: boolean): Judgement {
  if (openCase === undefined) return seen;
  if (openCase.unfinished.length > 0 && !atWork) {
    return addGaps(judgementOf([gapOf({ code: 'unfinished-step' }, openCase.unfinished.at(-1))]), seen.gaps);
  }
  if (seen.state !== 'not-contained' || atWork) return seen;
  const why = openCase.judged === undefined ? 'it was never made' : 'somebody else changed the firewall';
  return judgementOf([gapOf({ code: 'containment-undone' }, why)]);
}

/** Rules that no running service enforces are only written down. */
function stoppedServices({ services = [] }: Health): Gap[] {
  const stopped = services.filter(({ state }) => state === 'stopped' || state === 'absent').map(({ name }) => name);
  if (stopped.length === 0) return [];
  return [gapOf({ code: 'firewall-stopped' }, stopped.join(', '))];
}

function caseFields({ since, asked }: OpenCase): Partial<Status> {
  const { requestedBy, alertId, ruleId, caseNumber, by, note, handlers, allow } = asked;
  return {
    since: since.toISOString(),
    requestedBy,
    ...(alertId === undefined ? {} : { alertId }),
    ...(ruleId === undefined ? {} : { ruleId }),
    ...(caseNumber === undefined ? {} : { caseNumber }),
    ...(by === undefined ? {} : { by }),
    ...(note === undefined ? {} : { note }),
    handlers,
    ...(allow === undefined ? {} : { allow }),
  };
}

function serverFields({ servers, unresolved }: AgentServers): Partial<Status> {
  return {
    servers: servers.map(({ address, port, protocols }) => ({ address: address.text, port, protocols })),
    ...(unresolved.length === 0 ? {} : { unresolved }),
  };
}

function backupField({ file, madeAt, bad }: Backup): NonNullable<Status['backup']> {
  const made = madeAt === undefined ? {} : { madeAt: madeAt.toISOString() };
  return { file, ...made, good: bad === undefined, ...(bad === undefined ? {} : { problem: bad }) };
}

/** An agent that notes whole seconds may note a moment up to one second too early. */
const noteMs = 1000;

function heardField({ at, isNotedAtOnce }: LastHeard, openCase: OpenCase | undefined): NonNullable<Status['heard']> {
  const text = { at: at?.toISOString() ?? null };
  if (openCase === undefined) return text;
  const { orderedAt, blockMs } = openCase.facts;
  const cutAt =
    typeof orderedAt === 'number' && typeof blockMs === 'number' ? orderedAt + blockMs : openCase.since.getTime();
  const isSince = at !== undefined && at.getTime() + noteMs > cutAt;
  return { ...text, sinceCut: isSince || isNotedAtOnce ? isSince : null };
}

function timesField({ facts }: OpenCase): Pick<Status, 'times'> {
  const times = measuredTimes(facts);
  return times === undefined ? {} : { times };
}

function toRunning({ name, state }: { readonly name: string; readonly state: ServiceState }): Running {
  return { service: name, running: state === 'unknown' ? null : state === 'running' };
}
