import { findTunnels } from '../agent/server-route';
import { readNamedServers } from '../agent/servers';
import { readSettings, type Settings } from '../agent/settings';
import type { Host, Timeouts } from '../host';
import { Failure } from '../outcome/failure';
import type { Outcome } from '../outcome/outcome';
import { describeContainment } from '../outcome/output/report';
import { addGaps, type Judgement } from '../outcome/states';
import type { AllowList } from '../policy/allow-list';
import type { Request, RequestedBy } from '../request/request';
import type { Asked, OpenCase } from '../state/journal';
import { allowListOf, mergeAsked } from './asked';
import { parseHandler } from './handler';
import { takeAsIs, tryAfter, tryBefore } from './proof';
import { openSession, type Session } from './session';

/** What is in force now, and what traffic showed of it, for people. */
interface Contained {
  readonly judgement: Judgement;
  readonly notes: readonly string[];
}

/** Contains the host, or brings a contained one to what is asked now. Throws `Failure`. */
export async function add(host: Host, home: string, request: Request): Promise<Outcome> {
  const operator = request.requestedBy === 'operator' ? parseHandler(request.address) : undefined;
  const settings = readSettings(host.platform, home);
  const named = readNamedServers(host, home);
  const session = await openSession(host, home, request);
  try {
    session.firewall.begin();
    const agent = await named.resolve();
    for (const warning of [...settings.warnings, ...agent.warnings]) session.recorder.warn(warning);
    const asked = mergeAsked(request, operator, settings, session.openCase?.asked);
    const allowList = allowListOf(agent, asked);
    const { judgement, notes } = await contain(session, request, asked, allowList, settings, host.timeouts);
    return describeContainment(allowList, agent.unresolved, judgement, notes);
  } finally {
    await session.close();
  }
}

async function contain(
  session: Session,
  request: Request,
  asked: Asked,
  allowList: AllowList,
  settings: Settings,
  { proofBefore, proofAfter }: Timeouts,
): Promise<Contained> {
  const { firewall, recorder, openCase } = session;
  const [{ warnings, contained }, control, tunnels] = await Promise.all([
    firewall.preflight(allowList, settings.whenServerLost),
    tryBefore(allowList, settings.probe, proofBefore),
    findTunnels(allowList.servers),
  ]);
  for (const warning of warnings) recorder.warn(warning);
  // Contained without us: by the batch script, in an operator's hand. An alert must not be able to lift that later.
  const recorded: Asked = contained && openCase === undefined ? { ...asked, requestedBy: 'operator' } : asked;
  try {
    const isNew = !same(recorded, openCase?.asked);
    if (openCase === undefined) recorder.append({ event: 'asked', ...recorded });
    else if (isNew) recorder.askAnew(recorded);
    const judged = await firewall.contain(allowList, whoChanges(request, asked, openCase), recorder);
    const proof = recorder.acted ? await tryAfter(control, proofAfter) : takeAsIs(control);
    const { gaps, isServerLost, notes } = proof;
    // Of a host that was contained before, nobody wants it set free because a server happens to be down.
    const wasWhole = contained && (openCase === undefined || openCase.judged !== undefined);
    if (isServerLost && !wasWhole && settings.whenServerLost === 'refuse')
      await firewall.undo(recorder, gaps.map(({ detail }) => detail).join('; '));
    const judgement = addGaps(judged, [...tunnels, ...gaps]);
    const isUnfinished = recorder.acted || (openCase?.unfinished.length ?? 0) > 0;
    if (isNew || isUnfinished || !same(judgement, openCase?.judged)) recorder.judged(judgement);
    return { judgement, notes };
  } catch (error) {
    closeAfter(error, session);
    throw error;
  }
}

/** An alert removes no handler, but it completes what a known operator's order had begun. */
function whoChanges({ requestedBy }: Request, asked: Asked, openCase: OpenCase | undefined): RequestedBy {
  const completes = (openCase?.unfinished.length ?? 0) > 0 && asked.operatorAddress !== undefined;
  return completes ? 'operator' : requestedBy;
}

/**
 * A case that was taken back is over, and so is one that this order opened without changing anything: the next ADD starts from
 * a fresh backup. One that was found open is not: whoever was interrupted may have changed the firewall.
 */
function closeAfter(error: unknown, { recorder, openCase }: Session): void {
  if (!(error instanceof Failure)) return;
  if (error.code === 'rolled-back') recorder.closeCase('rolled-back');
  else if (openCase === undefined && ['no-backup', 'journal-unwritable'].includes(error.code))
    recorder.closeCase('nothing-changed');
}

function same(a: unknown, b: unknown): boolean {
  return JSON.stringify(a) === JSON.stringify(b);
}
