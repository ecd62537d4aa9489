import { readIfAny } from '../../state/files';
import { readDhcpUsers } from './dhcp-clients';

/**
 * Sockets that put their own frames on a wire, of users who are neither root nor a DHCP client (packet(7); columns of
 * /proc/net/packet: sk RefCnt Type Proto Iface R Rmem User Inode).
 */
export function packetSockets(): string[] {
  const known = readDhcpUsers();
  const lines = (readIfAny('/proc/net/packet') ?? '').split('\n').slice(1);
  const users = lines.map((line) => line.trim().split(/\s+/)[7]).filter((user) => user !== undefined && user !== '');
  return users.filter((user) => !known.includes(Number(user))).map((user) => `packet socket of user ${user}`);
}

/**
 * Sockets that hand their own frames to a card, which needs no XDP program at the card (the kernel's
 * Documentation/networking/af_xdp.rst). Whose they are is not told there, but no usual program has any. `file`: the
 * kernel's list of protocols; the third column counts the sockets of this network namespace.
 */
export function xdpSockets(file = '/proc/net/protocols'): string[] {
  const [, count = '0'] = /^XDP +\d+ +(\d+) /m.exec(readIfAny(file) ?? '') ?? [];
  return Number(count) === 0 ? [] : [`XDP sockets (${count})`];
}
