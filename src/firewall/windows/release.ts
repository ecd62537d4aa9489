import { join } from 'node:path';
import { Failure } from '../../outcome/failure';
import { stamp } from '../../state/stamp';
import type { Unreadable } from '../../windows/registry';
import type { Recorder, Release, Site } from '../firewall';
import { findBackup, type GoodBackup, notExported, recordedPolicy } from './backup';
import { readLocal } from './live';
import { exportPolicy } from './netsh';
import type { Comparison, FirewallPolicy } from './read/policy-store';
import { archive, isRestored, restore } from './restore';
import { requireTools, runNetsh } from './tools';
import { blocksByDefault, hasOurRules } from './traits';

const mostNames = 10;

/** Gives the host its policy back from a good backup, and claims so only after reading it back. */
export async function release(site: Site, recorder: Recorder): Promise<Release> {
  requireTools(site);
  const local = await readLocal(site);
  const readable = 'unreadable' in local ? undefined : local;
  if (!isOurs(site, readable)) {
    if (readable === undefined) throw notReleased(local, 'the policy cannot be read, and no case is open');
    return { was: 'not-contained', differences: [] };
  }
  const backup = findBackup(site);
  if ('bad' in backup) throw notReleased(local, `there is no good backup: ${backup.bad}`);
  if (readable !== undefined && isRestored(readable, recordedPolicy(backup))) {
    archive(site, recorder);
    return { was: 'restored-already', differences: [] };
  }
  await keepPresent(site, recorder);
  return importBackup(site, recorder, backup);
}

async function importBackup(site: Site, recorder: Recorder, backup: GoodBackup): Promise<Release> {
  const { succeeded, local, comparison } = await restore(site, recorder, backup);
  if (!succeeded)
    throw notReleased(local, comparison === undefined ? 'the policy cannot be read back' : describe(comparison));
  archive(site, recorder);
  const named = (rules: readonly { readonly name: string }[], what: string): string[] =>
    rules.slice(0, mostNames).map(({ name }) => `the rule "${name}" ${what}`);
  return {
    was: 'contained',
    differences: [
      ...named(comparison?.extra ?? [], 'came since then and was left'),
      ...named(notExported(backup), 'is gone: Windows had left it out of its own export'),
    ],
  };
}

/** True when there is something to give back: a case that got as far as a backup, or rules of ours, whoever made them. */
function isOurs({ openCase }: Site, local: FirewallPolicy | undefined): boolean {
  return openCase?.facts.backup !== undefined || (local !== undefined && hasOurRules(local));
}

/** What was changed by hand while the host was contained is kept as a file; that it cannot be kept does not hold a release. */
async function keepPresent(site: Site, recorder: Recorder): Promise<void> {
  const file = join(site.stateFolder, `fw-before-release-${stamp()}.wfw`);
  const { exitCode } = await runNetsh(site, recorder, 'keep-present', exportPolicy(file), site.host.patience.netsh);
  if (exitCode !== 0) recorder.warn('The policy of the contained host could not be kept as a file');
}

function notReleased(local: FirewallPolicy | Unreadable, why: string): Failure {
  const message = `The release was not completed: ${why}. ${stateOf(local)} Repeat DELETE; if that does not help, import a good backup by hand: netsh advfirewall import "<file>".`;
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
