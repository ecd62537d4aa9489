import { type ChildProcess, spawn } from 'node:child_process';
import {
  closeSync,
  constants,
  openSync,
  readdirSync,
  readFileSync,
  renameSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { join } from 'node:path';
import type { Settings } from '../agent/settings';
import type { Host } from '../host';
import { errorText } from '../process/error-code';
import { sha256Of } from '../process/sha256';
import type { Request } from '../request/request';
import type { OpenCase } from '../state/journal';
import { stamp } from '../state/stamp';
import { isFolderName, makeFolders, stampForm } from './folders';
import { evidenceFolder, manifestFile, type OrderedBy } from './manifest';
import { givePriority, priorities } from './priority';
import { snapshotFlag } from './snapshot-flag';
import { hostsBefore, type Task, unfinishedFolder } from './task';

/** The order that a snapshot is taken beside. */
export interface Occasion {
  readonly stateFolder: string;
  readonly request: Request;
  /** When the order was given, in milliseconds since 1970. */
  readonly at: number;
  readonly setting: Settings['evidence'];
  readonly openCase: OpenCase | undefined;
}

/** A snapshot that was asked for. Nothing here waits for it, and nothing throws. */
export interface Snapshot {
  /** Why it was not started; absent where it was. */
  readonly whyNot?: string;
  /** For the journal: the name of the case's folder. */
  readonly facts: Readonly<Record<string, string>>;
  /** Tells that the block is in force: what is still collected need not stand back any more. */
  blocked(): void;
  /** Keeps the hosts file as it was before this order changes it. `text`: its bytes as latin1. */
  keepHosts(text: string): void;
  /** For the outcome line: what the server's log is to witness. */
  word(): string;
}

/** So many in one case; then no more, for the evidence of the open case is never removed. */
const mostInCase = 20;
/** An alert may be caused at will. */
const betweenAlertsMs = 3600_000;
const lastAlert = 'last-alert';

/**
 * Starts the process that takes a snapshot, where one is wanted; undefined where none is. The process inherits neither
 * our lock nor our pipes, and outlives us.
 */
export function startSnapshot(host: Host, occasion: Occasion): Snapshot | undefined {
  const { requestedBy } = occasion.request;
  const { setting = requestedBy === 'operator' ? 'snapshot' : 'none' } = occasion;
  if (setting === 'none') return undefined;
  try {
    const root = makeFolders(occasion.stateFolder, [evidenceFolder]);
    if (requestedBy === 'alert' && !isAlertsTurn(root)) return undefined;
    const task = taskOf(root, occasion);
    const folder = makeFolders(root, [task.case, task.snapshot], true);
    makeFolders(folder, [unfinishedFolder]);
    return snapshotIn(folder, task.case, startProcess(host, task));
  } catch (error) {
    return { whyNot: errorText(error), facts: {}, blocked: () => {}, keepHosts: () => {}, word: () => 'evidence=none' };
  }
}

function isAlertsTurn(root: string): boolean {
  const file = join(root, lastAlert);
  const since = Date.now() - timeIn(file);
  // A time in the future comes from a clock that was wrong.
  if (since >= 0 && since < betweenAlertsMs) return false;
  const { O_WRONLY, O_CREAT, O_TRUNC, O_NOFOLLOW = 0 } = constants;
  const fd = openSync(file, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW, 0o600);
  try {
    writeSync(fd, String(Date.now()));
  } finally {
    closeSync(fd);
  }
  return true;
}

function timeIn(file: string): number {
  try {
    return Number(readFileSync(file, 'latin1'));
  } catch {
    return 0;
  }
}

function taskOf(root: string, { request, at, openCase }: Occasion): Task {
  const { requestedBy, caseNumber, orderId, by, alertId, ruleId, note } = request;
  const caseSince = openCase?.since.getTime() ?? at;
  const name = caseFolder(openCase, caseNumber, caseSince);
  const words = { caseNumber, orderId, by, alertId, ruleId, note };
  const given = Object.fromEntries(Object.entries(words).filter(([, word]) => word !== undefined));
  const order: OrderedBy = { at: new Date(at).toISOString(), requestedBy, ...given };
  return { case: name, snapshot: freshName(join(root, name)), order, worker: process.pid, caseSince };
}

/** One case has one folder, whatever number a later order of it gives. */
function caseFolder(openCase: OpenCase | undefined, caseNumber: string | undefined, since: number): string {
  const noted = openCase?.facts.evidence;
  if (typeof noted === 'string' && isFolderName(noted)) return noted;
  const number = openCase === undefined ? caseNumber : (openCase.asked.caseNumber ?? caseNumber);
  return number !== undefined && number !== lastAlert && isFolderName(number) ? number : stamp(new Date(since));
}

function freshName(folder: string): string {
  const names = namesIn(folder);
  if (names.length >= mostInCase) throw new Error(`this case has ${names.length} snapshots already`);
  let time = Date.now();
  while (names.includes(stamp(new Date(time)))) time++;
  return stamp(new Date(time));
}

function namesIn(folder: string): string[] {
  try {
    return readdirSync(folder).filter((name) => stampForm.test(name));
  } catch {
    return [];
  }
}

function startProcess({ command, platform, env }: Host, task: Task): ChildProcess {
  const [executable, ...args] = command;
  const child = spawn(executable, [...args, snapshotFlag, JSON.stringify(task)], {
    stdio: 'ignore',
    detached: true,
    windowsHide: true,
    cwd: platform === 'windows' ? env.SystemRoot : '/',
    env,
  });
  child.on('error', () => {});
  child.unref();
  givePriority(child, priorities.besideOrder);
  return child;
}

function snapshotIn(folder: string, caseName: string, child: ChildProcess): Snapshot {
  return {
    facts: { evidence: caseName },
    blocked: () => givePriority(child, priorities.afterBlock),
    keepHosts: (text) => {
      const file = join(folder, hostsBefore);
      try {
        writeFileSync(`${file}.part`, text, { encoding: 'latin1', mode: 0o600, flag: 'wx' });
        renameSync(`${file}.part`, file);
      } catch {
        // The snapshot has a copy of its own, in which our lines may stand already.
      }
    },
    word: () => {
      try {
        const manifest = readFileSync(join(folder, 'first', manifestFile));
        return `evidence=${sha256Of(manifest)}`;
      } catch {
        return 'evidence=pending';
      }
    },
  };
}
