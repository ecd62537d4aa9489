import { closeSync, fstatSync, fsyncSync, openSync, readSync, renameSync, unlinkSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import type { Gap, State } from '../outcome/states';
import { errorCode } from '../process/error-code';
import type { RequestedBy } from '../request/request';
import { freshPath } from './stamp';

/** Who asked for a containment and who is let in. A later ADD writes it again; the last one counts. */
export interface Asked {
  readonly requestedBy: RequestedBy;
  readonly alertId?: string;
  readonly ruleId?: string;
  readonly caseNumber?: string;
  /** Everybody let in besides the servers, as `address/prefix`. */
  readonly handlers: readonly string[];
  /** The last operator's own address among them. */
  readonly operatorAddress?: string;
}

type Facts = Readonly<Record<string, string | number | boolean>>;

/** `announced`: a step that changes nothing, and is no part of the case yet, begins ahead of its turn. */
export type JournalEvent =
  | ({ readonly event: 'asked' } & Asked)
  | { readonly event: 'announced'; readonly step: string; readonly command: readonly string[] | null }
  | CaseEvent
  | { readonly event: 'closed'; readonly how: 'released' | 'rolled-back' | 'nothing-changed' };

/** What is done for the last order. */
type CaseEvent =
  | { readonly event: 'step'; readonly step: string; readonly command: readonly string[] | null }
  | { readonly event: 'noted'; readonly facts: Facts }
  | { readonly event: 'judged'; readonly state: State; readonly gaps: readonly Gap[] };

/** What the journal says of the case that is open: everything a later run, or a person, needs after a crash. */
export interface OpenCase {
  readonly since: Date;
  readonly asked: Asked;
  /** What a later order asked for, when nothing was begun for it: it was refused, or died before that. */
  readonly askedInVain?: Asked;
  readonly facts: Facts;
  /** Steps begun since the last judgement, oldest first. None: nothing was interrupted. */
  readonly unfinished: readonly string[];
  /** The last judgement, if one was made. */
  readonly judged?: { readonly state: State; readonly gaps: readonly Gap[] };
  /** When the last line was written. */
  readonly lastAt: Date;
}

/** A journal holds one case; it is bounded so that a swapped file cannot fill the memory. */
const mostBytes = 4 * 1024 * 1024;

/**
 * The journal of the case that is open: append-only, one line of JSON an event, each on disk (fsync) before the call
 * returns. A line torn by a power cut is ignored. When the case is closed the file is put aside under its time stamp.
 */
export class Journal {
  private readonly file: string;

  constructor(private readonly folder: string) {
    this.file = join(folder, 'journal.jsonl');
  }

  /** Throws the file system's error when the line could not be put on disk. */
  append(event: JournalEvent): void {
    const file = openSync(this.file, 'a+', 0o600);
    try {
      const line = `${JSON.stringify({ time: new Date().toISOString(), ...event })}\n`;
      const bytes = Buffer.from(endsTorn(file) ? `\n${line}` : line);
      if (writeSync(file, bytes) !== bytes.length) throw new Error(`${this.file}: only part of a line was written`);
      fsyncSync(file);
    } finally {
      closeSync(file);
    }
  }

  /** The open case, or undefined when none is. Throws the file system's error when the journal cannot be read. */
  read(): OpenCase | undefined {
    return fold(this.lines());
  }

  /**
   * Closes the case and puts its journal aside. Either is enough: a case that stays open hands its old backup to the next one.
   * Throws the file system's error when one of them failed.
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

  /** Removes a journal that holds nothing but announcements. Throws the file system's error. */
  forgetAnnouncements(): void {
    const events = this.lines().flatMap((line) => (line === '' ? [] : [parseLine(line)?.event.event]));
    if (events.length > 0 && events.every((event) => event === 'announced')) unlinkSync(this.file);
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
      const bytes = Buffer.alloc(Math.min(fstatSync(file).size, mostBytes));
      const length = readSync(file, bytes, 0, bytes.length, 0);
      return bytes.toString('utf8', 0, length).split('\n');
    } finally {
      closeSync(file);
    }
  }
}

function endsTorn(file: number): boolean {
  const { size } = fstatSync(file);
  if (size === 0) return false;
  const last = Buffer.alloc(1);
  readSync(file, last, 0, 1, size - 1);
  return last[0] !== 0x0a;
}

/** Goes through the events in order; what cannot be read as one is left out. */
function fold(lines: readonly string[]): OpenCase | undefined {
  let open: OpenCase | undefined;
  for (const line of lines) {
    const entry = parseLine(line);
    if (entry === undefined) continue;
    const { time, event } = entry;
    if (event.event === 'closed') open = undefined;
    else if (event.event === 'asked') open = ask(open, askedIn(event), time);
    else if (open !== undefined && event.event !== 'announced') open = goOn(open, event, time);
  }
  return open;
}

/**
 * Who is let in changes with the first thing that is done for an order, since one that was refused let nobody in. That an
 * operator asked holds at once: no alert may end the case any more.
 */
function ask(open: OpenCase | undefined, asked: Asked, time: Date): OpenCase {
  if (open === undefined) return { since: time, asked, facts: {}, unfinished: [], lastAt: time };
  const requestedBy = asked.requestedBy === 'operator' ? 'operator' : open.asked.requestedBy;
  return { ...open, asked: { ...open.asked, requestedBy }, askedInVain: asked, lastAt: time };
}

function goOn({ askedInVain, ...before }: OpenCase, event: CaseEvent, time: Date): OpenCase {
  const open = { ...before, asked: askedInVain ?? before.asked, lastAt: time };
  if (event.event === 'step') return { ...open, unfinished: [...open.unfinished, event.step] };
  if (event.event === 'noted') return { ...open, facts: { ...open.facts, ...event.facts } };
  return { ...open, judged: { state: event.state, gaps: event.gaps }, unfinished: [] };
}

function askedIn({ event: _event, ...asked }: { readonly event: 'asked' } & Asked): Asked {
  return asked;
}

function parseLine(line: string): { time: Date; event: JournalEvent } | undefined {
  try {
    const value: unknown = JSON.parse(line);
    if (typeof value !== 'object' || value === null || !('time' in value) || !('event' in value)) return undefined;
    const { time: text, ...event } = value;
    const time = new Date(String(text));
    return Number.isNaN(time.getTime()) || !isEvent(event) ? undefined : { time, event };
  } catch {
    return undefined;
  }
}

function isEvent(value: object): value is JournalEvent {
  const fields = value as Readonly<Record<string, unknown>>;
  switch (fields.event) {
    case 'asked':
      return (fields.requestedBy === 'operator' || fields.requestedBy === 'alert') && isTexts(fields.handlers);
    case 'announced':
    case 'step':
      return typeof fields.step === 'string';
    case 'noted':
      return typeof fields.facts === 'object' && fields.facts !== null;
    case 'judged':
      return typeof fields.state === 'string' && Array.isArray(fields.gaps);
    case 'closed':
      return true;
    default:
      return false;
  }
}

function isTexts(value: unknown): boolean {
  return Array.isArray(value) && value.every((text) => typeof text === 'string');
}
