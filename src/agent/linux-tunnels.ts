import { type Address, isRefusal, isWithin, parseHost } from '../policy/address';
import type { AllowList, Server } from '../policy/allow-list';
import { askJson, type Link, type Route, readAnswers } from './iproute';

/** Devices that wrap each packet in another one, to a server of their own (ip-link(8), the kernel's rtnl_link_ops). */
const tunnelKinds = new Set([
  ...['vxlan', 'geneve', 'bareudp', 'gtp', 'amt', 'wireguard', 'ovpn', 'tun', 'xfrm', 'vti', 'vti6', 'l2tp'],
  ...['gre', 'gretap', 'ip6gre', 'ip6gretap', 'erspan', 'ip6erspan', 'ipip', 'sit', 'ip6tnl'],
]);

/** A server that is reached through a tunnel, and the device of that tunnel. */
export interface Tunnel {
  readonly server: Server;
  readonly device: string;
}

/** What the kernel says of this host's network. */
export interface Network {
  readonly routes: ReadonlyMap<string, Route>;
  readonly links: readonly Link[];
  readonly policies: readonly Policy[];
  /** The port of a bridge behind which a neighbour is; the key is `BRIDGE ADDRESS`. */
  readonly ports: ReadonlyMap<string, string>;
}

/** By this policy the kernel encrypts what goes to a network and sends it to the other end of a tunnel. */
export interface Policy {
  readonly to: string;
  readonly end: string;
}

/** Asks the kernel. Changes nothing, needs rights only for the IPsec policies, and never throws. */
export async function readNetwork({ servers, handlers, entries = [] }: AllowList): Promise<Network> {
  const texts = [...servers.map(({ address }) => address), ...handlers, ...entries.map(({ address }) => address)];
  const { routes, links, policies } = await readAnswers([...new Set(texts.map(({ text }) => text))]);
  const ways = servers.flatMap(({ address: { text } }) => {
    const route = routes.get(text);
    return route === undefined ? [] : [{ device: route.device, neighbour: route.nextHop ?? text }];
  });
  return { routes, links, policies: readPolicies(policies), ports: await readPorts(ways, links) };
}

/** The servers behind a tunnel whose other end the allow-list does not let through. */
export function tunnelsIn(allowList: AllowList, network: Network): Tunnel[] {
  return allowList.servers.flatMap((server) => {
    const ends = endsOf(server, network);
    return ends
      .filter(({ end, device }) => !isLetThrough(end, device, allowList, network))
      .slice(0, 1)
      .map(({ device }) => ({ server, device }));
  });
}

interface End {
  readonly device: string;
  /** The address of the other end; absent where the device does not say. */
  readonly end?: string;
}

function endsOf(server: Server, { routes, links, policies, ports }: Network): End[] {
  const { text } = server.address;
  const encrypted = policies.find(({ to }) => includes(to, server.address));
  if (encrypted !== undefined) return [{ device: 'IPsec', end: encrypted.end }];
  const route = routes.get(text);
  if (route === undefined) return [];
  const tunnel = tunnelBelow(route.device, `${route.device} ${route.nextHop ?? text}`, links, ports);
  return tunnel === undefined
    ? []
    : [{ device: tunnel.name, ...(tunnel.remote === undefined ? {} : { end: tunnel.remote }) }];
}

/** The tunnel by which a device sends: the device itself, one that it stands on, or its port that leads there. */
function tunnelBelow(
  device: string,
  way: string,
  links: readonly Link[],
  ports: ReadonlyMap<string, string>,
): Link | undefined {
  const seen = new Set<string>();
  const look = (name: string): Link | undefined => {
    const link = links.find((one) => one.name === name);
    if (link === undefined || seen.has(name)) return undefined;
    seen.add(name);
    if (tunnelKinds.has(link.kind ?? '')) return link;
    // A veth names its other end as the device below it, but that end is beside it.
    if (link.below !== undefined && link.kind !== 'veth') return look(link.below);
    const below = links.filter(({ master }) => master === name);
    if (link.kind !== 'bridge') return below.map((port) => look(port.name)).find((found) => found !== undefined);
    const port = ports.get(way);
    if (port !== undefined) return look(port);
    // The taps of a bridge lead to guests. Where the neighbour's port is unknown, every other port must be a tunnel.
    const tunnels = below.filter(({ kind }) => kind !== 'tun').map((one) => look(one.name));
    return tunnels.every((one) => one !== undefined) ? tunnels[0] : undefined;
  };
  return look(device);
}

/**
 * True where a handler or an entry lets the other end through. Where that end is unknown: true where an entry is
 * reached by another device than this tunnel.
 */
function isLetThrough(end: string | undefined, device: string, allowList: AllowList, { routes }: Network): boolean {
  const entries = (allowList.entries ?? []).filter(({ direction }) => direction !== 'in').map(({ address }) => address);
  const address = end === undefined ? undefined : parseHost(end);
  if (address === undefined) return entries.some(({ text }) => routes.get(text)?.device !== device);
  return !isRefusal(address) && [...entries, ...allowList.handlers].some((outer) => isWithin(address, outer));
}

async function readPorts(
  ways: readonly { readonly device: string; readonly neighbour: string }[],
  links: readonly Link[],
): Promise<ReadonlyMap<string, string>> {
  const isTunnel = ({ kind = '' }: Link): boolean => tunnelKinds.has(kind);
  const overlays = ways.filter(({ device }) => links.some((link) => link.master === device && isTunnel(link)));
  const found = await Promise.all(
    overlays.map(async ({ device, neighbour }) => {
      const [known] = (await askJson('ip', 'neigh', 'show', 'to', neighbour, 'dev', device)) ?? [];
      const entries = known === undefined ? [] : ((await askJson('bridge', 'fdb', 'show', 'br', device)) ?? []);
      const port = entries.find(({ mac, state }) => mac === known?.lladdr && state !== 'permanent')?.ifname;
      return typeof port === 'string' ? [[`${device} ${neighbour}`, port] as const] : [];
    }),
  );
  return new Map(found.flat());
}

/** Reads lines `src … dst NETWORK`, each followed by an indented `tmpl src … dst END` (ip-xfrm(8)). */
export function readPolicies(text: string): Policy[] {
  const found: Policy[] = [];
  let to: string | undefined;
  for (const line of text.split('\n')) {
    to = /^src \S+ dst (\S+)/.exec(line)?.[1] ?? to;
    const end = /^\s+tmpl src \S+ dst (\S+)/.exec(line)?.[1];
    if (to !== undefined && end !== undefined) found.push({ to, end });
  }
  return found;
}

/** True where the network includes the address. A policy for everybody names a network with the prefix 0. */
function includes(network: string, address: Address): boolean {
  const [text = '', prefix = address.family === 4 ? '32' : '128'] = network.split('/');
  if (text.includes(':') !== (address.family === 6)) return false;
  return Number(prefix) === 0 || isWithin(address, { family: address.family, text, prefix: Number(prefix) });
}
