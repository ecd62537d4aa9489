import { join } from 'node:path';
import { Failure } from '../../outcome/failure';
import { isOurName } from '../../policy/rules';
import { removeIfPossible } from '../../state/files';
import { removeOldCases } from '../../state/old-cases';
import { freshPath } from '../../state/stamp';
import type { Unreadable } from '../../windows/registry';
import type { Context, Recorder } from '../firewall';
import { putAside } from './backup';
import { findBackup, type GoodBackup, otherCopy, readRecord } from './find-backup';
import { homeBackup } from './home-backup';
import { importPolicy } from './netsh';
import {
  type Comparison,
  compareToRecord,
  type PolicyRecord,
  type RecordedRule,
  type StoredPolicy,
} from './read/stored-policy';
import { settle } from './settle';
import { runImport } from './tools';

/** More names than this help nobody. */
export const mostNames = 10;

/**
 * The result of an import. It succeeded only if netsh says so, the policy can be read back, and it is as it was before.
 */
export interface Restoration {
  readonly succeeded: boolean;
  readonly local: StoredPolicy | Unreadable;
  readonly comparison?: Comparison;
}

/** Imports a backup, twice if need be, and compares what is in force then with the policy from before. */
export async function restore(
  context: Context,
  recorder: Recorder,
  backup: GoodBackup,
  before: PolicyRecord,
): Promise<Restoration> {
  let exitCode: number | null = null;
  let comparison: Comparison | undefined;
  let local: StoredPolicy | Unreadable = { unreadable: 'it was not read' };
  for (let attempt = 0; attempt < 2; attempt++) {
    const output = freshPath((stamp) => join(context.stateFolder, `import-${stamp}.txt`));
    const file = attempt === 0 ? backup.file : otherCopy(backup);
    ({ exitCode } = await runImport(context, recorder, importPolicy(file), output));
    // Lets go of the last reading first: two readings of a bloated host would take too much memory.
    local = { unreadable: 'it was not read' };
    comparison = undefined;
    local = await settle(context, (policy) => {
      comparison = compareToRecord(before, policy);
      return isSame(comparison);
    });
    if ('unreadable' in local) comparison = undefined;
    else if (exitCode === 0 && comparison !== undefined && isSame(comparison)) {
      // Nobody needs what netsh prints about an import that succeeded.
      removeIfPossible(output);
      return { succeeded: true, local, comparison };
    }
  }
  return { succeeded: false, local, ...(comparison === undefined ? {} : { comparison }) };
}

/** True when every rule and setting is as before and no rule of ours was added; other new rules do not matter. */
export function isRestored(policy: StoredPolicy, before: PolicyRecord): boolean {
  return isSame(compareToRecord(before, policy));
}

function isSame({ missing, changed, profiles, extra }: Comparison): boolean {
  return (
    missing.length === 0 && changed.length === 0 && profiles.length === 0 && !extra.some(({ name }) => isOurName(name))
  );
}

/** Renames the backup once it has done its work: it stays in its folder, with a time stamp in its name. */
export function archive({ home }: Context, recorder: Recorder): void {
  if (home === undefined) return;
  try {
    putAside(homeBackup(home));
  } catch (error) {
    recorder.warn(`The backup could not be put aside: ${String(error)}`);
  }
  removeOldCases(home, [['fw-backup-', '.wfw']]);
}

/** Gives the host its policy back after a containment that could not be completed, and says how that went. */
export async function goBack(context: Context, recorder: Recorder, why: string): Promise<never> {
  const found = findBackup(context, recorder.facts);
  if ('bad' in found) throw wayBackFailed(why, `there is no good backup (${found.bad})`);
  const { policy, notExported } = readRecord(found);
  const { succeeded, local } = await restore(context, recorder, found, policy);
  if (!succeeded)
    throw wayBackFailed(why, 'unreadable' in local ? local.unreadable : 'the policy from before is not whole');
  archive(context, recorder);
  const but = notExported.length === 0 ? '' : `, but ${describeLost(notExported).join('; ')}`;
  const message = `Containment failed: ${why}. The policy from before is in force again${but}. This host is NOT contained. Cut it off by other means, or repeat ADD.`;
  throw new Failure('rolled-back', message);
}

/** Tells people which rules no import gives back. */
export function describeLost(rules: readonly RecordedRule[]): string[] {
  return rules
    .slice(0, mostNames)
    .map(({ name }) => `the rule "${name}" is gone: Windows had left it out of its own export`);
}

function wayBackFailed(why: string, whyNot: string): Failure {
  const message = `Containment failed: ${why}. The way back failed too: ${whyNot}. The state of this host is uncertain. Run "contain-host status", then try DELETE; fw-backup.wfw can also be imported by hand with netsh.`;
  return new Failure('way-back-failed', message);
}
