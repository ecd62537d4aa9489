/** What the host is, judged from the live policy. Never a boolean: "could not be read" is not "not contained". */
export type State = 'not-contained' | 'contained' | 'degraded' | 'ineffective' | 'uncertain' | 'interrupted';

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
