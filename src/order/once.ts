import { exitCodes } from '../outcome/exit-codes';
import type { Outcome } from '../outcome/outcome';
import type { Request } from '../request/request';
import { KnownOrders } from '../state/known-orders';
import type { Session } from './session';

/**
 * Carries out an order with an id once: a server may send one twice, and a delayed one must not undo what was ordered
 * since. One that failed may come again.
 */
export async function orderOnce(
  { stateFolder, openCase }: Session,
  { action, orderId }: Request,
  work: () => Promise<Outcome>,
): Promise<Outcome> {
  if (orderId === undefined) return work();
  const known = new KnownOrders(stateFolder);
  const reason = known.findReason(orderId, openCase !== undefined, new Date());
  if (reason !== undefined) return notAgain(action, reason);
  const outcome = await work();
  known.add(orderId, new Date());
  return outcome;
}

function notAgain(action: Request['action'], reason: string): Outcome {
  return {
    exitCode: exitCodes.done,
    message: `${reason}. Nothing was changed by this one. Run "contain-host status" to see what is in force; a new order needs a new id.`,
    status: action === 'add' ? 'add-started' : 'delete-failed',
    words: ['not-carried-out-again'],
  };
}
