import { type ExitCode, exitCodes } from './exit-codes';
import type { Status } from './output/audit';

/** How an order ended, for the caller, the agent's log and our own. */
export interface Outcome {
  readonly exitCode: ExitCode;
  /** What was done or failed, what state the host is in now, and what to do. */
  readonly message: string;
  readonly status: Status;
  /** Codes for the line in the agent's log: single words without blanks. */
  readonly words: readonly string[];
}

/** Exit codes that speak of a containment that was tried. */
const ofContainment: readonly ExitCode[] = [exitCodes.noBackup, exitCodes.rolledBack, exitCodes.uncertain];

/** The same outcome as the end of this order: a release that failed, for whatever reason, was not completed. */
export function asEndOf({ action }: { readonly action: 'add' | 'delete' }, outcome: Outcome): Outcome {
  if (action === 'add' || !ofContainment.includes(outcome.exitCode)) return outcome;
  const message = `${outcome.message}\nThe release was not completed. Run "contain-host status" to see whether this host is contained, open or partial; then repeat DELETE.`;
  return { ...outcome, exitCode: exitCodes.notReleased, message };
}
