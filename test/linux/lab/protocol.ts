/**
 * What the suite asks a host of the lab to do, one line of JSON each; the host answers with `{id, result}` or `{id,
 * error}`.
 */
export type Order =
  | { readonly do: 'serve'; readonly tcp: readonly number[]; readonly udp: readonly number[] }
  | ({ readonly do: 'probe'; readonly waitMs: number } & Probe)
  | { readonly do: 'received' }
  | { readonly do: 'flood'; readonly script: string; readonly address: string; readonly port: number }
  | { readonly do: 'end-flood' }
  | {
      readonly do: 'open';
      readonly session: string;
      readonly protocol: 'tcp' | 'udp';
      readonly address: string;
      readonly port: number;
    }
  | { readonly do: 'exchange'; readonly session: string; readonly bytes: number; readonly waitMs: number }
  | { readonly do: 'download'; readonly address: string; readonly port: number }
  | { readonly do: 'downloaded' }
  | { readonly do: 'shell'; readonly address: string; readonly port: number }
  | { readonly do: 'await-shell'; readonly port: number }
  | { readonly do: 'shell-answers' }
  | { readonly do: 'run'; readonly command: readonly string[]; readonly killAt?: number };

/** A question that gets an answer from whoever is reached. */
export interface Probe {
  readonly protocol: 'tcp' | 'udp' | 'icmp' | 'dns';
  readonly address: string;
  /** Not for ICMP. */
  readonly port: number;
}

export interface Flooded {
  readonly perSecond: number;
  /** The numbers at which the sender's own kernel began to refuse, took again, and so on. */
  readonly turns: readonly number[];
}

export interface Ran {
  readonly exitCode: number | null;
  readonly output: string;
}

/** The port on which a host streams data without end to whoever connects. */
export const streamPort = 8080;
