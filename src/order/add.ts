import { glanceAtServers } from '../agent/configuration/glance';
import { readLastHeard } from '../agent/last-heard';
import { findHostsFile, usualHostsFile } from '../agent/names/hosts-place';
import { type PlannedPins, planPins } from '../agent/names/planned-pins';
import { findTunnels, type Tunnels } from '../agent/server-route';
import type { AgentServers, NamedAddresses } from '../agent/servers';
import { readSettings, type Settings } from '../agent/settings';
import type { Snapshot } from '../evidence/start';
import type { Host } from '../host';
import { exitCodes } from '../outcome/exit-codes';
import { Failure } from '../outcome/failure';
import type { Outcome } from '../outcome/outcome';
import { describeContainment } from '../outcome/output/report';
import { addGaps, type Judgement } from '../outcome/states';
import type { AllowList } from '../policy/allow-list';
import type { Request, RequestedBy } from '../request/request';
import { stateFolderOf } from '../state/folder';
import type { Asked, OpenCase } from '../state/journal';
import type { CaseTimes } from '../state/recorder';
import { allowListOf, entriesLeftOut, handlersOf, mergeAsked, takeOver } from './asked';
import { parseHandler } from './handler';
import { orderOnce } from './once';
import { begunIn, namesInCase, noteNames, notPinned, pinNames, unpinNames } from './pin-names';
import { type Control, lookFirst, takeAsIs, tryAfter } from './proof';
import { type Order, openSession, type Session } from './session';

/** The names of the servers, and how they are to be kept. */
interface Names {
  readonly known: readonly NamedAddresses[];
  readonly pins: PlannedPins;
}

/** What is in force now, with notes for people: what traffic showed of it, and what is not known. */
interface Contained {
  readonly allowList: AllowList;
  readonly judgement: Judgement;
  readonly notes: readonly string[];
  /** Absent where this order made no block. */
  readonly times?: CaseTimes;
}

/** Contains the host, or brings a contained one to what is asked now. Throws `Failure`. */
export async function add(host: Host, home: string, order: Order): Promise<Outcome> {
  const { request } = order;
  const operator = request.requestedBy === 'operator' ? parseHandler(request.address) : undefined;
  const settings = readSettings(host.platform, home);
  const session = await openSession(host, home, order, settings.seal);
  try {
    if (request.answersStatus && session.openCase === undefined) return releasedSince;
    return await orderOnce(session, request, async () => {
      if (glanceAtServers(host.platform, home).needsNoLookUp) session.firewall.begin();
      const snapshot = await beginSnapshot(host, session, order, settings);
      const { agent, hostsFile } = await readServers(host, home, session);
      const planNames = ({ names: known }: AgentServers): Names => ({
        known,
        pins: planPins(host, { home, file: hostsFile, names: known, begun: begunIn(host, session.recorder.facts) }),
      });
      const names = planNames(agent);
      for (const warning of [...settings.warnings, ...agent.warnings]) session.recorder.warn(warning);
      const asked = mergeAsked(request, operator, settings, session.openCase?.asked);
      const planFor = (servers: AgentServers, { pins }: Names): AllowList =>
        allowListOf({ ...servers, needsDns: pins.whyNot !== undefined }, asked);
      const findLater = (): Later | undefined => {
        const later = agent.later();
        if (same(later.names, agent.names)) return undefined;
        const laterNames = planNames(later);
        return { names: laterNames, planned: planFor(later, laterNames) };
      };
      const { allowList, judgement, notes, times } = await contain({
        host,
        home,
        session,
        order,
        asked,
        planned: planFor(agent, names),
        names,
        findLater,
        settings,
        snapshot,
      });
      const outcome = describeContainment(allowList, agent.unresolved, judgement, notes);
      return withWords(outcome, [
        ...(times === undefined ? [] : [`block-ms=${times.blockMs}`]),
        ...(snapshot === undefined ? [] : [snapshot.word()]),
        ...(session.recorder.isJournalLost ? ['journal-lost'] : []),
      ]);
    });
  } finally {
    await session.close();
  }
}

/** The alert told of an opened host; a release may have come while it was on its way. */
const releasedSince: Outcome = {
  exitCode: exitCodes.done,
  message: 'An alert told that this host was opened, but no case is open any more. Nothing was changed.',
  status: 'add-started',
  words: ['not-carried-out-again', 'case-closed'],
};

/** All that a containment comes from. */
interface Given {
  readonly host: Host;
  readonly home: string;
  readonly session: Session;
  readonly order: Order;
  readonly asked: Asked;
  /** Without name servers; those are let through where the names cannot be pinned. */
  readonly planned: AllowList;
  readonly names: Names;
  readonly findLater: () => Later | undefined;
  readonly settings: Settings;
  readonly snapshot: Snapshot | undefined;
}

/** Evidence is collected by a process that nobody waits for. Why it was not started is for our log only. */
async function beginSnapshot(
  host: Host,
  { stateFolder, openCase, recorder }: Session,
  { request, started }: Order,
  { evidence: setting }: Settings,
): Promise<Snapshot | undefined> {
  const { startSnapshot } = await import('../evidence/start');
  const snapshot = startSnapshot(host, { stateFolder, request, at: started.at, setting, openCase });
  if (snapshot?.whyNot !== undefined) recorder.warn(`No evidence is collected: ${snapshot.whyNot}`);
  return snapshot;
}

/** The plan with what name servers answered only after the plan was made. */
interface Later {
  readonly names: Names;
  readonly planned: AllowList;
}

/**
 * Reads whose servers are let in, while what takes its time has begun. The backup may not be older than half a second,
 * so where a name has to be looked up, which may take seconds, that begins after the look-up.
 */
async function readServers(host: Host, home: string, session: Session) {
  const inCase = namesInCase(session.openCase?.facts ?? {});
  const { readNamedServers } = await import('../agent/servers');
  const named = readNamedServers(host, home);
  if (named.areKnown(inCase)) session.firewall.begin();
  const [agent, hostsFile] = await Promise.all([
    named.resolve(inCase),
    named.hasNames ? session.beside((over) => findHostsFile(host, stateFolderOf(host), over)) : usualHostsFile(host),
  ]);
  session.firewall.begin();
  return { agent, hostsFile };
}

async function contain(given: Given): Promise<Contained> {
  const { host, home, session, planned, names, settings, snapshot } = given;
  const { request, started } = given.order;
  const { proofAfter } = host.timeouts;
  const { firewall, recorder, openCase } = session;
  const { whenServerLost } = settings;
  const look = lookFirst(planned, settings.probe);
  let control: Control | undefined;
  const endLook = (): Control => {
    control ??= look.take();
    return control;
  };
  const [{ warnings, contained, letIn = [] }, tunnels] = await Promise.all([
    firewall.preflight(planned, whenServerLost === 'contain' ? 'contain' : 'refuse'),
    session.beside((over) => findTunnels(host, home, planned, over)),
  ]).catch((error: unknown) => {
    endLook();
    throw error;
  });
  // Until the block nothing is cut on a host that was free; on a contained one any change may cut.
  recorder.beforeChange((step) => {
    if (contained || cutting.includes(step)) endLook();
  });
  for (const warning of [...warnings, ...tunnels.warnings]) recorder.warn(warning);
  if (!contained && openCase === undefined && whenServerLost !== 'contain') refuseLostServer(tunnels);
  const asked = contained && openCase === undefined ? takeOver(given.asked, letIn) : given.asked;
  const handlers = handlersOf(asked);
  try {
    const isNew = !same(asked, openCase?.asked);
    if (openCase === undefined) recorder.append({ event: 'asked', ...asked });
    else if (isNew) recorder.askAnew(asked);
    noteNames(recorder, names.known);
    if (names.pins.whyNot === undefined && names.pins.missing.length > 0) snapshot?.keepHosts(names.pins.hosts.text);
    let whyNot = await pinNames(host, recorder, names.pins);
    const allowList = { ...planned, handlers, needsDns: whyNot !== undefined };
    const whose = whoChanges(request, asked, openCase);
    let judged = await firewall.contain(allowList, whose, recorder);
    snapshot?.blocked();
    // A slow name server costs the block nothing: what it said in the meantime is let in now.
    const later = given.findLater();
    if (later !== undefined) {
      noteNames(recorder, later.names.known);
      whyNot = await pinNames(host, recorder, later.names.pins);
      judged = await firewall.contain({ ...later.planned, handlers, needsDns: whyNot !== undefined }, whose, recorder);
    }
    const proof = recorder.acted ? await tryAfter(endLook(), proofAfter) : takeAsIs(endLook());
    const { gaps, isServerLost, notes } = proof;
    // A host that was contained before must not be set free because a server happens to be down.
    const wasWhole = contained && (openCase === undefined || openCase.judged !== undefined);
    if (isServerLost && !wasWhole && whenServerLost === 'release')
      await firewall.undo(recorder, gaps.map(({ detail }) => detail).join('; '));
    const times = recorder.timesOf(started.at);
    if (times !== undefined) recorder.note({ ...times, ...snapshot?.facts });
    const judgement = addGaps(judged, [
      ...tunnels.gaps,
      ...gaps,
      ...(whyNot === undefined ? [] : [notPinned(host, whyNot)]),
    ]);
    const isUnfinished = recorder.acted || (openCase?.unfinished.length ?? 0) > 0;
    if (isNew || isUnfinished || !same(judgement, openCase?.judged)) recorder.judged(judgement);
    const heard = times === undefined ? [] : hasHeard(host, home, planned, times.orderedAt + times.blockMs);
    const lost = recorder.isJournalLost ? [journalLost] : [];
    return {
      allowList,
      judgement,
      notes: [
        ...[...settings.warnings, ...entriesLeftOut(settings, asked)].map((warning) => `Settings: ${warning}`),
        ...notLetInAnyMore(openCase?.asked, asked),
        ...tunnels.warnings,
        ...notes,
        ...heard,
        ...lost,
      ],
      ...(times === undefined ? {} : { times }),
    };
  } catch (error) {
    endLook();
    await closeAfter(error, host, session);
    throw error instanceof Failure && snapshot !== undefined ? error.saying(snapshot.word()) : error;
  }
}

/** The steps that cut a free host off: on Windows, and on Linux. */
const cutting: readonly string[] = ['block', 'load'];

/** Refuses to contain a host where every server would be lost: it would get no further order. */
function refuseLostServer({ areAllLost, gaps }: Tunnels): void {
  if (!areAllLost) return;
  const what = gaps.map(({ detail }) => detail).join('; ');
  const advice = `Let the other end of the tunnel through by an entry of "allow", or set "whenServerLost": "contain".`;
  throw new Failure('server-would-be-lost', `${what}. Nothing was changed. ${advice}`);
}

const journalLost =
  'The journal could not be written, so "contain-host status" and later orders know less of this case. Make room on the disk of the state folder, and repeat ADD.';

/**
 * A server without TCP cannot be tried, but the agent may have heard from it by now. `cutAt`: milliseconds since 1970.
 */
function hasHeard({ platform }: Host, home: string, { servers }: AllowList, cutAt: number): string[] {
  if (servers.every(({ protocols }) => protocols.includes('tcp'))) return [];
  const { at } = readLastHeard(platform, home);
  return at !== undefined && at.getTime() > cutAt ? ['The agent has heard from its server since.'] : [];
}

function withWords(outcome: Outcome, words: readonly string[]): Outcome {
  return { ...outcome, words: [...outcome.words, ...words] };
}

/** Names those who were let in before and may rely on it, such as a colleague at work on the host. */
function notLetInAnyMore(before: Asked | undefined, { handlers }: Asked): string[] {
  const gone = before?.handlers.filter((handler) => !handlers.includes(handler)) ?? [];
  return gone.length === 0 ? [] : [`These addresses were let in before and are NOT any more: ${gone.join(', ')}.`];
}

/** An alert removes no handler, but it completes what a known operator's order had begun. */
function whoChanges({ requestedBy }: Request, asked: Asked, openCase: OpenCase | undefined): RequestedBy {
  const completes = (openCase?.unfinished.length ?? 0) > 0 && asked.operatorAddress !== undefined;
  return completes ? 'operator' : requestedBy;
}

/**
 * A case that was taken back is over, and so is one that this order opened without changing anything: the next ADD
 * starts from a fresh backup. One that was found open is not: whoever was interrupted may have changed the firewall.
 */
async function closeAfter(error: unknown, host: Host, { recorder, openCase }: Session): Promise<void> {
  if (!(error instanceof Failure)) return;
  const isWithoutChange = openCase === undefined && ['no-backup', 'journal-unwritable'].includes(error.code);
  if (error.code !== 'rolled-back' && !isWithoutChange) return;
  const unpinned = await unpinNames(host, recorder);
  if (typeof unpinned === 'object') recorder.warn(unpinned.left);
  recorder.closeCase(isWithoutChange ? 'nothing-changed' : 'rolled-back');
}

function same(a: unknown, b: unknown): boolean {
  return JSON.stringify(a) === JSON.stringify(b);
}
