import type { Host } from '../host';

/** One command that a person types. Dispatch, help, the manual page and the shells' completions are made from these. */
export interface Command {
  readonly name: string;
  /** What stands behind the name, as people write it. */
  readonly form: string;
  /** What it does, in one line. */
  readonly summary: string;
  /** What else one has to know, in whole sentences. */
  readonly details: readonly string[];
  readonly options: readonly Option[];
  readonly examples: readonly Example[];
  /** Loads and runs it; `args` stand behind the name. Returns the exit code. */
  readonly run: (host: Host, args: readonly string[]) => Promise<number>;
}

export interface Option {
  /** With the value that follows it, as people write it. */
  readonly form: string;
  readonly summary: string;
  /** The values there are, where they can be listed. */
  readonly values?: readonly string[];
}

export interface Example {
  /** Behind the program's name. */
  readonly line: string;
  readonly summary: string;
}
