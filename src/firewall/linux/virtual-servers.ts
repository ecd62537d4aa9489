import { isRefusal, parseServer } from '../../policy/address';
import type { Server } from '../../policy/allow-list';
import { readIfAny } from '../../state/files';

/** The kernel's load balancer, IPVS, lists its services here, addresses and ports in hex (ipvsadm(8)). */
const services = '/proc/net/ip_vs';

/** A server that IPVS plays, as kube-proxy has it do, and one of the real servers that packets for it go to. */
export interface VirtualServer {
  readonly server: Server;
  readonly real: Server;
}

/** Those of the servers that IPVS plays on this host. Never throws. */
export function readVirtualServers(servers: readonly Server[], file = services): VirtualServer[] {
  const text = readIfAny(file);
  return text === undefined ? [] : virtualServersIn(text, servers);
}

function virtualServersIn(text: string, servers: readonly Server[]): VirtualServer[] {
  const found: VirtualServer[] = [];
  let meant: readonly Server[] = [];
  let protocol: 'tcp' | 'udp' = 'tcp';
  for (const line of text.split('\n')) {
    const [, kind, place] = /^(TCP|UDP) +(\S+)/.exec(line) ?? [];
    const [, realPlace] = /^ +-> (\S+:[0-9A-F]{4}) /.exec(line) ?? [];
    if (kind !== undefined) {
      protocol = kind === 'UDP' ? 'udp' : 'tcp';
      const service = placeOf(place);
      meant = servers.filter(
        ({ address, port, protocols }) =>
          service?.address.text === address.text && service.port === port && protocols.includes(protocol),
      );
    } else if (realPlace !== undefined) {
      const real = placeOf(realPlace);
      if (real !== undefined)
        found.push(...meant.map((server) => ({ server, real: { ...real, protocols: [protocol] } })));
    } else if (/^\S/.test(line)) meant = [];
  }
  return found;
}

/** `0A600001:05EA`, or `[2001:0db8:…]:05EA`. */
function placeOf(text = ''): Pick<Server, 'address' | 'port'> | undefined {
  const [, ip4, ip6, port = ''] = /^(?:([0-9A-F]{8})|\[([0-9a-f:]+)\]):([0-9A-F]{4})$/.exec(text) ?? [];
  const dotted = ip4 === undefined ? ip6 : [...Buffer.from(ip4, 'hex')].join('.');
  const address = parseServer(dotted ?? '');
  return isRefusal(address) ? undefined : { address, port: Number.parseInt(port, 16) };
}
