import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { askJson, type Link, readLinks, Unread, unlessUnread } from '../../agent/iproute';
import { type Fields, isFields, textOf } from '../../json';
import { type Gap, gapOf } from '../../outcome/gaps';
import { findLinuxTool } from '../../process/linux-tool';
import { readDhcpUsers } from './dhcp-clients';
import { objectsIn, tablesOf } from './listed-objects';
import { macGuests } from './mac-guests';
import type { Nft } from './nft';

/**
 * The ways past the firewall on this host: whatever takes packets from a card, or gives them to it, before the stack
 * that our chains are in. What the tools of iproute2 do not tell is named too. Changes nothing, and never throws.
 */
export async function findUnseenPaths(nft: Nft): Promise<Gap[]> {
  const found = await Promise.all([
    orNamed('the devices', pathsByDevices()),
    chainPaths(nft),
    flowtablePaths(nft),
    orNamed('the filters of traffic control', trafficControlPaths()),
    hardwarePaths(),
    packetSockets(),
  ]);
  const paths = [...new Set(found.flat())].sort();
  return paths.length === 0 ? [] : [gapOf({ code: 'unseen-path' }, paths.join(', '))];
}

async function pathsByDevices(): Promise<string[]> {
  const links = await readLinks();
  return [...devicePaths(links), ...(await macGuests(links))];
}

/** What was not looked at may be such a path. */
async function orNamed(what: string, reading: Promise<string[]>): Promise<string[]> {
  const found = await unlessUnread(reading);
  return found instanceof Unread ? [`perhaps ${what}, which could not be looked at: ${found.message}`] : found;
}

/** Guests on a card of their own name (macvtap), a switch beside the kernel's, and programs in front of the stack. */
export function devicePaths(links: readonly Link[]): string[] {
  const words: Readonly<Record<string, string>> = { macvtap: 'macvtap', ipvtap: 'ipvtap', openvswitch: 'Open vSwitch' };
  return links.flatMap(({ name, kind = '', hasXdp }) => [
    ...(words[kind] === undefined ? [] : [`${name} (${words[kind]})`]),
    ...(hasXdp ? [`${name} (XDP)`] : []),
  ]);
}

/** Chains at a device itself that send packets on to another one. */
async function chainPaths(nft: Nft): Promise<string[]> {
  const chains = objectsIn(listedIn(await nft.list(['chains'], nft.limits.inOrder)), 'chain').filter(
    ({ hook }) => hook === 'ingress' || hook === 'egress',
  );
  const tables = tablesOf(chains);
  const found = await Promise.all(
    tables.map(async (place) => {
      const rules = objectsIn(listedIn(await nft.list(['table', ...place], nft.limits.inOrder)), 'rule');
      const sending = new Set(rules.filter(({ expr }) => sendsOn(expr)).map(({ chain }) => chain));
      return sending.size === 0
        ? []
        : [...devicesOf(chains.filter(({ table }) => table === place[1])), ...targetsOf(rules)];
    }),
  );
  return found.flat().map((name) => `${name} (netdev chain)`);
}

/** Flows that were handed to a fast path go on in it, past every chain, as long as packets come. */
export async function flowtablePaths(nft: Nft): Promise<string[]> {
  return devicesOf(objectsIn(listedIn(await nft.list(['flowtables'], nft.limits.inOrder)), 'flowtable')).map(
    (name) => `${name} (flowtable)`,
  );
}

/**
 * Filters of traffic control that redirect packets, or that run a program, which may redirect them. Red Hat's smaller
 * installations have no `tc`: nobody made filters with it there. Throws `Unread`.
 */
async function trafficControlPaths(): Promise<string[]> {
  const ordinary = ['noqueue', 'noop', 'mq', 'pfifo_fast', 'fq_codel', 'fq', 'pfifo', 'bfifo'];
  if (findLinuxTool('tc') === undefined) return [];
  const queues = (await askJson('tc', 'qdisc', 'show')).filter(({ kind }) => !ordinary.includes(textOf(kind)));
  const devices = [...new Set(queues.flatMap(({ dev }) => (typeof dev === 'string' ? [dev] : [])))];
  const found = await Promise.all(
    devices.map(async (device) => {
      const places = [['ingress'], ['egress'], []].map((place) =>
        askJson('tc', 'filter', 'show', 'dev', device, ...place),
      );
      const filters = JSON.stringify(await Promise.all(places));
      return /"kind":"(?:mirred|bpf)"/.test(filters) ? [`${device} (traffic control)`] : [];
    }),
  );
  return found.flat();
}

/** RDMA, and cards that were given whole to a guest or to a program. `system`: the kernel's list of devices. */
export function hardwarePaths(system = '/sys'): string[] {
  const drivers = ['vfio-pci', 'uio_pci_generic', 'igb_uio'];
  const isCard = (folder: string): boolean => (readIfAny(join(folder, 'class')) ?? '').startsWith('0x02');
  const given = drivers.flatMap((driver) => {
    const folder = join(system, 'bus/pci/drivers', driver);
    return namesIn(folder)
      .filter((name) => isCard(join(folder, name)))
      .map((name) => `PCI ${name} (${driver})`);
  });
  return [...namesIn(join(system, 'class/infiniband')).map((name) => `${name} (RDMA)`), ...given];
}

/**
 * Sockets that put their own frames on a wire, of users who are neither root nor a DHCP client (packet(7); columns of
 * /proc/net/packet: sk RefCnt Type Proto Iface R Rmem User Inode).
 */
function packetSockets(): string[] {
  const known = readDhcpUsers();
  const lines = (readIfAny('/proc/net/packet') ?? '').split('\n').slice(1);
  const users = lines.map((line) => line.trim().split(/\s+/)[7]).filter((user) => user !== undefined && user !== '');
  return users.filter((user) => !known.includes(Number(user))).map((user) => `packet socket of user ${user}`);
}

function sendsOn(expr: unknown): boolean {
  return Array.isArray(expr) && expr.some((one) => isFields(one) && ('fwd' in one || 'dup' in one));
}

function targetsOf(rules: readonly Fields[]): string[] {
  const statements = rules.flatMap(({ expr }) => (Array.isArray(expr) ? expr : []));
  return statements.flatMap((one) => {
    const to = isFields(one) ? (one.fwd ?? one.dup) : undefined;
    return isFields(to) && typeof to.dev === 'string' ? [to.dev] : [];
  });
}

/** nft 1.0 leaves out the devices of some chains; then the chain is named. */
function devicesOf(objects: readonly Fields[]): string[] {
  return objects.flatMap(({ dev, table, name }) =>
    typeof dev === 'string' ? [dev] : Array.isArray(dev) ? dev.map(textOf) : [`${textOf(table)} ${textOf(name)}`],
  );
}

function listedIn(answer: Awaited<ReturnType<Nft['list']>>): unknown {
  return 'listed' in answer ? answer.listed : undefined;
}

function namesIn(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}

function readIfAny(file: string): string | undefined {
  try {
    return readFileSync(file, 'latin1');
  } catch {
    return undefined;
  }
}
