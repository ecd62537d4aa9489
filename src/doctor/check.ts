import type { Home } from '../agent/home';
import type { Outlook } from '../firewall/firewall';
import type { Host } from '../host';
import type { Check as Found } from '../outcome/check';

export { ok, problem, type Verdict, warning, worst } from '../outcome/check';

/** One thing that was looked at on a host. */
export interface Check extends Found {
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
