import fs, { readdirSync, readlinkSync } from 'node:fs';
import { join } from 'node:path';
import { askJson, type Link, readLinks, Unread, unlessUnread } from '../../agent/iproute';

/** Devices that share a card of the host: what comes for them never enters its stack. */
const guestKinds = new Set(['macvlan', 'macvtap', 'ipvlan', 'ipvtap']);

/** So many namespaces are looked into at a time; each takes some milliseconds. */
const atOnce = 4;

/** In milliseconds, for all of them: any user may make namespaces, with thousands of devices in each. */
const limitMs = 5000;

/** NSFS_MAGIC (linux/magic.h). */
const namespaceFiles = 0x6e736673;

/** Folders in which a namespace has a name that keeps it, without any process in it. */
const namedFolders = ['/run/netns', '/run/docker/netns'];

/** The guests in other namespaces that share a card of this one, each with the card. Needs root; throws `Unread`. */
export async function macGuests(own: readonly Link[]): Promise<string[]> {
  const namespaces = await otherNamespaces();
  const found: Link[] = [];
  const unread: string[] = [];
  const until = performance.now() + limitMs;
  const next = async (): Promise<void> => {
    for (let file = namespaces.pop(); file !== undefined; file = namespaces.pop()) {
      const links = performance.now() > until ? new Unread() : await unlessUnread(readLinks(file));
      if (!(links instanceof Unread)) found.push(...links.filter(({ kind = '' }) => guestKinds.has(kind)));
      else if (await isNamespace(file)) unread.push(file);
    }
  };
  await Promise.all(Array.from({ length: atOnce }, next));
  const left = unread.length === 0 ? [] : [`${unread.length} network namespaces that were not looked into`];
  if (found.length === 0) return left;
  // Numbers of devices repeat from one namespace to the next, so the card itself has to know the guest's address.
  const known = (await askJson('bridge', 'fdb', 'show')).map(({ ifname, mac }) => `${ifname} ${mac}`);
  const guests = found.flatMap(({ kind, address, belowIndex }) => {
    const card = own.find(({ index }) => index === belowIndex);
    const isOurs = card !== undefined && (card.address === address || known.includes(`${card.name} ${address}`));
    return isOurs ? [`${card.name} (${kind} guest)`] : [];
  });
  return [...guests, ...left];
}

/** False where its last process has ended, and where the name is left without a namespace. */
async function isNamespace(file: string): Promise<boolean> {
  return fs.promises.statfs(file).then(
    ({ type }) => type === namespaceFiles,
    () => false,
  );
}

/** One file for each network namespace but our own: that of a process in it, or that of its name. */
async function otherNamespaces(): Promise<string[]> {
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
      const inode = await fs.promises.stat(file).then(
        ({ ino }) => String(ino),
        () => undefined,
      );
      return inode === undefined ? [] : [[inode, file] as const];
    }),
  );
  const files = new Map([...byProcess, ...byName.flat()]);
  files.delete(/\d+/.exec(linkIfAny('/proc/self/ns/net'))?.[0] ?? '');
  return [...files.values()];
}

function linkIfAny(file: string): string {
  try {
    return readlinkSync(file);
  } catch {
    return '';
  }
}

function namesIn(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}
