import { closeSync, constants, fstatSync, readFileSync, readSync, statSync, writeSync } from 'node:fs';
import { type Owners, openOwned, type Place } from '../process/owned-file';

/**
 * The files of an agent, named by their paths below its folder with `/` between the names. They belong to root or to
 * the agent's own account, which an attacker may control: whatever he puts in their place can neither hold an order up
 * nor lead it to another file. A file that belongs to anybody else is left alone: every function then throws
 * `NotTrusted`. It throws the system's error where the system refuses.
 */

/** Reads a whole file of at most `largest` bytes. */
export function readAgentFile(home: string, path: string, largest: number): Buffer {
  return withFile(home, path, (fd, size) => {
    if (size > largest) throw new Error(`it is larger than ${largest} bytes`);
    return readAt(fd, 0, size);
  });
}

/** Reads the last `length` bytes of a file, or all of a shorter one. */
export function readAgentTail(home: string, path: string, length: number): Buffer {
  return withFile(home, path, (fd, size) => {
    const start = Math.max(0, size - length);
    return readAt(fd, start, size - start);
  });
}

/** Appends to a file, and makes it where there is none. */
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

/** The agents' installers make accounts with these names: OSSEC three, Wazuh its own from 4.3 on. */
const accountNames = new Set(['ossec', 'ossecm', 'ossecr', 'wazuh']);
/** People's accounts have this number or a higher one (login.defs(5), UID_MIN). */
const firstPerson = 1000;

const known = new Map<string, Owners>();

/** The accounts that an agent's files may belong to: root, the account that runs us, and the agent's own. */
export function ownersAt(home: string): Owners {
  const owners = known.get(home) ?? new Set([...administrators(), ...agentAccounts(home)]);
  known.set(home, owners);
  return owners;
}

/**
 * The numbers of root and of the account that runs us; one who is not root risks nothing by trusting himself. In a user
 * namespace root may have another number, which the owner of the root folder shows.
 */
export function administrators(): number[] {
  return [0, process.getuid?.() ?? 0, statSync('/').uid];
}

/** The numbers of the users that an agent may run as, once it has given up root's rights; root's where it has none. */
export function usersOfAgent(home: string): number[] {
  const accounts = agentAccounts(home);
  return accounts.length === 0 ? [0] : [...new Set(accounts)];
}

/** The accounts that have an agent's name, or whose group is the one of the agent's folder (passwd(5)). */
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
