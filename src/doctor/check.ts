import type { Home } from '../agent/home';
import type { Outlook } from '../firewall/firewall';
import type { Host } from '../host';

export type Verdict = 'ok' | 'warning' | 'problem';

/** One thing that was looked at. `check` is stable; the texts are for people. */
export interface Check {
  readonly check: string;
  readonly verdict: Verdict;
  readonly found: string;
  /** What to do about it. */
  readonly advice?: string;
  /** The details of `found`, profile by profile. */
  readonly profiles?: readonly Outlook[];
}

/** Whom the doctor looks at. */
export interface Patient {
  readonly host: Host;
  /** Undefined where the agent's folder was not found. */
  readonly home: Home | undefined;
  readonly stateFolder: string;
}

/** Looks at one thing and changes nothing. What it throws becomes a warning. */
export type Examination = (patient: Patient) => Promise<Check[]> | Check[];

export function ok(check: string, found: string): Check {
  return { check, verdict: 'ok', found };
}

/** Containment works all the same, or the thing could not be looked at. */
export function warning(check: string, found: string, advice: string): Check {
  return { check, verdict: 'warning', found, advice };
}

/** Containment, or the order for it, would not work. */
export function problem(check: string, found: string, advice: string): Check {
  return { check, verdict: 'problem', found, advice };
}

export function worst(checks: readonly Check[]): Verdict {
  const verdicts = checks.map(({ verdict }) => verdict);
  return verdicts.includes('problem') ? 'problem' : verdicts.includes('warning') ? 'warning' : 'ok';
}
