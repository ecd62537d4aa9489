import { closeSync, fstatSync, lstatSync, readdirSync, readFileSync, readSync } from 'node:fs';
import { join } from 'node:path';
import { errorCode, errorText } from '../process/error-code';
import { beginSha256 } from '../process/sha256';
import { evidenceFolder, hashFile, hashLine, type KeptFile, manifestFile, type Stage, stages } from './manifest';
import { type FoundManifest, openEvidence, type Snapshot } from './read';

/** What came of comparing a snapshot with its manifests. */
export interface Verified {
  /** What differs, in words for people. None: every byte is as the manifests say. */
  readonly findings: readonly string[];
  /** The files that are there and can be read, by their names below the state folder. */
  readonly present: readonly PresentFile[];
}

export interface PresentFile {
  readonly names: readonly string[];
  /** When it was collected. */
  readonly at: Date;
}

const chunkBytes = 1024 * 1024;

/** Reads every file of a snapshot. Follows no link and never throws. */
export function verify(stateFolder: string, snapshot: Snapshot): Verified {
  const findings: string[] = [];
  const present: PresentFile[] = [];
  for (const stage of stages) {
    const found = snapshot[stage];
    const folder = [evidenceFolder, snapshot.case, snapshot.name, stage];
    const say = (what: string, ...names: readonly string[]): void => {
      findings.push(`${join(...folder, ...names)}: ${what}.`);
    };
    if (found === undefined) {
      say('it has no manifest: it is not finished yet, never was, or the manifest was taken away or changed');
      continue;
    }
    const at = timeOf(found.manifest.endedAt);
    for (const what of contradictions(snapshot, stage, found)) say(what, manifestFile);
    if (isHashOf(stateFolder, [...folder, hashFile], found)) present.push({ names: [...folder, hashFile], at });
    else say('it is not the hash of the manifest', hashFile);
    const files = found.manifest.items.flatMap((item) => item.files);
    for (const file of files) {
      const { file: name } = file;
      const wrong = compare(stateFolder, [...folder, name], file);
      if (wrong !== undefined) say(wrong.what, name);
      if (wrong?.isUnreadable !== true) present.push({ names: [...folder, name], at });
    }
    present.push({ names: [...folder, manifestFile], at });
    const known = new Set([manifestFile, hashFile, ...files.map(({ file }) => file)]);
    for (const name of namesIn(join(stateFolder, ...folder))) if (!known.has(name)) say('no manifest names it', name);
  }
  return { findings, present };
}

function contradictions({ case: number, name, first }: Snapshot, stage: Stage, { manifest }: FoundManifest): string[] {
  const isElsewhere = manifest.stage !== stage || manifest.case !== number || manifest.snapshot !== name;
  const follows = stage === 'first' || first === undefined || manifest.firstManifest === first.sha256;
  return [
    ...(isElsewhere ? [`it is of another snapshot (${manifest.case}, ${manifest.snapshot}, ${manifest.stage})`] : []),
    ...(follows ? [] : ['the hash that it names is not that of the first manifest: one of the two was changed']),
  ];
}

/** A time that a ZIP archive can hold (APPNOTE.TXT 4.4.6), whatever somebody wrote into a manifest. */
function timeOf(text: string): Date {
  const [earliest, latest] = [Date.UTC(1980, 0, 2), Date.UTC(2107, 0, 1)];
  return new Date(Math.min(Math.max(Date.parse(text) || earliest, earliest), latest));
}

interface Wrong {
  readonly what: string;
  readonly isUnreadable: boolean;
}

/** What differs between a file and its manifest; undefined where nothing does. */
function compare(stateFolder: string, names: readonly string[], expected: KeptFile): Wrong | undefined {
  try {
    const fd = openEvidence(stateFolder, names);
    try {
      const { size } = fstatSync(fd);
      if (size !== expected.bytes)
        return { what: `it has ${size} bytes, and had ${expected.bytes}`, isUnreadable: false };
      return hashOf(fd) === expected.sha256 ? undefined : { what: 'its content was changed', isUnreadable: false };
    } finally {
      closeSync(fd);
    }
  } catch (error) {
    const what = errorCode(error) === 'ENOENT' ? 'it is missing' : `it was left alone: ${errorText(error)}`;
    return { what, isUnreadable: true };
  }
}

/** A manifest names the hash of every other file; this file has its own. */
function isHashOf(stateFolder: string, names: readonly string[], { sha256 }: FoundManifest): boolean {
  try {
    const fd = openEvidence(stateFolder, names);
    try {
      const expected = hashLine(sha256);
      return fstatSync(fd).size === expected.length && readFileSync(fd, 'latin1') === expected;
    } finally {
      closeSync(fd);
    }
  } catch {
    return false;
  }
}

function hashOf(fd: number): string {
  const hash = beginSha256();
  const chunk = Buffer.alloc(chunkBytes);
  for (let read = readSync(fd, chunk); read > 0; read = readSync(fd, chunk)) hash.update(chunk.subarray(0, read));
  return hash.digest('hex');
}

function namesIn(folder: string): string[] {
  try {
    return lstatSync(folder).isDirectory() ? readdirSync(folder).sort() : [];
  } catch {
    return [];
  }
}
