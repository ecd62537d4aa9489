/** What the host is, judged from the live policy. Never a boolean: "could not be read" is not "not contained". */
export const states = ['not-contained', 'contained', 'degraded', 'ineffective', 'uncertain', 'interrupted'] as const;

export type State = (typeof states)[number];

/** Something that keeps a containment from being whole. `code` is stable, `detail` is for people and may name a rule. */
export interface Gap {
  readonly code: string;
  readonly detail: string;
}

/** What is in force, and what is missing from it. */
export interface Judgement {
  readonly state: State;
  readonly gaps: readonly Gap[];
}

/** Whether a service runs; `absent`: there is no service of that name. */
export type ServiceState = 'running' | 'stopped' | 'absent' | 'unknown';

/** Gaps from outside the policy with which a host is not contained. */
const fatal = new Set(['firewall-stopped', 'probe-answers']);

/** Adds what was found out beside the policy: something fatal means that a containment is none, anything else is a gap in it. */
export function addGaps({ state, gaps }: Judgement, more: readonly Gap[]): Judgement {
  const isHeld = (state === 'contained' || state === 'degraded') && more.length > 0;
  const worse = more.some(({ code }) => fatal.has(code)) ? 'ineffective' : 'degraded';
  return { state: isHeld ? worse : state, gaps: [...gaps, ...more] };
}

/** True for the gap with which a restart lifts the containment, or brings back an earlier one. */
export function isNotSaved({ code }: Gap): boolean {
  return code === 'not-saved';
}

/** True when no server could be reached in any profile: such an ADD is refused unless the settings say otherwise. */
export function isServerLostEverywhere(gaps: readonly Gap[]): boolean {
  return gaps.filter(({ code }) => code.startsWith('server-lost')).length === 3;
}
