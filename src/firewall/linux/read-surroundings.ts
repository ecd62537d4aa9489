import { networkInterfaces } from 'node:os';
import { readRoutes } from '../../agent/iproute';
import { type Gap, gapOf } from '../../outcome/gaps';
import { type Address, isRefusal, parseServer } from '../../policy/address';
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
  const [routes, { rewritten, reset, lost }] = await Promise.all([
    readRoutes(allowedAddresses(allowList).flatMap(({ family, text }) => (family === 4 ? [text] : []))),
    findRewritten(nft, allowList.servers),
  ]);
  return {
    ...readFixedSurroundings(),
    byIpv6Neighbour: [...routes.values()].some(({ nextHop }) => nextHop?.includes(':') ?? false),
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
    byIpv6Neighbour: false,
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
  return [
    ...(all.length === 0 ? [] : [gapOf({ code: 'server-behind-nat' }, all.join(', '))]),
    ...(lost.length === 0 ? [] : [gapOf({ code: 'server-blocked' }, namesOf(lost, resetText).join(', '))]),
  ];
}

const perhaps = ' (perhaps: rules for NAT at output are not understood)';
const resetText = ' (perhaps: rules at output set another address)';

function speaksUdp({ protocols }: Server): boolean {
  return protocols.includes('udp');
}

function namesOf(servers: readonly Server[], why = ''): string[] {
  return [...new Set(servers.map(({ address, port }) => `${address.text} port ${port}${why}`))];
}

function ownIp6(): Address[] {
  const own = Object.values(networkInterfaces()).flatMap((entries) => entries ?? []);
  const parsed = own.filter(({ internal }) => !internal).map(({ address }) => parseServer(address.split('%')[0] ?? ''));
  return parsed.flatMap((address) => (isRefusal(address) || address.family !== 6 ? [] : [address]));
}
