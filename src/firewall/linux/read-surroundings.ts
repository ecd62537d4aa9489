import { networkInterfaces } from 'node:os';
import { Unread, unlessUnread } from '../../agent/iproute';
import { readNextHops } from '../../agent/routes';
import { type Gap, gapOf } from '../../outcome/gaps';
import { type Address, cidr, isRefusal, parseHost, parseServer } from '../../policy/address';
import { type AllowList, allowedAddresses, type Server } from '../../policy/allow-list';
import { readDhcpServers, readDhcpUsers } from './dhcp-clients';
import type { Nft } from './nft';
import { readOnLink } from './on-link';
import { readResolvers } from './resolvers';
import { findRewritten } from './rewriting';
import type { Surroundings } from './surroundings';
import { readVirtualServers } from './virtual-servers';

/** Reads what the rules for this allow list depend on. Changes nothing, and never throws. */
export async function readSurroundings(nft: Nft, allowList: AllowList): Promise<Surroundings> {
  const allowed = allowedAddresses(allowList);
  const [toIp4, toIp6, { rewritten, reset, lost }] = await Promise.all([
    unlessUnread(readNextHops(allowed.filter(({ family }) => family === 4))),
    unlessUnread(readNextHops(allowed.filter(({ family }) => family === 6))),
    findRewritten(nft, allowList.servers),
  ]);
  const fixed = readFixedSurroundings();
  const routers = [toIp4, toIp6].flatMap((found) => (found instanceof Unread ? [] : found)).flatMap(globalIp6);
  return {
    ...fixed,
    onLink: [...new Map([...fixed.onLink, ...routers].map((one) => [cidr(one), one])).values()],
    byIpv6Neighbour: toIp4 instanceof Unread ? 'unread' : toIp4.some((text) => text.includes(':')) ? 'yes' : 'no',
    rewritten,
    virtual: [...readVirtualServers(allowList.servers), ...reset],
    lost,
  };
}

/** The part that does not depend on an allow list: what this host's files and devices say. */
export function readFixedSurroundings(): Surroundings {
  return {
    resolvers: readResolvers(),
    dhcpUsers: readDhcpUsers(),
    dhcpServers: readDhcpServers(),
    ownIp6: ownIp6(),
    onLink: readOnLink(),
    byIpv6Neighbour: 'no',
    rewritten: [],
    virtual: [],
    lost: [],
  };
}

/**
 * A UDP server behind NAT hears this host. But after a silence the connection is forgotten, and then the server's own
 * packets come from an address that nobody here knows. Where rules set an address that is not known, nothing goes out
 * to it.
 */
export function natGaps({ rewritten, virtual, lost }: Surroundings): Gap[] {
  const certain = rewritten.filter((one) => one.rewritten === 'yes');
  const possible = rewritten.filter((one) => one.rewritten === 'perhaps' && !one.isRough);
  const deaf = namesOf([...certain, ...virtual].map(({ server }) => server).filter(speaksUdp));
  const perhapsDeaf = namesOf(possible.map(({ server }) => server).filter(speaksUdp), perhaps);
  const all = [...deaf, ...perhapsDeaf];
  const perhapsLost = lost.flatMap(({ server, why }) => namesOf([server], lostTexts[why]));
  return [
    ...(all.length === 0 ? [] : [gapOf({ code: 'server-behind-nat' }, all.join(', '))]),
    ...(perhapsLost.length === 0 ? [] : [gapOf({ code: 'server-blocked' }, perhapsLost.join(', '))]),
  ];
}

const perhaps = ' (perhaps: rules for NAT at output are not understood)';
const lostTexts = {
  set: ' (perhaps: rules at output set another address)',
  unread: ' (perhaps: the rules of others at output could not be read in time)',
} as const;

function speaksUdp({ protocols }: Server): boolean {
  return protocols.includes('udp');
}

function namesOf(servers: readonly Server[], why = ''): string[] {
  return [...new Set(servers.map(({ address, port }) => `${address.text} port ${port}${why}`))];
}

/** None for a link-local address: these are neighbours in any case. */
function globalIp6(text: string): Address[] {
  const address = parseHost(text);
  return isRefusal(address) || address.family === 4 ? [] : [address];
}

function ownIp6(): Address[] {
  const own = Object.values(networkInterfaces()).flatMap((entries) => entries ?? []);
  const parsed = own.filter(({ internal }) => !internal).map(({ address }) => parseServer(address.split('%')[0] ?? ''));
  return parsed.flatMap((address) => (isRefusal(address) || address.family !== 6 ? [] : [address]));
}
