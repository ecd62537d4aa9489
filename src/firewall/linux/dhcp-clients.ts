import { closeSync, constants, fstatSync, openSync, readdirSync, readFileSync, readSync } from 'node:fs';
import { join } from 'node:path';
import { type Address, isRefusal, parseHost } from '../../policy/address';

/**
 * The users that DHCP clients run as, besides root: dhcpcd since version 9 (at Debian, upstream), systemd-networkd, and
 * older clients.
 */
const clientNames = new Set(['dhcpcd', '_dhcpcd', '_dhcp', 'dhcp', 'dhclient', '_dhclient', 'systemd-network']);

/** A system that is installed as an image keeps its own users in the second file. */
const userFiles = ['/etc/passwd', '/usr/lib/passwd'];

/**
 * Where clients keep their leases: systemd-networkd, NetworkManager, dhclient of Debian and Red Hat, dhcpcd since 2008.
 */
const leaseFolders = [
  '/run/systemd/netif/leases',
  '/var/lib/NetworkManager',
  '/var/lib/dhcp',
  '/var/lib/dhclient',
  '/var/lib/dhcpcd',
  '/var/lib/dhcpcd5',
  '/var/db/dhcpcd',
];

/** Old leases stay in these folders; at most this many files are read. */
const mostFiles = 100;
const mostServers = 16;
const longestLease = 64 * 1024;

/** The numbers of the users that DHCP clients run as: root, and those of the names above that this host has. */
export function readDhcpUsers(files = userFiles): number[] {
  const found = files.flatMap((file) => {
    try {
      return readFileSync(file, 'latin1')
        .split('\n')
        .map((line) => line.split(':'))
        .filter(([name = '', , uid = '']) => clientNames.has(name) && /^\d{1,9}$/.test(uid))
        .map(([, , uid]) => Number(uid));
    } catch {
      return [];
    }
  });
  return [...new Set([0, ...found])].sort((a, b) => a - b);
}

/**
 * The servers that gave this host its IPv4 leases, as the clients wrote them down. Where no client wrote any down
 * (udhcpc does not), the gateways: in a small network the router is the DHCP server. A client whose server is another
 * one gets an answer when it asks everybody, which it does before the lease ends.
 */
export function readDhcpServers(folders = leaseFolders, routes = '/proc/net/route'): Address[] {
  const named = folders.flatMap(leaseFiles).slice(0, mostFiles).flatMap(serverOfLease);
  const texts = named.length > 0 ? named : readGateways(routes);
  const addresses = [...new Set(texts)].slice(0, mostServers).map(parseHost);
  return addresses.flatMap((address) => (isRefusal(address) || address.family !== 4 ? [] : [address]));
}

function leaseFiles(folder: string): string[] {
  try {
    const isLease = (name: string): boolean => /^\d+$|\.leases?$/.test(name);
    return readdirSync(folder)
      .filter(isLease)
      .map((name) => join(folder, name));
  } catch {
    return [];
  }
}

/** The server in the newest lease of a file. */
export function serverOfLease(file: string): string[] {
  const bytes = readEnd(file);
  const text = bytes.toString('latin1');
  const named = [...text.matchAll(/^SERVER_ADDRESS=(\S+)|dhcp-server-identifier (\d[\d.]+);/gm)].at(-1);
  const server = named?.[1] ?? named?.[2] ?? serverIdentifier(bytes);
  return server === undefined ? [] : [server];
}

/**
 * dhcpcd keeps the server's message itself. Its option 54 (RFC 2132, 9.7) names the server; the options start after the
 * cookie.
 */
function serverIdentifier(message: Buffer): string | undefined {
  const cookie = 236;
  if (message.length < cookie + 4 || message.readUInt32BE(cookie) !== 0x63825363) return undefined;
  for (let at = cookie + 4; at + 1 < message.length; ) {
    const code = message.readUInt8(at);
    if (code === 255) return undefined;
    const length = code === 0 ? -1 : message.readUInt8(at + 1);
    if (code === 54 && length === 4 && at + 6 <= message.length) return [...message.subarray(at + 2, at + 6)].join('.');
    at += length + 2;
  }
  return undefined;
}

/**
 * Reads the end of a file. Clients own their folders, so a file there may be anything, such as a pipe, and must not
 * block us.
 */
function readEnd(file: string): Buffer {
  let fd: number | undefined;
  try {
    fd = openSync(file, constants.O_RDONLY | constants.O_NONBLOCK | constants.O_NOFOLLOW);
    const status = fstatSync(fd);
    if (!status.isFile()) return Buffer.alloc(0);
    const bytes = Buffer.alloc(Math.min(status.size, longestLease));
    const length = readSync(fd, bytes, 0, bytes.length, Math.max(0, status.size - longestLease));
    return bytes.subarray(0, length);
  } catch {
    return Buffer.alloc(0);
  } finally {
    if (fd !== undefined) closeSync(fd);
  }
}

/**
 * The gateways of the default routes, from the kernel's table. Blanks separate its fields; its addresses are
 * little-endian hex.
 */
function readGateways(file: string): string[] {
  try {
    return readFileSync(file, 'latin1')
      .split('\n')
      .map((line) => line.split(/\s+/))
      .filter(([, destination, gateway = '']) => destination === '00000000' && /^[0-9A-F]{8}$/.test(gateway))
      .map(([, , gateway = '']) => [...Buffer.from(gateway, 'hex')].reverse().join('.'));
  } catch {
    return [];
  }
}
