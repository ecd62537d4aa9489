import { createSocket } from 'node:dgram';
import { type NetworkInterfaceInfo, networkInterfaces } from 'node:os';
import type { Host } from '../host';
import { type Gap, gapOf } from '../outcome/gaps';
import type { Address } from '../policy/address';
import type { AllowList } from '../policy/allow-list';
import { readNetwork, type Tunnel, tunnelsIn } from './linux-tunnels';
import { readVpnAdapters } from './windows-tunnels';

type Interfaces = Readonly<Record<string, readonly NetworkInterfaceInfo[] | undefined>>;

/** What an adapter without a hardware address has in its place (libuv, uv_interface_addresses). */
const noHardware = '00:00:00:00:00:00';

const unknownTunnel =
  'It is not known whether the way to the server is the tunnel of a VPN, with which it would be lost: the network adapters could not be read';

/** The routing table asks for none. */
const anyPort = 9;

export interface Tunnels {
  readonly gaps: readonly Gap[];
  /** The way to every server is a tunnel that nobody lets through. */
  readonly areAllLost: boolean;
  /** What could not be found out; no claim is made of it. */
  readonly warnings: readonly string[];
}

/**
 * Names the servers that are reached through a tunnel. Its packets go to a server of its own, which a contained host
 * may talk to only where an entry of the settings says so: else the tunnel falls, and the agent's server is lost with
 * it.
 */
export async function findTunnels(host: Host, allowList: AllowList): Promise<Tunnels> {
  const { found, warnings } =
    host.platform === 'linux'
      ? { found: tunnelsIn(allowList, await readNetwork(allowList)), warnings: [] }
      : await adapterTunnels(host, allowList);
  const names = found.map(({ server, device }) => `${server.address.text} through ${JSON.stringify(device)}`);
  return {
    gaps: found.length === 0 ? [] : [gapOf({ code: 'server-by-tunnel' }, [...new Set(names)].join(', '))],
    areAllLost: found.length > 0 && found.length === allowList.servers.length,
    warnings,
  };
}

interface Found {
  readonly found: readonly Tunnel[];
  readonly warnings: readonly string[];
}

async function adapterTunnels(host: Host, { servers, entries = [] }: AllowList): Promise<Found> {
  const read = await readVpnAdapters(host);
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
 * Those of these tunnels whose other end nobody lets through. An adapter does not say where it ends: an entry of the
 * settings that is reached by another adapter is taken for that. `ways`: the adapters by which the entries are reached.
 */
export function lostTunnels(tunnels: readonly Tunnel[], ways: readonly (string | undefined)[]): Tunnel[] {
  return tunnels.filter(({ device }) => !ways.some((way) => way !== undefined && way !== device));
}

function adapterAt(address: string | undefined, interfaces: Interfaces): string | undefined {
  return Object.entries(interfaces).find(([, entries]) => entries?.some((entry) => entry.address === address))?.[0];
}

/**
 * The adapter with this address, if it has no hardware address: tunnels and dial-up links have none. Adapters of VPN
 * clients that play a network card have one, and are known by their names.
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

/** The address from which this host would talk to somebody: the routing table picks it. No packet is sent for that. */
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
