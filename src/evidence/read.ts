import { closeSync, constants, fstatSync, lstatSync, readdirSync, readSync } from 'node:fs';
import { join } from 'node:path';
import { administrators } from '../agent/agent-files';
import { errorCode, errorText } from '../process/error-code';
import { openOwned } from '../process/owned-file';
import { sha256Of } from '../process/sha256';
import { evidenceFolder, type Manifest, manifestFile, parseManifest, type Stage, stages } from './manifest';

/** One snapshot in the state folder. A stage is absent until its manifest was written. */
export interface Snapshot {
  /** The names of its folders: the case's, and its own. */
  readonly case: string;
  readonly name: string;
  readonly first?: FoundManifest;
  readonly second?: FoundManifest;
}

export interface FoundManifest {
  readonly manifest: Manifest;
  /** SHA-256 of the file as it is now; the outcome line of the order has that of the first stage. */
  readonly sha256: string;
}

export interface FoundEvidence {
  /** Oldest first within a case; the cases by their names. */
  readonly snapshots: readonly Snapshot[];
  /** What was left alone, and why: links in the place of folders, manifests that are none. For people. */
  readonly problems: readonly string[];
}

/** A manifest has some hundred bytes for each item. */
const largestManifest = 1024 * 1024;

/** Finds every snapshot. Follows no link and never throws. */
export function readEvidence(stateFolder: string): FoundEvidence {
  const problems: string[] = [];
  const folders = (names: readonly string[]): string[] => foldersIn(stateFolder, names, problems);
  const cases = isRealFolder(join(stateFolder, evidenceFolder), problems) ? folders([evidenceFolder]) : [];
  const snapshots = cases.flatMap((one) =>
    folders([evidenceFolder, one]).map((name): Snapshot => {
      const found = (stage: Stage): FoundManifest | undefined =>
        findManifest(stateFolder, [evidenceFolder, one, name, stage], problems);
      const [first, second] = stages.map(found);
      return {
        ...{ case: one, name },
        ...(first === undefined ? {} : { first }),
        ...(second === undefined ? {} : { second }),
      };
    }),
  );
  return { snapshots, problems };
}

/**
 * Opens one file of the evidence by the names below the state folder, and returns its descriptor. Follows no link.
 * Throws `NotTrusted` where something else stands there, or the system's error.
 */
export function openEvidence(stateFolder: string, names: readonly string[]): number {
  return openOwned({ folder: stateFolder, names, owners: new Set(administrators()) }, constants.O_RDONLY);
}

function findManifest(stateFolder: string, folder: readonly string[], problems: string[]): FoundManifest | undefined {
  const names = [...folder, manifestFile];
  try {
    const bytes = readWhole(openEvidence(stateFolder, names));
    const manifest = parseManifest(bytes.toString('utf8'));
    if (manifest === undefined) throw new Error('it is no manifest of ours');
    return { manifest, sha256: sha256Of(bytes) };
  } catch (error) {
    if (errorCode(error) !== 'ENOENT') problems.push(`${join(...names)} was left alone: ${errorText(error)}.`);
    return undefined;
  }
}

function readWhole(fd: number): Buffer {
  try {
    const { size } = fstatSync(fd);
    if (size > largestManifest) throw new Error(`it is larger than ${largestManifest} bytes`);
    const bytes = Buffer.alloc(size);
    return bytes.subarray(0, readSync(fd, bytes, 0, size, 0));
  } finally {
    closeSync(fd);
  }
}

/** The names of the folders in a folder, sorted. */
function foldersIn(stateFolder: string, names: readonly string[], problems: string[]): string[] {
  const folder = join(stateFolder, ...names);
  try {
    const found = readdirSync(folder).sort();
    return found.filter((name) => isRealFolder(join(folder, name), problems));
  } catch (error) {
    problems.push(`${join(...names)} was left alone: ${errorText(error)}.`);
    return [];
  }
}

/** False for what is not there, and for a link, which is named. */
function isRealFolder(path: string, problems: string[]): boolean {
  try {
    const found = lstatSync(path, { throwIfNoEntry: false });
    if (found?.isSymbolicLink()) problems.push(`${path} is a link and was not followed.`);
    return found?.isDirectory() ?? false;
  } catch (error) {
    problems.push(`${path} was left alone: ${errorText(error)}.`);
    return false;
  }
}
