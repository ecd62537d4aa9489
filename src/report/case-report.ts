import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Manifest } from '../evidence/manifest';
import { type FoundEvidence, readEvidence } from '../evidence/read';
import { textOf } from '../json';
import type { Gap } from '../outcome/gaps';
import type { State } from '../outcome/states';
import { type MeasuredTimes, measuredTimes } from '../state/case-times';
import { type Asked, type Facts, type JournalEntry, readEntries } from '../state/journal';
import { type Milestone, milestonesOf } from './milestones';

/** One thing that happened in a case. */
export interface Moment {
  readonly at: Date;
  readonly kind: 'ordered' | 'step' | 'judged' | 'closed' | 'outcome';
  /** In words, for people. */
  readonly text: string;
}

/** What happened in one case, from its journal and the log. */
export interface CaseReport {
  /** The file of the journal, without folder. */
  readonly journal: string;
  readonly isOpen: boolean;
  readonly caseNumber?: string;
  readonly asked: Asked;
  readonly judged?: { readonly state: State; readonly gaps: readonly Gap[] };
  readonly times?: MeasuredTimes;
  /** Oldest first. */
  readonly moments: readonly Moment[];
  /** Oldest first. */
  readonly milestones: readonly Milestone[];
  /** One entry a stage, oldest first. What differs from its manifest is found by `evidence --verify`. */
  readonly evidence: readonly StageOfEvidence[];
  /** What of the evidence was left alone, and why. */
  readonly evidenceProblems: readonly string[];
}

/** One stage of a snapshot that was taken in the case. `sha256`: of its manifest. */
export interface StageOfEvidence {
  readonly sha256: string;
  readonly manifest: Manifest;
}

const openJournal = 'journal.jsonl';
const closedJournal = /^journal-\d{8}T\d{9}Z\.jsonl$/;
/** A log that somebody filled must not fill the memory. By itself a log is rotated long before this size. */
const mostLogBytes = 64 * 1024 * 1024;

/**
 * Every case whose journal is in the state folder, newest first. Throws the file system's error where the folder cannot
 * be read.
 */
export function readCases(stateFolder: string): CaseReport[] {
  const names = readdirSync(stateFolder).filter((name) => name === openJournal || closedJournal.test(name));
  // The open one is the newest; the names of the others hold the time at which they were closed.
  const newestFirst = names.sort((a, b) => Number(b === openJournal) - Number(a === openJournal) || (a < b ? 1 : -1));
  const outcomes = readOutcomes(stateFolder);
  const evidence = readEvidence(stateFolder);
  return newestFirst.flatMap((name) => {
    const report = readCase(name, readEntries(readFileSync(join(stateFolder, name), 'utf8')), {
      outcomes,
      evidence,
    });
    return report === undefined ? [] : [report];
  });
}

function readCase(
  journal: string,
  entries: readonly JournalEntry[],
  { outcomes, evidence }: { readonly outcomes: readonly Moment[]; readonly evidence: FoundEvidence },
): CaseReport | undefined {
  let asked: Asked | undefined;
  let judged: CaseReport['judged'];
  let facts: Facts = {};
  const moments: Moment[] = [];
  for (const { time, event } of entries) {
    if (event.event === 'asked') {
      const { event: _, ...fields } = event;
      asked = fields;
    } else if ((event.event === 'step' || event.event === 'judged') && event.asked !== undefined) asked = event.asked;
    if (event.event === 'noted') facts = { ...facts, ...event.facts };
    if (event.event === 'judged') judged = { state: event.state, gaps: event.gaps };
    const moment = describe(event);
    if (moment !== undefined) moments.push({ at: time, ...moment });
  }
  const [first] = entries;
  const last = entries.at(-1);
  if (asked === undefined || first === undefined || last === undefined) return undefined;
  const isOpen = last.event.event !== 'closed';
  // The outcome is logged right after the journal's last line.
  const until = isOpen ? Number.POSITIVE_INFINITY : last.time.getTime() + 60_000;
  const own = outcomes.filter(({ at }) => at >= first.time && at.getTime() <= until);
  const times = measuredTimes(facts);
  return {
    journal,
    isOpen,
    asked,
    ...(asked.caseNumber === undefined ? {} : { caseNumber: asked.caseNumber }),
    ...(judged === undefined ? {} : { judged }),
    ...(times === undefined ? {} : { times }),
    moments: [...moments, ...own].sort((a, b) => a.at.getTime() - b.at.getTime()),
    milestones: milestonesOf(entries, own),
    evidence: stagesIn(entries, evidence),
    evidenceProblems: evidence.problems,
  };
}

/** The stages of the case's own folder, whose name the journal has. */
function stagesIn(entries: readonly JournalEntry[], { snapshots }: FoundEvidence): StageOfEvidence[] {
  const folders = new Set(entries.map(({ event }) => (event.event === 'noted' ? event.facts.evidence : undefined)));
  return snapshots
    .filter((snapshot) => folders.has(snapshot.case))
    .flatMap(({ first, second }) => [
      ...(first === undefined ? [] : [first]),
      ...(second === undefined ? [] : [second]),
    ]);
}

function describe(event: JournalEntry['event']): Omit<Moment, 'at'> | undefined {
  switch (event.event) {
    case 'asked':
      return { kind: 'ordered', text: whoAsked(event) };
    case 'step':
      return { kind: 'step', text: event.step };
    case 'judged':
      return { kind: 'judged', text: [event.state, ...event.gaps.map(({ detail }) => detail)].join('; ') };
    case 'closed':
      return { kind: 'closed', text: event.how.replaceAll('-', ' ') };
    case 'noted':
      return undefined;
  }
}

/** What was measured of the block, in one sentence. */
export function describeTimes({ ordered, blockMs, exposureMs }: MeasuredTimes): string {
  const exposed = exposureMs === 0 ? '' : `; the old rules were off for ${exposureMs} ms before that`;
  return `ordered ${ordered}, block in force ${blockMs} ms later${exposed}`;
}

/** Who asked for what, in one sentence. */
export function whoAsked({ requestedBy, by, alertId, ruleId, note, handlers }: Asked): string {
  const who =
    requestedBy === 'alert'
      ? `an alert${alertId === undefined ? '' : ` (${alertId}, rule ${ruleId ?? 'unknown'})`}`
      : `an operator${by === undefined ? '' : ` (${by})`}`;
  const whom = handlers.length === 0 ? 'no handler' : handlers.join(', ');
  return `ordered by ${who}, lets in ${whom}${note === undefined ? '' : `; note: ${note}`}`;
}

/**
 * What each order said at its end, from contain-host.log. Lines that cannot be read are left out, and so is a log that
 * is not there.
 */
function readOutcomes(stateFolder: string): Moment[] {
  return [`contain-host.log.1`, 'contain-host.log'].flatMap((name) => {
    let text: string;
    try {
      text = readFileSync(join(stateFolder, name), 'utf8').slice(-mostLogBytes);
    } catch {
      return [];
    }
    return text.split('\n').flatMap(readOutcome);
  });
}

function readOutcome(line: string): Moment[] {
  try {
    const { message, timestamp, said, exitCode } = JSON.parse(line) as Record<string, unknown>;
    const at = new Date(textOf(timestamp));
    if (message !== 'outcome' || typeof said !== 'string' || Number.isNaN(at.getTime())) return [];
    return [{ at, kind: 'outcome', text: `exit code ${textOf(exitCode)}: ${said}` }];
  } catch {
    return [];
  }
}
