import type { Facts } from './journal';

/** One step of a plan: a stable name, and the exact program and arguments it runs, or null where it runs none. */
export interface Step {
  readonly step: string;
  readonly command: readonly string[] | null;
}

/**
 * Carries out steps on behalf of a case: the journal has each one on disk before `work` starts, the log has its outcome
 * after.
 */
export interface Recorder {
  act<T>(step: Step, work: () => Promise<T>): Promise<T>;
  /** Keeps facts of the case that later runs need, as one more journal line. */
  note(facts: Facts): void;
  /** What was noted of the case, in this run and before it. */
  readonly facts: Facts;
  /** Says something in the log that changes nothing. */
  warn(message: string): void;
}
