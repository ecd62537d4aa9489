import { closeSync, constants, fstatSync, readFileSync, readSync, statSync, writeSync } from 'node:fs';
import { type Owners, openOwned, type Place } from '../process/owned-file';

/**
 * The files of an agent, named by their paths below its folder with `/` between the names. They belong to root or to
 * the agent's own account, which may be in an attacker's hand: whatever stands in their place neither holds an order up
 * nor leads it to another file, and what belongs to anybody else is left alone. Every function throws `NotTrusted`
 * then, or the system's error.
 */

/** Reads a whole file of at most `largest` bytes. */
export function readAgentFile(home: string, path: string, largest: number): Buffer {
  return withFile(home, path, (fd, size) => {
    if (size > largest) throw new Error(`it is larger than ${largest} bytes`);
    return readAt(fd, 0, size);
  });
}

/** As `readAgentFile`, but of a longer file only its last `length` bytes. */
export function readAgentTail(home: string, path: string, length: number): Buffer {
  return withFile(home, path, (fd, size) => {
    const start = Math.max(0, size - length);
    return readAt(fd, start, size - start);
  });
}

/** Appends to a file, which is made where there is none. */
export function appendToAgentFile(home: string, path: string, text: string): void {
  const { O_WRONLY, O_APPEND, O_CREAT } = constants;
  const fd = openOwned(placeOf(home, path), O_WRONLY | O_APPEND | O_CREAT, 0o640);
  try {
    const bytes = Buffer.from(text);
    if (writeSync(fd, bytes) !== bytes.length) throw new Error('only a part was written');
  } finally {
    closeSync(fd);
  }
}

function placeOf(home: string, path: string): Place {
  return { folder: home, names: path.split('/'), owners: ownersAt(home) };
}

function withFile<T>(home: string, path: string, use: (fd: number, size: number) => T): T {
  const fd = openOwned(placeOf(home, path), constants.O_RDONLY);
  try {
    return use(fd, fstatSync(fd).size);
  } finally {
    closeSync(fd);
  }
}

function readAt(fd: number, start: number, length: number): Buffer {
  const bytes = Buffer.alloc(length);
  return bytes.subarray(0, readSync(fd, bytes, 0, length, start));
}

/** Under these names the agents' installers make accounts: OSSEC's three, and Wazuh's from 4.3 on. */
const accountNames = new Set(['ossec', 'ossecm', 'ossecr', 'wazuh']);
/** From here on the numbers are people's (login.defs(5), UID_MIN). */
const firstPerson = 1000;

const known = new Map<string, Owners>();

/** Whom the files of an agent may belong to: root, who runs this, and the agent's accounts. */
export function ownersAt(home: string): Owners {
  const owners = known.get(home) ?? new Set([...administrators(), ...agentAccounts(home)]);
  known.set(home, owners);
  return owners;
}

/**
 * Root and, for somebody who is not root and has nothing to lose by it, himself. Where root has another number, in a
 * user namespace, the root folder tells which.
 */
export function administrators(): number[] {
  return [0, process.getuid?.() ?? 0, statSync('/').uid];
}

/** The accounts with the agents' names, or made for the group that the agent's folder belongs to (passwd(5)). */
function agentAccounts(home: string): number[] {
  try {
    const { gid } = statSync(home);
    const accounts = readFileSync('/etc/passwd', 'latin1').split('\n');
    return accounts.flatMap((line) => {
      const [name = '', , user, group] = line.split(':');
      const uid = Number(user);
      const isMadeForIt = gid !== 0 && Number(group) === gid && uid > 0 && uid < firstPerson;
      return user !== undefined && (accountNames.has(name) || isMadeForIt) ? [uid] : [];
    });
  } catch {
    return [];
  }
}
