import { createSocket } from 'node:dgram';
import { type NetworkInterfaceInfo, networkInterfaces } from 'node:os';
import { type Gap, gapOf } from '../outcome/gaps';
import type { Server } from '../policy/allow-list';

type Interfaces = Readonly<Record<string, readonly NetworkInterfaceInfo[] | undefined>>;

/** What an adapter without a hardware address has in its place (libuv, uv_interface_addresses). */
const noHardware = '00:00:00:00:00:00';

/**
 * Names the servers that are reached through a tunnel. A VPN's packets go to a server of its own, which a contained host may
 * not talk to, so the tunnel falls and the agent's server is lost with it.
 */
export async function findTunnels(servers: readonly Server[]): Promise<Gap[]> {
  const found = await Promise.all(
    servers.map(async (server) => {
      const tunnel = tunnelAt(await nearEnd(server), networkInterfaces());
      return tunnel === undefined ? [] : [`${server.address.text} through ${JSON.stringify(tunnel)}`];
    }),
  );
  const routes = [...new Set(found.flat())];
  return routes.length === 0 ? [] : [gapOf({ code: 'server-by-tunnel' }, routes.join(', '))];
}

/**
 * The adapter with this address, if it has no hardware address: tunnels and dial-up links have none. Adapters of VPN clients
 * that play a network card have one, and cannot be told from a card.
 */
export function tunnelAt(address: string | undefined, interfaces: Interfaces): string | undefined {
  return Object.entries(interfaces).find(([, entries]) =>
    entries?.some((entry) => entry.address === address && entry.mac === noHardware && !entry.internal),
  )?.[0];
}

/** The address from which this host would talk to a server: the routing table picks it. No packet is sent for that. */
function nearEnd({ address, port }: Server): Promise<string | undefined> {
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
