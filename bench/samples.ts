/** What one contender was seen to take, in the unit of its measurement. */
export type Samples = readonly number[];

/**
 * Runs all contenders in turn, `runs` times over, so that whatever else the machine does hits them alike. The first
 * round warms caches and is not counted.
 */
export async function interleave<Name extends string, Result>(
  contenders: Readonly<Record<Name, () => Promise<Result> | Result>>,
  runs: number,
): Promise<Record<Name, Result[]>> {
  const names = Object.keys(contenders) as Name[];
  const results = Object.fromEntries(names.map((name) => [name, [] as Result[]])) as Record<Name, Result[]>;
  for (let round = 0; round <= runs; round++) {
    for (const name of names) {
      const result = await contenders[name]();
      if (round > 0) results[name].push(result);
    }
  }
  return results;
}

export function median(samples: Samples): number {
  const sorted = [...samples].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  const upper = sorted[middle] ?? Number.NaN;
  return sorted.length % 2 === 1 ? upper : ((sorted[middle - 1] ?? Number.NaN) + upper) / 2;
}

/** `median (least-most)`, rounded to whole units. */
export function show(samples: Samples): string {
  return `${Math.round(median(samples))} (${Math.round(Math.min(...samples))}-${Math.round(Math.max(...samples))})`;
}

/** The ratio of two medians, with two decimals. */
export function ratio(ours: Samples, theirs: Samples): string {
  return (median(ours) / median(theirs)).toFixed(2);
}

/** Milliseconds that the work takes. */
export async function timed(work: () => Promise<unknown> | unknown): Promise<number> {
  const before = performance.now();
  await work();
  return performance.now() - before;
}
