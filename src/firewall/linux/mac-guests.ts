import fs, { readlinkSync } from 'node:fs';
import { join } from 'node:path';
import { askJson, type Link, readLinks, Unread, unlessUnread } from '../../agent/iproute';
import { type Fields, textOf } from '../../json';
import { namesIn } from '../../state/files';

/** Devices that share a card of the host: what comes for them never enters its stack. */
const guestKinds = new Set(['macvlan', 'macvtap', 'ipvlan', 'ipvtap']);

/** So many namespaces are looked into at a time; each takes some milliseconds. */
const atOnce = 4;

/** In milliseconds, for all of them: any user may make namespaces, with thousands of devices in each. */
const limitMs = 5000;

/** The type of the file system that namespaces are files of (statfs(2), NSFS_MAGIC). */
const namespaceFiles = 0x6e736673;

/** Folders in which a namespace has a name that keeps it, without any process in it. */
const namedFolders = ['/run/netns', '/run/docker/netns'];

/**
 * The guests in other namespaces that share a card of this one, each with the card, and how many namespaces could not
 * be looked into. Needs root; never throws.
 */
export async function macGuests(own: readonly Link[]): Promise<string[]> {
  const until = performance.now() + limitMs;
  const found: Link[] = [];
  const missed = await lookInto(await otherNamespaces(), { found, until });
  // Its process may have ended meanwhile while others live in it, and `ip` fails where devices come and go.
  const again: Namespaces = missed.size === 0 ? new Map() : await otherNamespaces();
  const unread = await lookInto(new Map([...again].filter(([inode]) => missed.has(inode))), { found, until });
  // A namespace ends with its last process.
  const alive = (await Promise.all([...unread.values()].map(inodeOf))).filter((inode) => inode !== undefined);
  const left = alive.length === 0 ? [] : [`${alive.length} network namespaces that were not looked into`];
  return found.length === 0 ? left : [...guestsOn(own, found, await addressesOfCards()), ...left];
}

/** Files of namespaces by their inodes. */
type Namespaces = ReadonlyMap<string, string>;

interface Look {
  /** Takes the devices that share a card of another namespace. */
  readonly found: Link[];
  /** On the clock of `performance.now`. */
  readonly until: number;
}

/** Returns those that could not be looked into. */
async function lookInto(namespaces: Namespaces, { found, until }: Look): Promise<Namespaces> {
  const files = [...namespaces];
  const unread = new Map<string, string>();
  const next = async (): Promise<void> => {
    for (let one = files.pop(); one !== undefined; one = files.pop()) {
      const [inode, file] = one;
      const links = performance.now() > until ? new Unread() : await unlessUnread(readLinks(file));
      if (links instanceof Unread) unread.set(inode, file);
      else found.push(...links.filter(({ kind = '' }) => guestKinds.has(kind)));
    }
  };
  await Promise.all(Array.from({ length: atOnce }, next));
  return unread;
}

/**
 * Numbers of devices repeat from one namespace to the next, so the card itself has to know the guest's address. Where
 * `known`, the addresses that the cards listen for, was not answered, each card of that number may be the guest's.
 */
export function guestsOn(own: readonly Link[], guests: readonly Link[], known: readonly Fields[] | Unread): string[] {
  const pairs =
    known instanceof Unread ? undefined : known.map(({ ifname, mac }) => `${textOf(ifname)} ${textOf(mac)}`);
  return guests.flatMap(({ kind, address, belowIndex }) => {
    const card = own.find(({ index }) => index === belowIndex);
    if (card === undefined) return [];
    if (card.address === address || pairs?.includes(`${card.name} ${address}`)) return [`${card.name} (${kind} guest)`];
    return pairs === undefined ? [`${card.name} (${kind} guest, perhaps: not shown by bridge)`] : [];
  });
}

const addressesOfCards = (): Promise<readonly Fields[] | Unread> => unlessUnread(askJson('bridge', 'fdb', 'show'));

/** One file for each network namespace but our own: that of a process in it, or that of its name. */
async function otherNamespaces(): Promise<Namespaces> {
  const byProcess = namesIn('/proc')
    .filter((name) => /^\d+$/.test(name))
    .flatMap((pid) => {
      const file = join('/proc', pid, 'ns', 'net');
      const inode = /\d+/.exec(linkIfAny(file))?.[0];
      return inode === undefined ? [] : [[inode, file] as const];
    });
  const names = namedFolders.flatMap((folder) => namesIn(folder).map((name) => join(folder, name)));
  const byName = await Promise.all(
    names.map(async (file) => {
      const inode = await inodeOf(file);
      return inode === undefined ? [] : [[inode, file] as const];
    }),
  );
  const files = new Map([...byProcess, ...byName.flat()]);
  files.delete(/\d+/.exec(linkIfAny('/proc/self/ns/net'))?.[0] ?? '');
  return files;
}

/** Undefined for an ordinary file, which a namespace with a name leaves behind where the host crashes. */
async function inodeOf(file: string): Promise<string | undefined> {
  try {
    const { type } = await fs.promises.statfs(file);
    return type === namespaceFiles ? String((await fs.promises.stat(file)).ino) : undefined;
  } catch {
    return undefined;
  }
}

function linkIfAny(file: string): string {
  try {
    return readlinkSync(file);
  } catch {
    return '';
  }
}
