import {
  closeSync,
  fstatSync,
  fsyncSync,
  openSync,
  readSync,
  renameSync,
  statSync,
  truncateSync,
  writeSync,
} from 'node:fs';
import { join } from 'node:path';
import { type Fields, isFields, textOf } from '../json';
import type { Gap } from '../outcome/gaps';
import type { State } from '../outcome/states';
import { errorCode } from '../process/error-code';
import type { RequestedBy } from '../request/request';
import { namesIn } from './files';
import { freshPath } from './stamp';

/** Who asked for a containment and who is let in. */
export interface Asked {
  readonly requestedBy: RequestedBy;
  readonly alertId?: string;
  readonly ruleId?: string;
  readonly caseNumber?: string;
  /** Who typed the order at a prompt. */
  readonly by?: string;
  /** An operator's own words. */
  readonly note?: string;
  /** Everybody let in besides the servers, as `address/prefix`. */
  readonly handlers: readonly string[];
  /** The entries of the settings, each let through as far as it says, as `entryText` writes them; absent: none. */
  readonly allow?: readonly string[];
  /** The one of `handlers` that is the last operator's own address. */
  readonly operatorAddress?: string;
}

/** What later runs need to know of a case. Each firewall has its own names for its facts. */
export type Facts = Readonly<Record<string, string | number | boolean>>;

/**
 * The event `asked` opens a case. What a later ADD asks for stands in its first step or judgement and counts from there
 * on: an order that was refused wrote no such line and lets nobody in.
 */
export type JournalEvent =
  | ({ readonly event: 'asked' } & Asked)
  | {
      readonly event: 'step';
      readonly step: string;
      readonly command: readonly string[] | null;
      readonly asked?: Asked;
    }
  | { readonly event: 'noted'; readonly facts: Facts }
  | { readonly event: 'judged'; readonly state: State; readonly gaps: readonly Gap[]; readonly asked?: Asked }
  | { readonly event: 'closed'; readonly how: 'released' | 'rolled-back' | 'nothing-changed' };

/** What the journal says of the open case: everything that a later run, or a person, needs after a crash. */
export interface OpenCase {
  readonly since: Date;
  readonly asked: Asked;
  readonly facts: Facts;
  /** The steps that began since the last judgement, oldest first. None: nothing was interrupted. */
  readonly unfinished: readonly string[];
  /** The last judgement, if one was made. */
  readonly judged?: { readonly state: State; readonly gaps: readonly Gap[] };
  /** When the last line was written. */
  readonly lastAt: Date;
}

/**
 * A journal holds some lines for each order of one case. A file that somebody put in its place must not fill memory.
 */
const mostBytes = 16 * 1024 * 1024;

/**
 * The journal of the open case. It is only appended to, one line of JSON for each event, and each line is on disk
 * (fsync) before the call returns. A line that a power cut tore is ignored. `close` renames the file after the present
 * time.
 */
export class Journal {
  private readonly file: string;

  constructor(readonly folder: string) {
    this.file = join(folder, 'journal.jsonl');
  }

  /**
   * Puts a line on disk, or throws the file system's error. `orNothing`: takes a part of the line away again then, so
   * that nobody believes that something began which did not.
   */
  append(event: JournalEvent, orNothing = false): void {
    let size: number | undefined;
    try {
      const file = openSync(this.file, 'a+', 0o600);
      try {
        ({ size } = fstatSync(file));
        const line = `${JSON.stringify({ time: new Date().toISOString(), ...event })}\n`;
        const bytes = Buffer.from(endsTorn(file, size) ? `\n${line}` : line);
        if (writeSync(file, bytes) !== bytes.length) {
          const error = new Error(`${this.file}: only part of a line was written`);
          throw Object.assign(error, { code: 'ENOSPC' });
        }
        fsyncSync(file);
      } finally {
        closeSync(file);
      }
    } catch (error) {
      if (orNothing && size !== undefined) this.cut(size, error);
      throw error;
    }
  }

  /** Opens the file anew: Windows does not cut a file through a handle that was opened to append. */
  private cut(size: number, why: unknown): void {
    try {
      truncateSync(this.file, size);
    } catch (error) {
      throw new Error(`${String(why)}; and a part of the line stays in ${this.file}: ${String(error)}`);
    }
  }

  /** The open case; undefined where none is open. Throws the file system's error where the journal cannot be read. */
  read(): OpenCase | undefined {
    return fold(this.lines());
  }

  /**
   * Writes that the case is closed, and renames its journal. Tries both, because either is enough: a case that stays
   * open would hand its old backup to the next one. Throws the file system's error where one of them failed.
   */
  close(how: 'released' | 'rolled-back' | 'nothing-changed'): void {
    try {
      this.append({ event: 'closed', how });
    } finally {
      renameSync(
        this.file,
        freshPath((stamp) => join(this.folder, `journal-${stamp}.jsonl`)),
      );
    }
  }

  private lines(): string[] {
    let file: number;
    try {
      file = openSync(this.file, 'r');
    } catch (error) {
      if (errorCode(error) === 'ENOENT') return [];
      throw error;
    }
    try {
      const { size } = fstatSync(file);
      if (size > mostBytes) throw new Error(`${this.file} is too large`);
      const bytes = Buffer.alloc(size);
      const length = readSync(file, bytes, 0, bytes.length, 0);
      return bytes.toString('utf8', 0, length).split('\n');
    } finally {
      closeSync(file);
    }
  }
}

/**
 * The journals of a folder as one text, by name and size: while it stays the same, no order has begun a step. Undefined
 * where a journal is open.
 */
export function journalMark(folder: string): string | undefined {
  const names = namesIn(folder).filter((name) => /^journal.*\.jsonl$/.test(name));
  if (names.includes('journal.jsonl')) return undefined;
  const sizeOf = (name: string): number => statSync(join(folder, name), { throwIfNoEntry: false })?.size ?? 0;
  return names
    .map((name) => `${name} ${sizeOf(name)}`)
    .sort()
    .join('\n');
}

function endsTorn(file: number, size: number): boolean {
  if (size === 0) return false;
  const last = Buffer.alloc(1);
  readSync(file, last, 0, 1, size - 1);
  return last[0] !== 0x0a;
}

/** Goes through the events in order, and leaves out every line that cannot be read as one. */
function fold(lines: readonly string[]): OpenCase | undefined {
  let open: FoldedCase | undefined;
  let unfinished: string[] = [];
  for (const line of lines) {
    const entry = parseLine(line);
    if (entry === undefined) continue;
    const { time, event } = entry;
    if (event.event === 'closed') {
      open = undefined;
      unfinished = [];
    } else if (event.event === 'asked') {
      const { event: _, ...asked } = event;
      open = { since: time, facts: {}, ...open, asked, lastAt: time };
    } else if (open !== undefined) {
      if (event.event === 'step') unfinished.push(event.step);
      if (event.event === 'judged') unfinished = [];
      open = goOn(open, event, time);
    }
  }
  return open === undefined ? undefined : { ...open, unfinished };
}

/** Without `unfinished`: to copy that list for each line would take time that grows with the square of the lines. */
type FoldedCase = Omit<OpenCase, 'unfinished'>;

function goOn(
  open: FoldedCase,
  event: Exclude<JournalEvent, { readonly event: 'asked' | 'closed' }>,
  time: Date,
): FoldedCase {
  if (event.event === 'noted') return { ...open, facts: { ...open.facts, ...event.facts }, lastAt: time };
  const asked = event.asked ?? open.asked;
  if (event.event === 'step') return { ...open, asked, lastAt: time };
  return { ...open, asked, judged: { state: event.state, gaps: event.gaps }, lastAt: time };
}

/** One line of a journal. */
export interface JournalEntry {
  readonly time: Date;
  readonly event: JournalEvent;
}

/** Every line of a journal that can be read, in order. */
export function readEntries(text: string): JournalEntry[] {
  return text.split('\n').flatMap((line) => parseLine(line) ?? []);
}

function parseLine(line: string): JournalEntry | undefined {
  try {
    const value: unknown = JSON.parse(line);
    if (typeof value !== 'object' || value === null || !('time' in value) || !('event' in value)) return undefined;
    const { time: text, ...event } = value;
    const time = new Date(textOf(text));
    return Number.isNaN(time.getTime()) || !isEvent(event) ? undefined : { time, event };
  } catch {
    return undefined;
  }
}

function isEvent(value: object): value is JournalEvent {
  const fields = value as Fields;
  switch (fields.event) {
    case 'asked':
      return isAsked(fields);
    case 'step':
      return typeof fields.step === 'string' && mayBeAsked(fields.asked);
    case 'noted':
      return isFields(fields.facts);
    case 'judged':
      return typeof fields.state === 'string' && Array.isArray(fields.gaps) && mayBeAsked(fields.asked);
    case 'closed':
      return true;
    default:
      return false;
  }
}

function mayBeAsked(value: unknown): boolean {
  return value === undefined || (isFields(value) && isAsked(value));
}

function isAsked({ requestedBy, handlers, allow = [] }: Fields): boolean {
  return (requestedBy === 'operator' || requestedBy === 'alert') && isTexts(handlers) && isTexts(allow);
}

function isTexts(value: unknown): boolean {
  return Array.isArray(value) && value.every((text) => typeof text === 'string');
}
