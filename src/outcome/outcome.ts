import type { Status } from './audit';
import type { ExitCode } from './exit-codes';

/** How an order ended, for the caller, the agent's log and our own. */
export interface Outcome {
  readonly exitCode: ExitCode;
  /** What was done or failed, what state the host is in now, and what to do. */
  readonly message: string;
  readonly status: Status;
  /** Codes for the line in the agent's log: single words without blanks. */
  readonly words: readonly string[];
}
