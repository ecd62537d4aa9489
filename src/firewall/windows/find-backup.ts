import { readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { makeRoomFor } from '../../process/memory';
import { namesIn } from '../../state/files';
import type { Facts } from '../../state/journal';
import { parseRegistryFile } from '../../windows/registry-file';
import type { Context } from '../firewall';
import { type BackupFile, type BackupMark, type BadBackup, checkBackup, isAsRecorded } from './backup-file';
import { homeBackup } from './home-backup';
import { readHive } from './read/hive';
import {
  type PolicyRecord,
  type RecordedRule,
  readHivePolicy,
  readLocalPolicy,
  type StoredPolicy,
} from './read/stored-policy';

/** What the journal keeps about a backup. */
export type BackupFacts = BackupMark &
  Readonly<{
    /** The copy in the state folder. */
    backup: string;
    /** The one in the agent's folder. */
    copy?: string;
    /**
     * The registry file of the policy from before, in the state folder. A backup that this program did not make has
     * none.
     */
    record?: string;
  }>;

/** A backup that can be imported. */
export interface GoodBackup extends BackupFile {
  /** Other places that should hold the same file; they have not been looked at yet. */
  readonly others: readonly string[];
  readonly record?: string;
}

/**
 * The backup to release from: the one in the agent's home, else the second copy. `facts`: what the journal notes about
 * the case.
 */
export function findBackup(context: Context, facts: Facts): GoodBackup | BadBackup {
  const recorded = backupFactsOf(facts);
  const files = backupPlaces(context, recorded);
  const bad: string[] = [];
  for (const [index, file] of files.entries()) {
    const checked = checkBackup(file, recorded);
    if (!('bad' in checked)) {
      const { record } = recorded ?? {};
      return { ...checked, others: files.slice(index + 1), ...(record === undefined ? {} : { record }) };
    }
    bad.push(checked.bad);
  }
  return { bad: bad.join('; ') || 'the agent has no folder and the journal names no backup' };
}

/** Where a backup may lie, in the order in which to look. */
export function backupPlaces({ home }: Context, recorded: BackupFacts | undefined): string[] {
  const places = [home === undefined ? undefined : homeBackup(home), recorded?.copy, recorded?.backup];
  return [...new Set(places.filter((place) => place !== undefined))];
}

/** Another place with the same bytes: netsh may import from there what it could not import from the first place. */
export function otherCopy({ file, others, mark }: GoodBackup): string {
  return others.find((other) => isAsRecorded(other, mark)) ?? file;
}

/**
 * The newest second copy of a backup that passes every check, for people to look at: it may be from an earlier case.
 */
export function newestCopy(stateFolder: string): string | undefined {
  const copies = namesIn(stateFolder).filter((name) => /^fw-backup-.*\.wfw$/.test(name));
  const files = copies.sort().map((name) => join(stateFolder, name));
  return files.findLast((file) => !('bad' in checkBackup(file)));
}

/** What the result of an import is compared with. */
export interface Recorded {
  /**
   * The policy that the import gives back: as the registry showed it before, or as the backup holds it where no record
   * is left.
   */
  readonly policy: PolicyRecord;
  /** Rules that were there before and that Windows left out of its own export: they cannot come back. */
  readonly notExported: readonly RecordedRule[];
}

/**
 * Reads what the registry showed before the backup was made or, where that is gone, the policy in the backup itself.
 */
export function readRecord({ file, ids, record }: GoodBackup): Recorded {
  const { profiles, rules: whole } = readRecordFile(record) ?? readBackupFile(file);
  const rules = whole.map(({ id, raw, name }) => ({ id, raw, name }));
  return {
    policy: { profiles, rules: rules.filter(({ id }) => ids.has(id)) },
    notExported: rules.filter(({ id }) => !ids.has(id)),
  };
}

/** Reads the record of a policy; undefined where it cannot be read. */
export function readRecordFile(file: string | undefined): StoredPolicy | undefined {
  if (file === undefined) return undefined;
  try {
    makeRoomFor(statSync(file).size);
    const parsed = parseRegistryFile(readFileSync(file));
    return 'error' in parsed ? undefined : readLocalPolicy(parsed.keys);
  } catch {
    return undefined;
  }
}

/** Reads a file that `checkBackup` found sound a moment ago. */
export function readBackupFile(file: string): StoredPolicy {
  const hive = readHive(readFileSync(file));
  return readHivePolicy('damaged' in hive ? new Map() : hive.keys);
}

/** The facts of a case that are about its backup; undefined where it has no backup. */
export function backupFactsOf({ backup, backupLength, backupSha256, copy, record }: Facts): BackupFacts | undefined {
  if (typeof backup !== 'string' || typeof backupSha256 !== 'string' || typeof backupLength !== 'number')
    return undefined;
  return {
    ...{ backup, backupLength, backupSha256 },
    ...(typeof copy === 'string' ? { copy } : {}),
    ...(typeof record === 'string' ? { record } : {}),
  };
}
