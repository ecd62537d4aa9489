import { isFields } from '../json';
import type { RequestedBy } from '../request/request';

/**
 * What a snapshot leaves in the state folder:
 *
 *     evidence/CASE/SNAPSHOT/first/manifest.json, manifest.sha256, netstat.txt, ...
 *     evidence/CASE/SNAPSHOT/second/manifest.json, manifest.sha256, ...
 *
 * CASE is the number of the case, or the time of its first order where it has no number that can be a file name.
 * SNAPSHOT is the time of one order, as `stamp` writes it. A stage is whole once its manifest is there, which is
 * written last; a file that no manifest names is no evidence. `first` is written after two seconds at the most, beside
 * the order; `second` holds what took longer and what the cut does not destroy.
 */
export const stages = ['first', 'second'] as const;
export type Stage = (typeof stages)[number];

export const evidenceFolder = 'evidence';
export const manifestFile = 'manifest.json';
/** Beside each manifest: its hash, as `sha256sum --check` reads it. */
export const hashFile = 'manifest.sha256';
/** `sha256`: of the manifest. */
export const hashLine = (sha256: string): string => `${sha256}  ${manifestFile}\n`;

/** The manifest of one stage. All times are ISO 8601 in UTC. */
export interface Manifest {
  /** Grows when a field changes its meaning. */
  readonly version: 1;
  readonly stage: Stage;
  /** The host's own name. */
  readonly host: string;
  /** Such as `Linux 6.1.0-18-amd64 x64`. */
  readonly system: string;
  /** The version of contain-host. */
  readonly program: string;
  /** The name of the folder CASE. */
  readonly case: string;
  /** The name of the folder SNAPSHOT. */
  readonly snapshot: string;
  readonly order: OrderedBy;
  readonly startedAt: string;
  readonly endedAt: string;
  /** The second stage's only: SHA-256 of the first stage's manifest.json. */
  readonly firstManifest?: string;
  readonly items: readonly Item[];
}

/** Who asked for the containment that this snapshot was taken beside. All words are as they were given. */
export interface OrderedBy {
  readonly at: string;
  readonly requestedBy: RequestedBy;
  readonly caseNumber?: string;
  readonly orderId?: string;
  /** Who typed it, where a person did. */
  readonly by?: string;
  readonly alertId?: string;
  readonly ruleId?: string;
  readonly note?: string;
}

/** How the collection of one item ended. */
export const ends = [
  /** All that the tool wrote is kept. Its exit code may be any. */
  'complete',
  /** It wrote more than is kept; the beginning is. */
  'truncated',
  /** It was ended at its time limit; what it wrote until then is kept. */
  'timed-out',
  /** This system has no such tool or file. */
  'missing',
  /** It could not be started or read, or its output could not be kept; `why` says which. */
  'failed',
  /** First stage only: not there when this manifest was written. The second stage has it. */
  'pending',
] as const;
export type End = (typeof ends)[number];

/** One thing that was looked for, whether it was found or not. */
export interface Item {
  /** Short and stable, such as `connections`. */
  readonly name: string;
  /** The tool and its arguments, or the path of the file that was copied. */
  readonly source: readonly string[];
  readonly end: End;
  readonly startedAt?: string;
  readonly endedAt?: string;
  /** A tool's; null where it was ended by us or by a signal. Absent for files. */
  readonly exitCode?: number | null;
  /** Why it failed, or what is to be known of it. */
  readonly why?: string;
  /** What it left, in the folder of the stage; none where it wrote nothing. */
  readonly files: readonly KeptFile[];
}

/** Bytes as the tool wrote them, in whatever code page. */
export interface KeptFile {
  /** Its name in the folder of the stage: letters, digits, `.` and `-`. */
  readonly file: string;
  /** Which of the tool's streams it holds. */
  readonly stream: 'stdout' | 'stderr';
  readonly bytes: number;
  /** SHA-256 of all of them, in small hexadecimal letters. */
  readonly sha256: string;
}

/** A name that means a file in the same folder on every system, whoever wrote it. */
const plainName = /^[A-Za-z0-9][A-Za-z0-9-]{0,40}(\.[a-z]{1,10}){0,2}$/;
const sha256 = /^[0-9a-f]{64}$/;

/** Reads a manifest. Undefined where this is none, or names a file that none of ours would have. */
export function parseManifest(text: string): Manifest | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return isManifest(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

function isManifest(value: unknown): value is Manifest {
  if (!isFields(value)) return false;
  const { version, stage, order, firstManifest, items } = value;
  const texts = ['host', 'system', 'program', 'case', 'snapshot', 'startedAt', 'endedAt'];
  return (
    version === 1 &&
    stages.some((known) => known === stage) &&
    texts.every((name) => typeof value[name] === 'string') &&
    (stage === 'first' || (typeof firstManifest === 'string' && sha256.test(firstManifest))) &&
    isFields(order) &&
    typeof order.at === 'string' &&
    (order.requestedBy === 'operator' || order.requestedBy === 'alert') &&
    Object.values(order).every((word) => typeof word === 'string') &&
    Array.isArray(items) &&
    items.every(isItem)
  );
}

function isItem(value: unknown): boolean {
  if (!isFields(value)) return false;
  const { name, source, end, startedAt = '', endedAt = '', exitCode = null, why = '', files } = value;
  return (
    typeof name === 'string' &&
    Array.isArray(source) &&
    [...source, startedAt, endedAt, why].every((text) => typeof text === 'string') &&
    ends.some((known) => known === end) &&
    (exitCode === null || typeof exitCode === 'number') &&
    Array.isArray(files) &&
    files.every(isKeptFile)
  );
}

function isKeptFile(value: unknown): boolean {
  return (
    isFields(value) &&
    typeof value.file === 'string' &&
    plainName.test(value.file) &&
    value.file !== manifestFile &&
    value.file !== hashFile &&
    (value.stream === 'stdout' || value.stream === 'stderr') &&
    Number.isSafeInteger(value.bytes) &&
    typeof value.sha256 === 'string' &&
    sha256.test(value.sha256)
  );
}
