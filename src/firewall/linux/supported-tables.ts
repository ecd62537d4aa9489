import type { AcceptRule } from './match';
import type { Nft } from './nft';
import { loadCommands, type Table, tables, transaction } from './ruleset';

export type TablesTaken = readonly Table[] | { readonly refusal: string };

/**
 * The tables that this kernel takes with these rules: all, or only the first where it has no bridge family. Then the
 * host is cut off but guests on a bridge are not, which the judgement says. Nothing is changed.
 */
export async function tablesTaken(nft: Nft, rules: readonly AcceptRule[]): Promise<TablesTaken> {
  const refusal = await nft.checkWithJson(transaction(loadCommands(rules)));
  if (refusal === undefined) return tables;
  const withoutBridge = [tables[0]];
  return (await nft.checkWithJson(transaction(loadCommands(rules, withoutBridge)))) === undefined
    ? withoutBridge
    : { refusal };
}
