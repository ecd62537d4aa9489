/** On a host with two processors the order needs both: its own and one for the tool that it waits for. */
export const toolsAtOnce = (processors: number): number => (processors > 2 ? 2 : 1);

/** How collections take turns. */
export interface Turns {
  /** So many are at work, unless they hang. */
  readonly atOnce: number;
  /** After so many milliseconds all have begun, whatever hangs. */
  readonly withinMs: number;
}

/**
 * Begins collections one after the other, in their order: a new one when one has ended, or when nothing has for a
 * while. `start` makes a collection that begins at its turn.
 */
export function beginInTurn<S, C extends { readonly ended: Promise<void> }>(
  sources: readonly S[],
  start: (source: S, turn: Promise<void>) => C,
  { atOnce, withinMs }: Turns,
): C[] {
  const turns: (() => void)[] = [];
  const collections = sources.map((source) => start(source, new Promise((begin) => turns.push(begin))));
  let patience: NodeJS.Timeout | undefined;
  const beginNext = (): void => {
    const begin = turns.shift();
    if (begin === undefined) return;
    begin();
    clearTimeout(patience);
    patience = setTimeout(beginNext, withinMs / sources.length);
  };
  for (const { ended } of collections) void ended.then(beginNext);
  for (let index = 0; index < atOnce; index++) beginNext();
  return collections;
}
