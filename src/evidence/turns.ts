/** So many tools at once leave the order a processor on a host with two. */
const atOnce = 2;

/**
 * Begins collections one after the other, in their order: a new one when one has ended, or when nothing has for a
 * while. So tools that hang hold up no other, and after `withinMs` milliseconds all have begun. `start` makes a
 * collection that begins at its turn.
 */
export function beginInTurn<S, C extends { readonly ended: Promise<void> }>(
  sources: readonly S[],
  start: (source: S, turn: Promise<void>) => C,
  withinMs: number,
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
