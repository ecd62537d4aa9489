import { lstatSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { stampForm } from './folders';
import { evidenceFolder } from './manifest';
import { readEvidence, type Snapshot } from './read';

const mega = 1024 * 1024;

/** How much all evidence may take. */
export interface Limits {
  readonly bytes: number;
  readonly snapshots: number;
}

export const limits: Limits = { bytes: 512 * mega, snapshots: 100 };

/** A snapshot is named before its case is in the journal: the order waits for its turn in between. */
const beforeCaseMs = 60_000;

/**
 * Removes the evidence of closed cases, whole cases at a time, until the rest is within the limits: an alert's before
 * an operator's, the oldest first. What was collected since the open case began stays, whatever it takes. Returns the
 * names of the cases that were removed. `caseSince`: milliseconds since 1970.
 */
export function removeOldEvidence(stateFolder: string, caseSince: number, { bytes, snapshots }: Limits): string[] {
  const cases = group(readEvidence(stateFolder).snapshots);
  const sizes = new Map(cases.map(({ name }) => [name, sizeOf(join(stateFolder, evidenceFolder, name))]));
  let size = [...sizes.values()].reduce((sum, one) => sum + one, 0);
  let count = cases.reduce((sum, one) => sum + one.count, 0);
  const removed: string[] = [];
  const closed = cases.filter(({ last }) => timeOf(last) < caseSince - beforeCaseMs);
  for (const one of closed.sort(
    (a, b) => Number(a.isOperators) - Number(b.isOperators) || (a.last < b.last ? -1 : 1),
  )) {
    if (size <= bytes && count <= snapshots) break;
    rmSync(join(stateFolder, evidenceFolder, one.name), { recursive: true, force: true });
    size -= sizes.get(one.name) ?? 0;
    count -= one.count;
    removed.push(one.name);
  }
  return removed;
}

interface CaseEvidence {
  readonly name: string;
  readonly count: number;
  /** The name of its newest snapshot. */
  readonly last: string;
  readonly isOperators: boolean;
}

function group(snapshots: readonly Snapshot[]): CaseEvidence[] {
  const names = new Set(snapshots.map((snapshot) => snapshot.case));
  return [...names].map((name) => {
    const own = snapshots.filter((snapshot) => snapshot.case === name && stampForm.test(snapshot.name));
    const isOperators = own.some(({ first }) => first?.manifest.order.requestedBy === 'operator');
    return { name, count: own.length, last: own.at(-1)?.name ?? '', isOperators };
  });
}

/** Milliseconds since 1970; 0 for what no stamp is. */
function timeOf(name: string): number {
  const [, date, hours, minutes, seconds, ms] = /^(\d{8})T(\d\d)(\d\d)(\d\d)(\d{3})Z$/.exec(name) ?? [];
  if (date === undefined) return 0;
  const day = `${date.slice(0, 4)}-${date.slice(4, 6)}-${date.slice(6)}`;
  return Date.parse(`${day}T${hours}:${minutes}:${seconds}.${ms}Z`);
}

/** The bytes of all files in it. Follows no link. */
function sizeOf(path: string): number {
  const found = lstatSync(path, { throwIfNoEntry: false });
  if (found === undefined) return 0;
  if (!found.isDirectory()) return found.size;
  return readdirSync(path).reduce((sum, name) => sum + sizeOf(join(path, name)), 0);
}
