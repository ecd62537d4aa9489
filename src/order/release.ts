import type { Host } from '../host';
import { exitCodes } from '../outcome/exit-codes';
import { Failure } from '../outcome/failure';
import type { Outcome } from '../outcome/outcome';
import type { State } from '../outcome/states';
import type { Request } from '../request/request';
import { orderOnce } from './once';
import { type Unpinned, unpinNames } from './pin-names';
import { type Order, openSession, type Session } from './session';

/** Gives the host back as it was. Needs no server, no address and no home. Throws `Failure`. */
export async function release(host: Host, home: string | undefined, order: Order): Promise<Outcome> {
  const session = await openSession(host, home, order);
  try {
    return await orderOnce(session, order.request, () => releaseCase(host, session, order.request));
  } finally {
    await session.close();
  }
}

async function releaseCase(host: Host, { firewall, recorder, openCase }: Session, request: Request): Promise<Outcome> {
  if (request.requestedBy === 'alert' && openCase?.asked.requestedBy !== 'alert') {
    const { state } = await firewall.judge();
    if (state === 'not-contained' && openCase === undefined) return notContained('This host is not contained.');
    if (state === 'uncertain' && openCase === undefined) throw nothingKnown();
    return heldByOperator(state);
  }
  const { was, differences: inPolicy } = await firewall.release(recorder);
  const unpinned = await unpinNames(host, recorder);
  const differences = [...inPolicy, ...(typeof unpinned === 'object' ? [unpinned.left] : [])];
  if (openCase !== undefined || recorder.acted)
    recorder.closeCase(was === 'not-contained' || was === 'given-back-by-others' ? 'nothing-changed' : 'released');
  if (was === 'not-contained') return notContained('This host is not contained.', unpinned);
  if (was === 'given-back-by-others') return notContained(givenBack, unpinned);
  const how =
    was === 'contained'
      ? 'Released: the policy from before the containment is in force again.'
      : 'The policy from before the containment was in force already; the case is closed and nothing was changed.';
  return {
    exitCode: exitCodes.done,
    message: [how, ...differences.map((difference) => `Note: ${difference}`), whatHappened].join('\n'),
    status: 'delete',
    words: differences.length === 0 ? [] : ['with-differences'],
  };
}

const whatHappened = 'What happened in this case: contain-host report';

/**
 * A case can be open on a host that is not contained: its ADD was interrupted, or its end could not be written down.
 */
function heldByOperator(state: State): Outcome {
  const isHeld = state === 'contained' || state === 'degraded';
  return {
    exitCode: exitCodes.done,
    message: `Held by operator: an alert does not end what an operator asked for. Nothing was changed. ${sentences[state]}`,
    status: 'delete-failed',
    words: ['held-by-operator', ...(isHeld ? [] : [state])],
  };
}

const notInForce = 'Repeat ADD, or close the case with "contain-host release" at its own prompt.';
const sentences: Readonly<Record<State, string>> = {
  contained: 'This host is still contained.',
  degraded: 'This host is still contained, with gaps: run "contain-host status".',
  ineffective: `This host is NOT contained: the rules are set, but they are not enforced. ${notInForce}`,
  'not-contained': `This host is NOT contained now. ${notInForce}`,
  uncertain: 'What is in force cannot be read, so the state of this host is uncertain: run "contain-host status".',
  interrupted: `The last order was interrupted. ${notInForce}`,
};

/** An operator's containment may be in force, which no alert lifts. That there is one cannot be claimed either. */
function nothingKnown(): Failure {
  const message =
    'No case is known and what is in force cannot be read, so an alert changes nothing here. The state of the host is uncertain: run "contain-host status", or run "contain-host release" at its own prompt.';
  return new Failure('not-released', message);
}

const givenBack =
  'This host is not contained any more: somebody else gave it back, and has used it since. Its case is closed.';

const namesTakenOut = 'The names of servers that were still pinned were taken out of the hosts file.';

function notContained(why: string, unpinned: Unpinned = 'none'): Outcome {
  const done = unpinned === 'none' ? 'Nothing was changed.' : namesTakenOut;
  return {
    exitCode: exitCodes.done,
    message: `${why} ${typeof unpinned === 'object' ? `Note: ${unpinned.left}.` : done}`,
    status: 'delete',
    words: ['not-contained'],
  };
}
