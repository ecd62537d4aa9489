import { closeSync, constants, openSync, readFileSync, readlinkSync, statSync } from 'node:fs';
import { basename, join } from 'node:path';
import { type Started, startOf } from '../process/started';
import type { RequestedBy } from '../request/request';
import { namesIn, removeIfPossible } from './files';

/** An order that waits for its turn, or is at work. */
export interface Waiting {
  /** When the process of this order was started, as `Started.key`. */
  readonly key: string;
  readonly requestedBy: RequestedBy;
}

/** A place in the queue. It ends with the process that holds it, however that process ends. */
export interface Place {
  leave(): void;
}

/**
 * UV_FS_O_EXLOCK: nobody else can open the file. UV_FS_O_TEMPORARY: the file goes with its last handle. Both are in
 * libuv's include/uv/win.h.
 */
const exclusive = 0x10000000;
const temporary = 0x40;
const onWindows = process.platform === 'win32';

/**
 * Puts an order into the queue: makes a file in the state folder, where ordinary users cannot make one, and keeps it
 * open. Its name says what the other orders need to know. Undefined where no file can be made: such an order waits only
 * for the lock.
 */
export function takePlace(folder: string, { key, requestedBy }: Waiting): Place | undefined {
  const file = join(folder, `waiting-${key}-${requestedBy}-${process.pid}`);
  const flags = constants.O_RDWR | constants.O_CREAT | (onWindows ? exclusive | temporary : 0);
  try {
    const fd = openSync(file, flags, 0o600);
    return { leave: () => leave(file, fd) };
  } catch {
    return undefined;
  }
}

function leave(file: string, fd: number): void {
  if (!onWindows) removeIfPossible(file);
  try {
    closeSync(fd);
  } catch {
    // The descriptor is closed all the same.
  }
}

/** The other orders that wait or are at work. Removes the files that killed processes left behind. */
export function othersIn(folder: string, own: Started): Waiting[] {
  const others = new Map<string, Waiting>();
  for (const name of namesIn(folder)) {
    const [, key = '', requestedBy, pid = ''] = /^waiting-(\d{17}\.\d{10})-(operator|alert)-(\d+)$/.exec(name) ?? [];
    if (key === own.key || (requestedBy !== 'operator' && requestedBy !== 'alert')) continue;
    const file = join(folder, name);
    if (isOpen(file, pid)) others.set(key, { key, requestedBy });
    else removeIfPossible(file);
  }
  return [...others.values()];
}

/** True where the process still has the file open. */
function isOpen(file: string, pid: string): boolean {
  if (!onWindows) return namesIn(`/proc/${pid}/fd`).some((fd) => targetOf(`/proc/${pid}/fd/${fd}`) === file);
  try {
    closeSync(openSync(file, constants.O_RDWR | exclusive));
    return false;
  } catch {
    return true;
  }
}

function targetOf(link: string): string | undefined {
  try {
    return readlinkSync(link);
  } catch {
    return undefined;
  }
}

/** The first argument of an order. A Wazuh agent gives no argument. */
const verbs = new Set(['add', 'delete', 'contain', 'release']);

/**
 * True while an older process of this program, of the same user, has an order and is not in the queue yet: on a busy
 * host a later process may be quicker. Always false on Windows, where we cannot find out.
 */
export function isOlderOneComing(folder: string, own: Started, program: string): boolean {
  if (onWindows) return false;
  // A process that took a shell's place is in the queue under a later time than that of its start.
  const known = new Set(othersIn(folder, own).map(({ key }) => Number(key.split('.')[1])));
  return namesIn('/proc').some((name) => {
    if (!/^\d+$/.test(name)) return false;
    const start = startOf(Number(name));
    if (start === undefined) return false;
    const key = `${start}.${name.padStart(10, '0')}`;
    return key < own.key && !known.has(Number(name)) && isOrder(name, program);
  });
}

function isOrder(pid: string, program: string): boolean {
  try {
    if (statSync(`/proc/${pid}`).uid !== process.getuid?.() || targetOf(`/proc/${pid}/exe`) !== process.execPath)
      return false;
    const args = readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0').slice(1, -1);
    const at = args.findIndex((word) => basename(word) === basename(program));
    const isExecutable = program === process.execPath;
    if (at < 0 && !isExecutable) return false;
    const verb = args[isExecutable ? 0 : at + 1];
    return verb === undefined || verbs.has(verb.toLowerCase());
  } catch {
    return false;
  }
}
