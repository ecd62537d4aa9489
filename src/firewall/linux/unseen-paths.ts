import { readLinks, Unread, unlessUnread } from '../../agent/iproute';
import { type Gap, gapOf } from '../../outcome/gaps';
import { chainPaths, flowtablePaths } from './chain-paths';
import { devicePaths, hardwarePaths } from './device-paths';
import { macGuests } from './mac-guests';
import type { Nft } from './nft';
import { notShownBy } from './not-shown';
import { packetSockets, xdpSockets } from './raw-sockets';
import { trafficControlPaths } from './traffic-control';

/**
 * The ways past the firewall on this host: whatever takes packets from a card, or gives them to it, or changes them
 * there, where our chains do not see them. What cannot be looked at is named too, unless its tool is missing and there
 * is no other sign of such a way. Changes nothing, and never throws.
 */
export async function findUnseenPaths(nft: Nft): Promise<Gap[]> {
  const found = await Promise.all([
    linkPaths(),
    chainPaths(nft),
    flowtablePaths(nft),
    trafficControlPaths(),
    hardwarePaths(),
    packetSockets(),
    xdpSockets(),
  ]);
  const paths = [...new Set(found.flat())].sort();
  return paths.length === 0 ? [] : [gapOf({ code: 'unseen-path' }, paths.join(', '))];
}

async function linkPaths(): Promise<string[]> {
  const links = await unlessUnread(readLinks());
  if (links instanceof Unread)
    return notShownBy('ip', 'network devices', /^(?:macvlan|macvtap|ipvlan|ipvtap|openvswitch)$/);
  return [...devicePaths(links), ...(await macGuests(links))];
}
