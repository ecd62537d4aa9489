import { spawnSync } from 'node:child_process';
import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
import type { Host } from '../host';
import { type Address, isRefusal, parseHost } from '../policy/address';
import { systemTool } from '../windows/system-tool';

/** From where the person at the prompt may be connected. */
export interface OwnSession {
  /** The other ends of the session that this process runs in; more than one where it also forwards connections. */
  readonly peers: readonly Address[];
  /** False where only the environment says so: it may be that of an older session. */
  readonly isSure: boolean;
}

/**
 * Finds the session by SSH or RDP that this process runs in. sudo drops SSH_CONNECTION, so we look first at the sockets
 * of the sshd above us. Never throws; leaves out what cannot be told.
 */
export function findOwnSession(host: Host): OwnSession {
  const found = host.platform === 'windows' ? peersOfRdp(host) : peersOfSshd();
  if (found.length > 0) return { peers: toAddresses(found), isSure: true };
  const [client = ''] = (host.env.SSH_CONNECTION ?? '').split(' ');
  // On Windows there is no sudo between sshd and us, and no terminal that outlives its session.
  return { peers: toAddresses([client]), isSure: host.platform === 'windows' };
}

/** Each address once, without those that `parseHost` refuses: who is connected from this very host is not cut off. */
function toAddresses(texts: readonly string[]): Address[] {
  const addresses = texts.map(parseHost).flatMap((address) => (isRefusal(address) ? [] : [address]));
  return addresses.filter(({ text }, index) => addresses.findIndex((other) => other.text === text) === index);
}

const sshServers = /^(sshd|sshd-session|sshd-auth|dropbear)$/;

function peersOfSshd(): string[] {
  const inodes = new Set(sshdsAbove(process.ppid).flatMap(socketsOf));
  if (inodes.size === 0) return [];
  return ['tcp', 'tcp6'].flatMap((table) => establishedIn(table, inodes));
}

/** The SSH servers above this process, as far as they can be read. A loop is not possible, but a limit is cheap. */
function sshdsAbove(first: number): number[] {
  const found: number[] = [];
  for (let pid = first, steps = 0; pid > 1 && steps < 64; steps++) {
    const stat = read(`/proc/${pid}/stat`);
    const [, name = '', parent = '0'] = /^\d+ \((.*)\) \S (\d+)/s.exec(stat) ?? [];
    if (sshServers.test(name)) found.push(pid);
    pid = Number(parent);
  }
  return found;
}

/** The inodes of the sockets that a process holds. */
function socketsOf(pid: number): string[] {
  try {
    return readdirSync(`/proc/${pid}/fd`).flatMap((fd) => {
      const [, inode] = /^socket:\[(\d+)\]$/.exec(readlinkSync(`/proc/${pid}/fd/${fd}`)) ?? [];
      return inode === undefined ? [] : [inode];
    });
  } catch {
    return [];
  }
}

/** The other ends of the connections of these inodes, from the kernel's table (proc(5)): state 01 is established. */
function establishedIn(table: string, inodes: ReadonlySet<string>): string[] {
  return read(`/proc/net/${table}`)
    .split('\n')
    .slice(1)
    .map((line) => line.trim().split(/\s+/))
    .filter((fields) => fields[3] === '01' && inodes.has(fields[9] ?? ''))
    .map((fields) => fromHex((fields[2] ?? '').split(':')[0] ?? ''));
}

/** Words of 32 bits, each as this machine keeps it: on x64 and arm64 the lowest byte first. */
export function fromHex(hex: string): string {
  const bytes = (hex.match(/.{8}/g) ?? []).flatMap((word) => (word.match(/../g) ?? []).reverse());
  if (bytes.length === 4) return bytes.map((byte) => Number.parseInt(byte, 16)).join('.');
  return (bytes.join('').match(/.{4}/g) ?? []).join(':');
}

function read(file: string): string {
  try {
    return readFileSync(file, 'latin1');
  } catch {
    return '';
  }
}

/** Remote Desktop tells the client's name, not its address: any address connected to its port may be the client's. */
function peersOfRdp(host: Host): string[] {
  if (!/^RDP-/i.test(host.env.SESSIONNAME ?? '')) return [];
  const netstat = systemTool(host, 'netstat.exe');
  const { stdout } = spawnSync(netstat, ['-n', '-p', 'TCP'], { encoding: 'latin1', timeout: 5000, windowsHide: true });
  return [...(stdout ?? '').matchAll(/^\s*TCP\s+\S+:3389\s+\[?([\d.]+|[\da-f:]+)(?:%\d+)?\]?:[1-9]\d*\s/gim)].map(
    ([, remote = '']) => remote,
  );
}
