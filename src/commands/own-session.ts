import { isatty } from 'node:tty';
import { readOwnNetworks } from '../agent/own-addresses';
import type { Host } from '../host';
import { type Address, cidr, isRefusal, parseServer } from '../policy/address';
import { peersOfRemoteDesktop } from './remote-desktop';
import { findSshSession } from './ssh-session';

/** From where the person at the prompt may be connected. */
export interface OwnSession {
  readonly peers: readonly Address[];
  /** True where each of them is the other end of the session that this process runs in. */
  readonly isSure: boolean;
}

/**
 * Finds the session by SSH or Remote Desktop that this process runs in. Never throws; leaves out what cannot be told.
 */
export async function findOwnSession(host: Host): Promise<OwnSession> {
  if (host.platform === 'linux') {
    const seeker = { parent: process.ppid, connection: host.env.SSH_CONNECTION, isOnTerminal: isatty(0) };
    return findSshSession(seeker, toAddresses);
  }
  const found = await peersOfRemoteDesktop(host);
  // On Windows there is no sudo between sshd and us, and no terminal that outlives its session.
  return { peers: toAddresses(found.length > 0 ? found : [host.env.SSH_CONNECTION ?? '']), isSure: true };
}

/** Each address once, link-local ones too. Whoever is connected from this very host is not cut off. */
function toAddresses(texts: readonly string[]): Address[] {
  const own = readOwnNetworks().addresses;
  const addresses = texts
    .map((text) => parseServer(text.split(' ')[0] ?? ''))
    .flatMap((address) => (isRefusal(address) || own.has(cidr(address)) ? [] : [address]));
  return addresses.filter(({ text }, index) => addresses.findIndex((other) => other.text === text) === index);
}
