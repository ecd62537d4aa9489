import type { Facts } from './journal';

/** One step of a plan: a stable name, and the exact program and arguments that it runs; null where it runs none. */
export interface Step {
  readonly step: string;
  readonly command: readonly string[] | null;
}

/**
 * Carries out the steps of a case. The journal has each step on disk before its `work` starts; the log has its outcome
 * afterwards.
 */
export interface Recorder {
  act<T>(step: Step, work: () => Promise<T>): Promise<T>;
  /** Keeps facts of the case that later runs need, as one more journal line. */
  note(facts: Facts): void;
  /** What was noted of the case, in this run and before it. */
  readonly facts: Facts;
  /** Writes a warning to the log. */
  warn(message: string): void;
}
