import { join } from 'node:path';
import { Failure } from '../../outcome/failure';
import { freshPath } from '../../state/stamp';
import type { Unreadable } from '../../windows/registry';
import type { Context, Recorder, Release } from '../firewall';
import { type PolicyExport, prepareExport, takeExport } from './export';
import { findBackup, type GoodBackup, newestCopy, type Recorded, readRecord } from './find-backup';
import { isGivenBack, isGone } from './given-back';
import type { Comparison, StoredPolicy } from './read/stored-policy';
import { readLocal } from './reading';
import { archive, describeLost, isRestored, mostNames, restore } from './restore';
import { requireTools } from './tools';
import { blocksByDefault, hasOurRules } from './traits';

/** Gives the host its policy back from a good backup, and claims so only after reading it back. */
export async function release(context: Context, recorder: Recorder): Promise<Release> {
  requireTools(context);
  const present = prepareExport(context);
  // The export changes nothing, and will most probably be needed.
  if (context.openCase?.facts.backup !== undefined) present?.begin('keep-present');
  const found = await lookFirst(context, recorder);
  if ('was' in found) return found;
  await keepPresent(context, recorder, present);
  return importBackup(context, recorder, found);
}

interface WayBack {
  readonly backup: GoodBackup;
  readonly record: Recorded;
}

/** Lets go of the reading of the present policy before it reads the record: both may be large. */
async function lookFirst(context: Context, recorder: Recorder): Promise<Release | WayBack> {
  const host = await lookAtHost(context);
  if (host === 'not-ours') return { was: 'not-contained', differences: [] };
  const backup = findBackup(context, recorder.facts);
  if ('bad' in backup) {
    const why = `there is no good backup: ${backup.bad}`;
    const copy = newestCopy(context.stateFolder);
    const file = copy === undefined ? undefined : `"${copy}", if that is the policy from before`;
    throw notReleased(await readLocal(context), why, file);
  }
  const record = readRecord(backup);
  if (host === 'perhaps-restored') {
    const local = await readLocal(context);
    const happened = 'unreadable' in local ? undefined : whatHappened(context, local, record);
    if (happened !== undefined) {
      archive(context, recorder);
      return happened;
    }
  }
  return { backup, record };
}

/** Tells why nothing is left to give back; undefined where something is. */
function whatHappened(context: Context, local: StoredPolicy, { policy, notExported }: Recorded): Release | undefined {
  if (isRestored(local, policy)) {
    const there = new Set(local.rules.map(({ id }) => id));
    const lost = notExported.filter(({ id }) => !there.has(id));
    return { was: 'restored-already', differences: describeLost(lost) };
  }
  const isOver = isGone(context, local) && isGivenBack(policy, local);
  return isOver ? { was: 'given-back-by-others', differences: [] } : undefined;
}

/**
 * There is something to give back when a case got as far as a backup, or where rules of ours are active, whoever made
 * them.
 */
async function lookAtHost(context: Context): Promise<'not-ours' | 'ours' | 'perhaps-restored'> {
  const local = await readLocal(context);
  const isOpen = context.openCase?.facts.backup !== undefined;
  if ('unreadable' in local) {
    if (!isOpen) throw notReleased(local, 'the policy cannot be read, and no case is open');
    return 'ours';
  }
  if (hasOurRules(local)) return 'ours';
  return isOpen ? 'perhaps-restored' : 'not-ours';
}

async function importBackup(context: Context, recorder: Recorder, { backup, record }: WayBack): Promise<Release> {
  const { succeeded, local, comparison } = await restore(context, recorder, backup, record.policy);
  if (!succeeded)
    throw notReleased(
      local,
      comparison === undefined ? 'the policy cannot be read back' : describe(comparison),
      `"${backup.file}"`,
    );
  archive(context, recorder);
  const extra = comparison?.extra.slice(0, mostNames) ?? [];
  return {
    was: 'contained',
    differences: [
      ...extra.map(({ name }) => `the rule "${name}" was added since then and was left in place`),
      ...describeLost(record.notExported),
    ],
  };
}

/**
 * Keeps the policy of the contained host as a file, with whatever was changed by hand meanwhile. Where that fails, the
 * release goes on.
 */
async function keepPresent(context: Context, recorder: Recorder, present: PolicyExport | undefined): Promise<void> {
  const file = freshPath((stamp) => join(context.stateFolder, `fw-before-release-${stamp}.wfw`));
  if (present === undefined || !(await takeExport(context, recorder, present, { step: 'keep-present', file })))
    recorder.warn('The policy of the contained host could not be saved to a file');
}

function notReleased(local: StoredPolicy | Unreadable, why: string, file = '"<file>"'): Failure {
  const message = `The release was not completed: ${why}. ${stateOf(local)} Repeat DELETE; if that does not help, import a good backup by hand: netsh advfirewall import ${file}.`;
  return new Failure('not-released', message);
}

function stateOf(local: StoredPolicy | Unreadable): string {
  if ('unreadable' in local)
    return 'The policy cannot be read, so it is not known whether this host is contained, open or partial.';
  const ours = hasOurRules(local);
  if (ours && blocksByDefault(local)) return 'This host is still CONTAINED.';
  return ours
    ? 'This host is PARTIAL: rules of ours are active, but it does not block by default.'
    : 'This host is OPEN: the containment is gone, but its policy is not whole.';
}

function describe({ missing, changed, profiles }: Comparison): string {
  const parts = [
    [missing.length, 'rules are missing'],
    [changed.length, 'rules differ'],
    [profiles.length, 'profile settings differ'],
  ] as const;
  const wrong = parts.filter(([count]) => count > 0).map(([count, what]) => `${count} ${what}`);
  return wrong.length === 0 ? 'netsh reported that the import failed' : wrong.join(', ');
}
