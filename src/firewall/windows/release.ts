import { join } from 'node:path';
import { Failure } from '../../outcome/failure';
import { freshPath } from '../../state/stamp';
import type { Unreadable } from '../../windows/registry';
import type { Recorder, Release, Site } from '../firewall';
import { type PolicyExport, prepareExport, takeExport } from './export';
import { findBackup, type GoodBackup, newestCopy, type Recorded, readRecord } from './find-backup';
import { isGivenBack, isGone } from './given-back';
import type { Comparison, FirewallPolicy } from './read/stored-policy';
import { readLocal } from './reading';
import { archive, describeLost, isRestored, mostNames, restore } from './restore';
import { requireTools } from './tools';
import { blocksByDefault, hasOurRules } from './traits';

/** Gives the host its policy back from a good backup, and claims so only after reading it back. */
export async function release(site: Site, recorder: Recorder): Promise<Release> {
  requireTools(site);
  const present = prepareExport(site);
  // It changes nothing, and will most probably be needed.
  if (site.openCase?.facts.backup !== undefined) present?.begin('keep-present');
  const found = await lookFirst(site, recorder);
  if ('was' in found) return found;
  await keepPresent(site, recorder, present);
  return importBackup(site, recorder, found);
}

interface WayBack {
  readonly backup: GoodBackup;
  readonly record: Recorded;
}

/** What was read of the present policy is let go of before the record is read: both may be large. */
async function lookFirst(site: Site, recorder: Recorder): Promise<Release | WayBack> {
  const host = await lookAtHost(site);
  if (host === 'not-ours') return { was: 'not-contained', differences: [] };
  const backup = findBackup(site, recorder.facts);
  if ('bad' in backup) {
    const why = `there is no good backup: ${backup.bad}`;
    const copy = newestCopy(site.stateFolder);
    const file = copy === undefined ? undefined : `"${copy}", if that is the policy from before`;
    throw notReleased(await readLocal(site), why, file);
  }
  const record = readRecord(backup);
  if (host === 'perhaps-restored') {
    const local = await readLocal(site);
    const happened = 'unreadable' in local ? undefined : whatHappened(site, local, record);
    if (happened !== undefined) {
      archive(site, recorder);
      return happened;
    }
  }
  return { backup, record };
}

/** How the host came by its policy, where nothing is left to give back. */
function whatHappened(site: Site, local: FirewallPolicy, { policy, notExported }: Recorded): Release | undefined {
  if (isRestored(local, policy)) {
    const there = new Set(local.rules.map(({ id }) => id));
    const lost = notExported.filter(({ id }) => !there.has(id));
    return { was: 'restored-already', differences: describeLost(lost) };
  }
  const isOver = isGone(site, local) && isGivenBack(policy, local);
  return isOver ? { was: 'given-back-by-others', differences: [] } : undefined;
}

/** There is something to give back when a case got as far as a backup, or where rules of ours are active, whoever made them. */
async function lookAtHost(site: Site): Promise<'not-ours' | 'ours' | 'perhaps-restored'> {
  const local = await readLocal(site);
  const isOpen = site.openCase?.facts.backup !== undefined;
  if ('unreadable' in local) {
    if (!isOpen) throw notReleased(local, 'the policy cannot be read, and no case is open');
    return 'ours';
  }
  if (hasOurRules(local)) return 'ours';
  return isOpen ? 'perhaps-restored' : 'not-ours';
}

async function importBackup(site: Site, recorder: Recorder, { backup, record }: WayBack): Promise<Release> {
  const { succeeded, local, comparison } = await restore(site, recorder, backup, record.policy);
  if (!succeeded)
    throw notReleased(
      local,
      comparison === undefined ? 'the policy cannot be read back' : describe(comparison),
      `"${backup.file}"`,
    );
  archive(site, recorder);
  const extra = comparison?.extra.slice(0, mostNames) ?? [];
  return {
    was: 'contained',
    differences: [
      ...extra.map(({ name }) => `the rule "${name}" came since then and was left`),
      ...describeLost(record.notExported),
    ],
  };
}

/** What was changed by hand while the host was contained is kept as a file; that it cannot be kept does not hold a release. */
async function keepPresent(site: Site, recorder: Recorder, present: PolicyExport | undefined): Promise<void> {
  const file = freshPath((stamp) => join(site.stateFolder, `fw-before-release-${stamp}.wfw`));
  if (present === undefined || !(await takeExport(site, recorder, 'keep-present', present, file)))
    recorder.warn('The policy of the contained host could not be kept as a file');
}

function notReleased(local: FirewallPolicy | Unreadable, why: string, file = '"<file>"'): Failure {
  const message = `The release was not completed: ${why}. ${stateOf(local)} Repeat DELETE; if that does not help, import a good backup by hand: netsh advfirewall import ${file}.`;
  return new Failure('not-released', message);
}

function stateOf(local: FirewallPolicy | Unreadable): string {
  if ('unreadable' in local) return 'Whether this host is contained, open or partial cannot be read.';
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
