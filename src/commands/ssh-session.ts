import { readdirSync, readFileSync, readlinkSync, statSync } from 'node:fs';
import type { Address } from '../policy/address';
import type { OwnSession } from './own-session';

/** sshd and its parts since OpenSSH 9.8, and others. Names as the kernel has them. */
const sshServers = /^(sshd|sshd-session|sshd-auth|dropbear|tinysshd)$/;

/** Programs whose windows outlive the session in which they were opened. The kernel's names of tmux have two parts. */
const multiplexers = /^(tmux|screen|zellij|dtach|abduco)(: (server|client))?$/;

interface Process {
  readonly pid: number;
  readonly name: string;
  readonly parent: number;
}

/** Whose session is looked for. */
export interface Seeker {
  /** The process that started ours. */
  readonly parent: number;
  /** SSH_CONNECTION in our own environment. */
  readonly connection: string | undefined;
  /** Whether a terminal is our standard input. */
  readonly isOnTerminal: boolean;
}

type ToAddresses = (texts: readonly string[]) => Address[];

/**
 * Finds the session by SSH that this process runs in. sudo drops SSH_CONNECTION, so we look first at the sockets of the
 * sshd above us. In a window of tmux or screen no sshd is above us; there we look at the sessions that are attached.
 * For the rest (mosh, editors with a server of their own) the environment of the processes above us says where it was
 * opened, and it may be another one now. Never throws.
 */
export function findSshSession({ parent, connection, isOnTerminal }: Seeker, toAddresses: ToAddresses): OwnSession {
  const above = processesAbove(parent);
  const own = toAddresses(peersOf(above));
  if (own.length > 0) return { peers: own, isSure: true };
  const all = allProcesses();
  const attached = toAddresses(above.flatMap((server) => peersAttachedTo(server, above, all)));
  if (attached.length > 0) return { peers: attached, isSure: true };
  const told = toAddresses([connection ?? connectionAbove(above)]);
  if (told.length === 0 && !isOnTerminal) return { peers: [], isSure: false };
  const live = toAddresses(all.filter(({ name }) => sshServers.test(name)).flatMap((server) => peersOf([server])));
  const peers = toAddresses([...told, ...live].map(({ text }) => text));
  return { peers, isSure: told.length === 1 && live.length === 1 && peers.length === 1 };
}

/** From the parent to the first process. A loop is not possible, but a limit is cheap. */
function processesAbove(first: number): Process[] {
  const found: Process[] = [];
  for (let pid = first; pid > 1 && found.length < 64; ) {
    const one = readProcess(pid);
    if (one === undefined) break;
    found.push(one);
    pid = one.parent;
  }
  return found;
}

function allProcesses(): Process[] {
  const pids = readdirSync('/proc').filter((name) => /^\d+$/.test(name));
  return pids.flatMap((pid) => readProcess(Number(pid)) ?? []);
}

function readProcess(pid: number): Process | undefined {
  const [, name, parent] = /^\d+ \((.*)\) \S (\d+)/s.exec(read(`/proc/${pid}/stat`)) ?? [];
  return name === undefined ? undefined : { pid, name, parent: Number(parent) };
}

/**
 * The other ends of the connection of the SSH servers among these. The uppermost one has no other connection; those
 * below it also hold what the user forwards. The one above them all, which waits for new sessions, has none of its own.
 */
function peersOf(chain: readonly Process[]): string[] {
  const servers = chain.filter(({ name }) => sshServers.test(name)).map(({ pid }) => readSockets(pid));
  const own = servers.filter(({ ports }, index) => ports.length === 0 || index < servers.length - 1);
  const [top = []] = [...(own.length > 0 ? own : servers)]
    .reverse()
    .map(({ peers }) => peers)
    .filter((peers) => peers.length > 0);
  const ports = servers.flatMap((server) => server.ports);
  const toServer = top.filter(({ localPort }) => ports.includes(localPort));
  return (toServer.length > 0 ? toServer : top).map(({ address }) => address);
}

/** The other ends of those who look at a window of this multiplexer, as its own user. */
function peersAttachedTo(server: Process, above: readonly Process[], all: readonly Process[]): string[] {
  if (!multiplexers.test(server.name)) return [];
  const family = server.name.split(':')[0] ?? '';
  return all
    .filter(({ pid, name }) => multiplexers.test(name) && name.startsWith(family) && !isAmong(above, pid))
    .filter(({ pid }) => ownerOf(pid) === ownerOf(server.pid))
    .flatMap(({ parent }) => peersOf(processesAbove(parent)));
}

function isAmong(processes: readonly Process[], pid: number): boolean {
  return processes.some((one) => one.pid === pid);
}

function ownerOf(pid: number): number | undefined {
  return statSync(`/proc/${pid}`, { throwIfNoEntry: false })?.uid;
}

/** What the nearest of them was given as SSH_CONNECTION. */
function connectionAbove(above: readonly Process[]): string {
  const environments = above.map(({ pid }) => read(`/proc/${pid}/environ`).split('\0'));
  return (
    environments
      .flat()
      .find((entry) => entry.startsWith('SSH_CONNECTION='))
      ?.split('=')[1] ?? ''
  );
}

interface Sockets {
  readonly peers: readonly { readonly localPort: string; readonly address: string }[];
  /** On which it waits for connections. */
  readonly ports: readonly string[];
}

const established = '01';
const listening = '0A';

/** The TCP sockets that a process holds, from the kernel's tables of its network (proc(5)). */
function readSockets(pid: number): Sockets {
  const inodes = inodesOf(pid);
  const rows = ['tcp', 'tcp6']
    .flatMap((table) => (inodes.size === 0 ? [] : read(`/proc/${pid}/net/${table}`).split('\n').slice(1)))
    .map((line) => line.trim().split(/\s+/))
    .filter((fields) => inodes.has(fields[9] ?? ''));
  const inState = (state: string): string[][] => rows.filter((fields) => fields[3] === state);
  return {
    peers: inState(established).map(([, local = '', remote = '']) => ({
      localPort: local.split(':')[1] ?? '',
      address: fromHex(remote.split(':')[0] ?? ''),
    })),
    ports: inState(listening).map(([, local = '']) => local.split(':')[1] ?? ''),
  };
}

function inodesOf(pid: number): ReadonlySet<string> {
  try {
    const links = readdirSync(`/proc/${pid}/fd`).map((fd) => linkOf(`/proc/${pid}/fd/${fd}`));
    return new Set(links.flatMap((link) => /^socket:\[(\d+)\]$/.exec(link)?.[1] ?? []));
  } catch {
    return new Set();
  }
}

/** A file that was closed in the meantime has none. */
function linkOf(file: string): string {
  try {
    return readlinkSync(file);
  } catch {
    return '';
  }
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
