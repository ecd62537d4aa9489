/** A run of values, both ends included. */
export interface Run<T> {
  readonly first: T;
  readonly last: T;
}

/** Values in their order: the lowest and the highest there are, and how to go from one to its neighbours. */
export interface Space<T> extends Run<T> {
  next(value: T): T;
  previous(value: T): T;
}

/** The same values, as runs in order that neither overlap nor touch. */
export function merge<T>(runs: readonly Run<T>[], space: Space<T>): Run<T>[] {
  const merged: Run<T>[] = [];
  for (const { first, last } of [...runs].sort((a, b) => (a.first < b.first ? -1 : a.first > b.first ? 1 : 0))) {
    const before = merged.at(-1);
    if (before === undefined || first > space.next(before.last)) merged.push({ first, last });
    else if (last > before.last) merged[merged.length - 1] = { first: before.first, last };
  }
  return merged;
}

/** All other values of the space, as runs in order. */
export function complement<T>(runs: readonly Run<T>[], space: Space<T>): Run<T>[] {
  const others: Run<T>[] = [];
  let from = space.first;
  for (const { first, last } of merge(runs, space)) {
    if (first > from) others.push({ first: from, last: space.previous(first) });
    from = space.next(last);
  }
  if (from <= space.last) others.push({ first: from, last: space.last });
  return others;
}

/** True when some value lies in both. */
export function overlap<T>(a: readonly Run<T>[], b: readonly Run<T>[]): boolean {
  return a.some((one) => b.some((other) => one.first <= other.last && other.first <= one.last));
}

/**
 * Cuts the space where any of the given lists begins or ends, and puts together the pieces that lie in the same lists:
 * for each choice of lists that occurs, by their positions, the runs that lie in exactly these.
 */
export function partition<T>(
  lists: readonly (readonly Run<T>[])[],
  space: Space<T>,
): { readonly members: readonly number[]; readonly runs: readonly Run<T>[] }[] {
  const begins = new Map<T, number[]>();
  const ends = new Map<T, number[]>();
  for (const [list, runs] of lists.entries()) {
    for (const { first, last } of merge(runs, space)) {
      begins.set(first, [...(begins.get(first) ?? []), list]);
      ends.set(space.next(last), [...(ends.get(space.next(last)) ?? []), list]);
    }
  }
  const starts = [...new Set([space.first, ...begins.keys(), ...ends.keys()])].filter((value) => value <= space.last);
  starts.sort((a, b) => (a < b ? -1 : 1));
  const inside = new Set<number>();
  const parts = new Map<string, { members: number[]; runs: Run<T>[] }>();
  for (const [index, first] of starts.entries()) {
    for (const list of ends.get(first) ?? []) inside.delete(list);
    for (const list of begins.get(first) ?? []) inside.add(list);
    const following = starts[index + 1];
    const piece = { first, last: following === undefined ? space.last : space.previous(following) };
    const members = [...inside].sort((a, b) => a - b);
    const key = members.join(' ');
    const part = parts.get(key);
    if (part === undefined) parts.set(key, { members, runs: [piece] });
    else part.runs.push(piece);
  }
  return [...parts.values()].map(({ members, runs }) => ({ members, runs: merge(runs, space) }));
}
