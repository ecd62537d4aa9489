import { type Address, isRefusal, isWithin, parseHost } from '../policy/address';
import type { AllowList, Server } from '../policy/allow-list';
import { readRules, readWays, type Ways } from './agent-ways';
import { askBatch, askJson, type Link, readLinks, readPolicyText, type Unread, unlessUnread } from './iproute';
import { type Policy, readPolicies, wrappingOf } from './ipsec-policies';
import type { Way } from './routes';

/** Devices that wrap each packet in another one, to a server of their own (ip-link(8), the kernel's rtnl_link_ops). */
const tunnelKinds = new Set([
  ...['vxlan', 'geneve', 'bareudp', 'gtp', 'amt', 'wireguard', 'ovpn', 'tun', 'xfrm', 'vti', 'vti6', 'l2tp'],
  ...['gre', 'gretap', 'ip6gre', 'ip6gretap', 'erspan', 'ip6erspan', 'ipip', 'sit', 'ip6tnl'],
]);

/** A server that is reached through a tunnel, and the device of that tunnel. */
export interface Tunnel {
  readonly server: Server;
  readonly device: string;
  /** True where other ways lead to the server too, so that its packets may go by the tunnel or not. */
  readonly isPossible?: boolean;
}

/** What the kernel says of this host's network. */
export interface Network {
  readonly ways: ReadonlyMap<Server, Ways>;
  /** The devices by which the entries of the allow-list are reached, by their addresses. */
  readonly entryDevices: ReadonlyMap<string, string>;
  readonly links: readonly Link[];
  readonly policies: readonly Policy[];
  /** The port of a bridge behind which a neighbour is; the key is `BRIDGE ADDRESS`. */
  readonly ports: ReadonlyMap<string, string>;
}

/**
 * Asks the kernel. Changes nothing, needs rights only for the IPsec policies, and never throws. `users`: the numbers of
 * those that the agent may run as.
 */
export function readNetwork(allowList: AllowList, users: readonly number[]): Promise<Network | Unread> {
  return unlessUnread(askForNetwork(allowList, users));
}

async function askForNetwork({ servers, entries = [] }: AllowList, users: readonly number[]): Promise<Network> {
  const families = ([4, 6] as const).filter((family) => servers.some(({ address }) => address.family === family));
  const [links, policies, entryDevices, ways] = await Promise.all([
    readLinks(),
    readPolicyText(),
    readDevices(entries.map(({ address }) => address)),
    Promise.all(
      families.map(async (family) => {
        const rules = await readRules(family);
        const meant = servers.filter(({ address }) => address.family === family);
        return Promise.all(meant.map(async (server) => [server, await readWays(server, rules, users)] as const));
      }),
    ),
  ]);
  const found = new Map(ways.flat());
  return { ways: found, entryDevices, links, policies: readPolicies(policies), ports: await readPorts(found, links) };
}

/** The servers behind a tunnel whose other end the allow-list does not let through. */
export function tunnelsIn(allowList: AllowList, network: Network): Tunnel[] {
  return allowList.servers.flatMap((server) => {
    const { usual, possible } = pathsTo(server, network);
    const isLost = ({ tunnel }: Path): boolean => tunnel !== undefined && !isLetThrough(tunnel, allowList, network);
    const [lost] = [...usual, ...possible].filter(isLost);
    if (lost?.tunnel === undefined) return [];
    const { device } = lost.tunnel;
    return [usual.every(isLost) ? { server, device } : { server, device, isPossible: true }];
  });
}

/** A way to a server, and the tunnel that it goes by. */
interface Path {
  readonly tunnel?: End;
}

interface End {
  readonly device: string;
  /** The address of the other end; absent where the device does not say. */
  readonly end?: string;
}

function pathsTo(
  server: Server,
  { ways, links, policies, ports }: Network,
): { readonly usual: readonly Path[]; readonly possible: readonly Path[] } {
  const { usual = [], possible = [], sources = [] } = ways.get(server) ?? {};
  const { address, port, protocols } = server;
  const devices = [...usual, ...possible].map(({ device }) => device);
  const wrappings = protocols.map((protocol) =>
    wrappingOf({ to: address, protocol, port, from: sources, devices }, policies),
  );
  const wrapped = wrappings.flatMap(({ ends }) => ends.map((end) => ({ tunnel: { device: 'IPsec', end } })));
  // What IPsec wraps in any case goes by no other way.
  if (wrappings.every(({ mayBeBare }) => !mayBeBare)) return { usual: wrapped, possible: [] };
  const pathBy = ({ device, nextHop }: Way): Path => {
    const tunnel = tunnelBelow(device, `${device} ${nextHop ?? address.text}`, links, ports);
    if (tunnel === undefined) return {};
    return { tunnel: { device: tunnel.name, ...(tunnel.remote === undefined ? {} : { end: tunnel.remote }) } };
  };
  return { usual: [...usual.map(pathBy), ...wrapped], possible: possible.map(pathBy) };
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
function isLetThrough({ end, device }: End, allowList: AllowList, { entryDevices }: Network): boolean {
  const entries = (allowList.entries ?? []).filter(({ direction }) => direction !== 'in').map(({ address }) => address);
  const address = end === undefined ? undefined : parseHost(end);
  if (address === undefined)
    return entries.some(({ text }) => entryDevices.has(text) && entryDevices.get(text) !== device);
  return !isRefusal(address) && [...entries, ...allowList.handlers].some((outer) => isWithin(address, outer));
}

/** The devices by which the kernel sends to these addresses; those without a route are left out. Throws `Unread`. */
async function readDevices(addresses: readonly Address[]): Promise<ReadonlyMap<string, string>> {
  const texts = new Set(addresses.map(({ text }) => text));
  const answers = await askBatch([...texts].map((text) => `route get ${text}`));
  return new Map(
    answers
      .flat()
      .flatMap(({ dst, dev }) => (typeof dst === 'string' && typeof dev === 'string' ? [[dst, dev] as const] : [])),
  );
}

async function readPorts(
  ways: ReadonlyMap<Server, Ways>,
  links: readonly Link[],
): Promise<ReadonlyMap<string, string>> {
  const isTunnel = ({ kind = '' }: Link): boolean => tunnelKinds.has(kind);
  const places = [...ways].flatMap(([server, { usual, possible }]) =>
    [...usual, ...possible].map(({ device, nextHop }) => ({ device, neighbour: nextHop ?? server.address.text })),
  );
  const overlays = places.filter(({ device }) => links.some((link) => link.master === device && isTunnel(link)));
  const found = await Promise.all(
    overlays.map(async ({ device, neighbour }) => {
      const [known] = await askJson('ip', 'neigh', 'show', 'to', neighbour, 'dev', device);
      const entries = known === undefined ? [] : await askJson('bridge', 'fdb', 'show', 'br', device);
      const port = entries.find(({ mac, state }) => mac === known?.lladdr && state !== 'permanent')?.ifname;
      return typeof port === 'string' ? [[`${device} ${neighbour}`, port] as const] : [];
    }),
  );
  return new Map(found.flat());
}
