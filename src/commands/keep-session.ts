import { findHome } from '../agent/home';
import { readSettings } from '../agent/settings';
import type { Host } from '../host';
import { Failure } from '../outcome/failure';
import { type Address, isRefusal, isWithin, parseHost } from '../policy/address';
import type { Request } from '../request/request';
import { findOwnSession } from './own-session';

/** What comes before an ADD by hand: the order to carry out, and a warning for whoever typed it. */
export interface Prepared {
  readonly request: Request;
  readonly warning?: string;
}

/**
 * Finds out whether the person who contains this host by hand would cut off their own session. It only warns, since no
 * question may hold up an order. With `keep` the session's other end is let in for this case. Throws `Failure` where
 * nobody can tell which end that is.
 */
export async function keepSession(host: Host, request: Request, keep: boolean): Promise<Prepared> {
  const { peers, isSure } = findOwnSession(host);
  const names = peers.map(({ text }) => text).join(', ');
  if (!keep) {
    const cutOff = await withoutLetIn(host, request, peers);
    return cutOff.length === 0
      ? { request }
      : { request, warning: warn(request, cutOff, peers.length === 1 && isSure) };
  }
  const [peer] = peers;
  if (peer === undefined) throw bad('No session by SSH or RDP from another host was found, so there is none to keep.');
  if (peers.length > 1)
    throw bad(
      `Your session comes from one of these, and nobody can tell from which: ${names}. Name yours as the handler.`,
    );
  if (!isSure)
    throw bad(`Only the environment says that your session comes from ${names}. If it does, name it as the handler.`);
  return { request: { ...request, keptSession: peer.text } };
}

/** Those whom the order cuts off: nobody, where it will be refused for its address or for want of an agent. */
async function withoutLetIn(host: Host, { address }: Request, peers: readonly Address[]): Promise<readonly Address[]> {
  const named = parseHost(address);
  if (peers.length === 0 || isRefusal(named)) return [];
  try {
    const { handlers } = readSettings(host.platform, (await findHome(host)).home);
    return peers.filter((peer) => ![named, ...handlers].some((handler) => isWithin(peer, handler)));
  } catch {
    return [];
  }
}

function warn({ address }: Request, cutOff: readonly Address[], canBeKept: boolean): string {
  const names = cutOff.map(({ text }) => text).join(' or ');
  const advice = canBeKept
    ? `To keep it: contain-host contain ${address} --keep-my-session`
    : `To keep it: contain-host contain ${cutOff[0]?.text}`;
  return `WARNING: you are connected from ${names}, which will be cut off. ${advice}`;
}

function bad(why: string): Failure {
  return new Failure('bad-arguments', `${why} Nothing was changed.`);
}
