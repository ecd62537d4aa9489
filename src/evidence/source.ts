/** What one tool or file gave: where it goes, and how that ended. */
export interface Taken {
  readonly end: 'complete' | 'truncated' | 'timed-out' | 'missing' | 'failed';
  readonly exitCode?: number | null;
  readonly why?: string;
}

/** Takes the bytes of a stream. Returns false once no more of them are kept. */
export type Keep = (stream: 'stdout' | 'stderr', bytes: Buffer) => boolean;

/** One thing to collect. */
export interface Source {
  /** Short and stable: the name of the item and of its files. */
  readonly name: string;
  /** The ending of its file. */
  readonly ending: 'txt' | 'csv' | 'json' | 'jsonl' | 'bin';
  /** The tool and its arguments, or the path of the file. */
  readonly source: readonly string[];
  /** Collects it in bounded time. Never throws. */
  collect(keep: Keep): Promise<Taken>;
}
