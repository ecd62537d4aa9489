import type { AcceptRule } from './match';
import type { Nft } from './nft';
import { loadCommands, replaceCommands, type Table, tables, transaction } from './ruleset';

export type TablesTaken = readonly Table[] | { readonly refusal: string };

/**
 * The tables that this kernel takes with these rules: all, or only the first where it has no bridge family. Then the
 * host is cut off but guests on a bridge are not, which the judgement says. Nothing is changed.
 */
export async function tablesTaken(nft: Nft, rules: readonly AcceptRule[]): Promise<TablesTaken> {
  const refusal = await refusalOf(nft, rules, tables);
  if (refusal === undefined) return tables;
  const withoutBridge = [tables[0]];
  return (await refusalOf(nft, rules, withoutBridge)) === undefined ? withoutBridge : { refusal };
}

/**
 * Why the kernel takes these rules neither in place nor in new tables. It takes no chain of ours in place that somebody
 * made with another priority.
 */
export async function refusalOf(
  nft: Nft,
  rules: readonly AcceptRule[],
  own: readonly Table[],
): Promise<string | undefined> {
  if ((await nft.checkWithJson(transaction(loadCommands(rules, own)))) === undefined) return undefined;
  return nft.checkWithJson(transaction(replaceCommands(rules, own)));
}
