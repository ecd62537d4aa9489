import { type Gap, gaps as table } from './gaps';

/** What the host is, judged from the live policy. Never a boolean: "could not be read" is not "not contained". */
export const states = ['not-contained', 'contained', 'degraded', 'ineffective', 'uncertain', 'interrupted'] as const;

export type State = (typeof states)[number];

/** What is in force, and what is missing from it. */
export interface Judgement {
  readonly state: State;
  readonly gaps: readonly Gap[];
}

/** Whether a service runs; `absent`: there is no service of that name. */
export type ServiceState = 'running' | 'stopped' | 'absent' | 'unknown';

/** A state outweighs those with a smaller number: what an order left undone says more than what can be seen. */
const weights: Readonly<Record<State, number>> = {
  contained: 0,
  degraded: 1,
  ineffective: 2,
  uncertain: 3,
  'not-contained': 4,
  interrupted: 5,
};

/** What a containment with these gaps comes to. */
export function judgementOf(gaps: readonly Gap[]): Judgement {
  return addGaps({ state: 'contained', gaps: [] }, gaps);
}

/** Adds what was found out besides; the state is the worst of what was judged and what each gap makes of it. */
export function addGaps({ state, gaps }: Judgement, more: readonly Gap[]): Judgement {
  const worst = more
    .map(({ code }): State => table[code].state)
    .reduce((worse, one) => (weights[one] > weights[worse] ? one : worse), state);
  return { state: worst, gaps: [...gaps, ...more] };
}
