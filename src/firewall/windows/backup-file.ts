import { readFileSync, statSync } from 'node:fs';
import { isOurName } from '../../policy/rules';
import { errorText } from '../../process/error-code';
import { makeRoomFor } from '../../process/memory';
import { sha256Of } from '../../process/sha256';
import { readHive } from './read/hive';
import { readNameAndActive } from './read/rule-on-demand';

/**
 * A policy file that passed every check. Of the policy in it only the ids of its rules are kept: it may be a large one.
 */
export interface BackupFile {
  readonly file: string;
  readonly ids: ReadonlySet<string>;
  readonly mark: BackupMark;
}

/** What tells a backup from every other file. */
export type BackupMark = Readonly<{ backupLength: number; backupSha256: string }>;

export interface BadBackup {
  readonly bad: string;
}

/** Real exports of bloated hosts have some tens of megabytes. */
const longestBackup = 256 * 1024 * 1024;

/**
 * Reads and checks a policy file: its structure, its hash where one was recorded, and that it is not a contained
 * host's.
 */
export function checkBackup(file: string, recorded?: BackupMark): BackupFile | BadBackup {
  let bytes: Buffer;
  try {
    const { size } = statSync(file);
    if (size > longestBackup) return { bad: `${file} is too large for a policy` };
    makeRoomFor(size);
    bytes = readFileSync(file);
  } catch (error) {
    return { bad: `${file} cannot be read (${errorText(error)})` };
  }
  const mark = markOf(bytes);
  if (recorded !== undefined && !isSame(mark, recorded)) return { bad: `${file} is not the file that was recorded` };
  const hive = readHive(bytes);
  if ('damaged' in hive) return { bad: `${file} is damaged: ${hive.damaged}` };
  const ids = new Set<string>();
  for (const [id, text] of hive.keys.get('firewallrules')?.texts() ?? []) {
    const { active, name } = readNameAndActive(text);
    if (active && isOurName(name))
      return { bad: `${file} is the policy of a contained host: the rule "${name}" is active in it` };
    ids.add(id);
  }
  return { file, ids, mark };
}

/**
 * True when the file is, byte for byte, the one that passed every check when it was made. The rules in it are not read
 * again: to read thousands of them takes longer than people wait.
 */
export function isAsRecorded(file: string, recorded: BackupMark): boolean {
  try {
    makeRoomFor(statSync(file).size);
    return isSame(markOf(readFileSync(file)), recorded);
  } catch {
    return false;
  }
}

function markOf(bytes: Buffer): BackupMark {
  return { backupLength: bytes.length, backupSha256: sha256Of(bytes) };
}

function isSame(one: BackupMark, other: BackupMark): boolean {
  return one.backupLength === other.backupLength && one.backupSha256 === other.backupSha256;
}
