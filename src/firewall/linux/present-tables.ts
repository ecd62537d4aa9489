import type { Nft, Unreadable } from './nft';
import { type Table, tableCommand, tables, transaction } from './ruleset';

/**
 * Which of our tables are there. What the kernel would do shows it, not what nft lists: the kernel creates no table
 * that is there and deletes none that is not. A listing of all tables would show it too, but for that some versions of
 * nft read all that the tables of others hold, which takes a quarter of a minute with a blocklist of 200,000 addresses.
 * Nothing is changed; nothing here throws.
 */
export async function presentTables(nft: Nft): Promise<readonly Table[] | Unreadable> {
  if (await isFree(nft)) return [];
  const found = await Promise.all(tables.map(async (table) => ({ table, there: await isThere(nft, table) })));
  const unknown = found.map(({ there }) => there).find((there) => typeof there === 'object');
  return unknown ?? found.flatMap(({ table, there }) => (there === true ? [table] : []));
}

/** True where none of our tables is there, for certain. */
export async function isFree(nft: Nft): Promise<boolean> {
  const [notMade, notDeleted] = await Promise.all([refusal(nft, 'create', tables), refusal(nft, 'delete', tables)]);
  return notMade === undefined && notDeleted !== undefined;
}

export async function isThere(nft: Nft, table: Table): Promise<boolean | Unreadable> {
  const [notMade, notDeleted] = await Promise.all([refusal(nft, 'create', [table]), refusal(nft, 'delete', [table])]);
  // Somebody may have put another program in the place of nft, which does nothing and says yes.
  if (notMade === undefined && notDeleted === undefined) return { unreadable: saysYesToAll(nft) };
  if (notMade === undefined) return false;
  if (notDeleted === undefined) return true;
  // A kernel without this family neither creates nor deletes such a table. The other table shows that nft works.
  if (table.family === 'bridge') return false;
  return { unreadable: `whether there is a table ${table.family} ${table.name} cannot be told: ${notDeleted}` };
}

/** Why nothing that this program says is believed. */
export function saysYesToAll({ program }: Nft): string {
  return `${program} says that it would both make and delete the same tables, so it is not nft or does not work`;
}

function refusal(nft: Nft, verb: 'create' | 'delete', own: readonly Table[]): Promise<string | undefined> {
  return nft.check(transaction(own.map((table) => tableCommand(verb, table))));
}
