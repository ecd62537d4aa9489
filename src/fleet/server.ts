import type { Agent } from './agent';

/** What is asked of one agent. */
export interface FleetOrder {
  readonly action: 'contain' | 'release';
  /** Whom a contained host lets in. */
  readonly handler?: string;
  readonly caseNumber?: string;
  /** The same at every repetition; the agent carries out an id once. */
  readonly id: string;
}

export type System = 'windows' | 'linux';

/** Why an order did not go out, or perhaps did not. */
export interface NotSent {
  readonly why: string;
  /** Nobody knows: it may be on its way. */
  readonly isUnsure: boolean;
}

/** A way to the agents of a server. What goes wrong with one agent is told for that one, and the others go on. */
export interface Server {
  agents(): Promise<readonly Agent[]>;
  /** Undefined where the server does not know it: an agent that never reported. */
  systemOf(agent: Agent): Promise<System | undefined>;
  /** The exact calls that send an order, for people and for --dry-run. */
  calls(agent: Agent, system: System | undefined, order: FleetOrder): string[][];
  /** Returns undefined where the server took the order. What it took may not have reached the agent. */
  send(agent: Agent, system: System | undefined, order: FleetOrder): Promise<NotSent | undefined>;
}

/** What goes wrong before anything was sent, in words for people. */
export class FleetFailure extends Error {}

/** Text of another program for a terminal: one line, no control characters, not endless. */
export function printable(text: string): string {
  return text
    .replace(/[^\x20-\x7e]+/g, ' ')
    .trim()
    .slice(0, 300);
}
