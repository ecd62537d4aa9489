import { type Fields, isFields, textOf } from '../../json';

/** Kinds of objects in nft's listings that somebody here reads (libnftables-json(5)). */
type Kind = 'table' | 'chain' | 'rule' | 'map' | 'set' | 'flowtable';

/** The objects of one kind in an answer of `nft -j list ...`, in its order; none in an answer of another form. */
export function objectsIn(listed: unknown, kind: Kind): Fields[] {
  const entries: unknown[] = isFields(listed) && Array.isArray(listed.nftables) ? listed.nftables : [];
  return entries.flatMap((entry) => (isFields(entry) && isFields(entry[kind]) ? [entry[kind]] : []));
}

/** The tables of these chains, each once, as nft's command line takes them: family and name. */
export function tablesOf(chains: readonly Fields[]): (readonly [family: string, name: string])[] {
  const places = chains.map(({ family, table }) => [textOf(family), textOf(table)] as const);
  return [...new Map(places.map((place) => [place.join(' '), place])).values()];
}
