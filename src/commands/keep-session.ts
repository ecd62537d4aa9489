import { findHome } from '../agent/home';
import { findTunnels } from '../agent/server-route';
import { readSettings, type Settings } from '../agent/settings';
import type { Host } from '../host';
import { Failure } from '../outcome/failure';
import { type Address, isRefusal, isWithin, parseHost } from '../policy/address';
import type { AllowEntry } from '../policy/allow-entry';
import type { Request } from '../request/request';
import { findOwnSession, type OwnSession } from './own-session';

/** What comes before an ADD by hand: the order to carry out, and a warning for whoever typed it. */
export interface Prepared {
  readonly request: Request;
  readonly warning?: string;
}

/**
 * Finds out whether the person who contains this host by hand would cut off their own session. It only warns, since no
 * question may hold up an order. With `keep` the session's other end is let in for this case. Throws `Failure` where
 * nobody can tell which end that is, or where it would be cut off all the same.
 */
export async function keepSession(host: Host, request: Request, keep: boolean): Promise<Prepared> {
  const session = await findOwnSession(host);
  // Who is connected from nowhere waits for no reading.
  const letIn = session.peers.length === 0 ? undefined : await readLetIn(host);
  if (keep) return { request: { ...request, keptSession: (await peerToKeep(host, session, letIn)).text } };
  const warning = await warningFor(host, request, session, letIn);
  return warning === undefined ? { request } : { request, warning };
}

/**
 * Whom the settings let in. Without an agent the order will be refused, whoever is connected. A registry that hangs
 * holds up a warning, and with it the order, only so long.
 */
async function readLetIn(host: Host): Promise<LetIn | undefined> {
  const { reg, adapters } = host.timeouts;
  const brisk = { ...host, timeouts: { ...host.timeouts, reg: Math.min(reg, adapters) } };
  try {
    return readSettings(host.platform, (await findHome(brisk)).home);
  } catch {
    return undefined;
  }
}

type LetIn = Pick<Settings, 'handlers' | 'allow'>;

async function peerToKeep(host: Host, { peers, isSure }: OwnSession, letIn: LetIn | undefined): Promise<Address> {
  const [peer] = peers;
  if (peer === undefined) throw bad('No session by SSH or RDP from another host was found, so there is none to keep.');
  const names = namesOf(peers);
  if (peers.length > 1)
    throw bad(`Your session may come from ${names}, and nobody can tell from which. Name yours as the handler.`);
  if (!isSure)
    throw bad(`It is not certain that your session comes from ${names}. If it does, name it as the handler.`);
  if (isLinkLocal(peer)) throw bad(`Your session comes from ${names}. ${noLinkLocal}`);
  const tunnel = await tunnelTo(host, peers, [peer], letIn);
  if (tunnel !== undefined) throw bad(`Your session comes from ${names}. ${lostWith(tunnel)}`);
  return peer;
}

async function warningFor(
  host: Host,
  { address }: Request,
  { peers, isSure }: OwnSession,
  letIn: LetIn | undefined,
): Promise<string | undefined> {
  const named = parseHost(address);
  if (peers.length === 0 || isRefusal(named) || letIn === undefined) return undefined;
  const you = isSure && peers.length === 1 ? 'you are connected' : 'you may be connected';
  const handlers = [named, ...letIn.handlers];
  const tunnel = await tunnelTo(host, peers, handlers, letIn);
  if (tunnel !== undefined) return `WARNING: ${you} from ${namesOf(peers)}. ${lostWith(tunnel)}`;
  const cutOff = peers.filter((peer) => !handlers.some((handler) => isWithin(peer, handler)));
  const [first] = cutOff;
  if (first === undefined) return undefined;
  const advice = (): string => {
    if (isLinkLocal(first)) return noLinkLocal;
    if (isSure && peers.length === 1) return `To keep it: contain-host contain ${named.text} --keep-my-session`;
    return `Name the address that is yours, for example: contain-host contain ${first.text}`;
  };
  return `WARNING: ${you} from ${namesOf(cutOff)}, which will be cut off. ${advice()}`;
}

const noLinkLocal =
  'A link-local address cannot be let in: connect again from another address, such as an IPv4 one, and name that.';

function lostWith(tunnel: string): string {
  return `That session goes through the tunnel ${tunnel}, which a contained host loses, whoever is let in. To keep it, let the tunnel's other end through by an entry of "allow" in the settings.`;
}

/** A person waits for this, and so does the block. */
const adaptersMs = 1000;

/** The tunnel through which one of these is reached, where its other end is not let through. */
async function tunnelTo(
  host: Host,
  peers: readonly Address[],
  handlers: readonly Address[],
  letIn: LetIn | undefined,
): Promise<string | undefined> {
  const entries: readonly AllowEntry[] = letIn?.allow ?? [];
  const servers = peers.map((address) => ({ address, port: 22, protocols: ['tcp'] as const }));
  const timeouts = { ...host.timeouts, adapters: Math.min(host.timeouts.adapters, adaptersMs) };
  const { devices } = await findTunnels({ ...host, timeouts }, undefined, {
    servers,
    handlers,
    entries,
    needsDns: false,
  });
  return devices[0];
}

function isLinkLocal({ text }: Address): boolean {
  return isRefusal(parseHost(text));
}

/** `a`, `a or b`, `a, b or c`. */
function namesOf(addresses: readonly Address[]): string {
  const texts = addresses.map(({ text }) => text);
  return [texts.slice(0, -1).join(', '), texts.at(-1)].filter((part) => part !== '').join(' or ');
}

function bad(why: string): Failure {
  return new Failure('bad-arguments', `${why} Nothing was changed.`);
}
