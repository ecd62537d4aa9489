import { createSocket } from 'node:dgram';
import { type NetworkInterfaceInfo, networkInterfaces } from 'node:os';
import type { Host } from '../host';
import { type Gap, gapOf } from '../outcome/gaps';
import type { Address } from '../policy/address';
import type { AllowList } from '../policy/allow-list';
import { usersOfAgent } from './agent-files';
import type { Tunnel } from './linux-tunnels';

type Interfaces = Readonly<Record<string, readonly NetworkInterfaceInfo[] | undefined>>;

/** What libuv reports for an adapter without a hardware address (uv_interface_addresses). */
const noHardware = '00:00:00:00:00:00';

const unknownTunnel =
  'It is not known whether the way to the server is the tunnel of a VPN, with which it would be lost: the network adapters could not be read';

/** Any port will do: the routing table does not look at it. */
const anyPort = 9;

export interface Tunnels {
  readonly gaps: readonly Gap[];
  /** True where every server is reached through a tunnel that the allow-list does not let through. */
  readonly areAllLost: boolean;
  /** The tunnels by which servers are lost. */
  readonly devices: readonly string[];
  /** What could not be found out. */
  readonly warnings: readonly string[];
}

/**
 * Names the agent's servers that are reached through a tunnel. The tunnel's own packets go to its own server, which a
 * contained host may talk to only where an entry of the settings says so. Otherwise the tunnel breaks, and the agent
 * loses its server. `home`: the agent's folder; absent where the packets are not the agent's but root's. `over`: nobody
 * needs it any more.
 */
export async function findTunnels(
  host: Host,
  home: string | undefined,
  allowList: AllowList,
  over?: AbortSignal,
): Promise<Tunnels> {
  const {
    found,
    gaps = [],
    warnings = [],
  } = await (host.platform === 'linux' ? networkTunnels(home, allowList) : adapterTunnels(host, allowList, over));
  const names = found.map(nameOf);
  return {
    gaps: [
      ...(found.length === 0 ? [] : [gapOf({ code: 'server-by-tunnel' }, [...new Set(names)].join(', '))]),
      ...gaps,
    ],
    areAllLost: found.length === allowList.servers.length && found.every(({ isPossible = false }) => !isPossible),
    devices: [...new Set(found.map(({ device }) => device))],
    warnings,
  };
}

function nameOf({ server, device, isPossible = false }: Tunnel): string {
  const perhaps = isPossible ? ' (perhaps: other ways lead there too)' : '';
  return `${server.address.text} through ${JSON.stringify(device)}${perhaps}`;
}

interface Found {
  readonly found: readonly Tunnel[];
  readonly gaps?: readonly Gap[];
  readonly warnings?: readonly string[];
}

async function networkTunnels(home: string | undefined, allowList: AllowList): Promise<Found> {
  const { readNetwork, tunnelsIn } = await import('./linux-tunnels');
  const network = await readNetwork(allowList, home === undefined ? [0] : usersOfAgent(home));
  return network instanceof Error
    ? { found: [], gaps: [gapOf({ code: 'server-route-unread' }, network.message)] }
    : { found: tunnelsIn(allowList, network) };
}

async function adapterTunnels(
  host: Host,
  { servers, entries = [] }: AllowList,
  over: AbortSignal | undefined,
): Promise<Found> {
  const { readVpnAdapters } = await import('./windows-tunnels');
  const read = await readVpnAdapters(host, over);
  const isUnknown = 'unreadable' in read;
  const vpnAdapters: ReadonlySet<string> = isUnknown ? new Set() : read;
  const interfaces = networkInterfaces();
  const found = await Promise.all(
    servers.map(async (server) => {
      const device = tunnelAt(await nearEnd(server.address, server.port), interfaces, vpnAdapters);
      return device === undefined ? [] : [{ server, device }];
    }),
  );
  const ends = entries.filter(({ direction }) => direction !== 'in');
  const ways = await Promise.all(
    ends.map(async ({ address }) => adapterAt(await nearEnd(address, anyPort), interfaces)),
  );
  return {
    found: lostTunnels(found.flat(), ways),
    warnings: isUnknown ? [`${unknownTunnel} (${read.unreadable}).`] : [],
  };
}

/**
 * Those of these tunnels whose other end no entry lets through. An adapter does not say where its tunnel ends: we take
 * an entry of the settings for that end where it is reached by another adapter. `ways`: the adapters by which the
 * entries are reached.
 */
export function lostTunnels(tunnels: readonly Tunnel[], ways: readonly (string | undefined)[]): Tunnel[] {
  return tunnels.filter(({ device }) => !ways.some((way) => way !== undefined && way !== device));
}

function adapterAt(address: string | undefined, interfaces: Interfaces): string | undefined {
  return Object.entries(interfaces).find(([, entries]) => entries?.some((entry) => entry.address === address))?.[0];
}

/**
 * The adapter with this address, if it is a tunnel. Tunnels and dial-up links have no hardware address. An adapter of a
 * VPN client that plays a network card has one, and is known by its name.
 */
export function tunnelAt(
  address: string | undefined,
  interfaces: Interfaces,
  vpnAdapters: ReadonlySet<string> = new Set(),
): string | undefined {
  return Object.entries(interfaces).find(([name, entries]) =>
    entries?.some(
      ({ address: own, mac, internal }) =>
        own === address && !internal && (mac === noHardware || vpnAdapters.has(name)),
    ),
  )?.[0];
}

/** The address from which this host would send to that one. The routing table picks it; no packet is sent. */
function nearEnd(address: Address, port: number): Promise<string | undefined> {
  return new Promise((resolve) => {
    const socket = createSocket(address.family === 4 ? 'udp4' : 'udp6');
    const settle = (found: string | undefined): void => {
      socket.close();
      resolve(found);
    };
    socket.on('error', () => settle(undefined));
    socket.connect(port, address.text, () => settle(socket.address().address));
  });
}
