export type Verdict = 'ok' | 'warning' | 'problem';

/** One thing that was looked at. `check` is stable; the texts are for people. */
export interface Check {
  readonly check: string;
  readonly verdict: Verdict;
  readonly found: string;
  /** What to do about it. */
  readonly advice?: string;
}

export function ok(check: string, found: string): Check {
  return { check, verdict: 'ok', found };
}

/** It works all the same, or the thing could not be looked at. */
export function warning(check: string, found: string, advice: string): Check {
  return { check, verdict: 'warning', found, advice };
}

/** It would not work. */
export function problem(check: string, found: string, advice: string): Check {
  return { check, verdict: 'problem', found, advice };
}

export function worst(checks: readonly Check[]): Verdict {
  const verdicts = checks.map(({ verdict }) => verdict);
  return verdicts.includes('problem') ? 'problem' : verdicts.includes('warning') ? 'warning' : 'ok';
}
