import type { AllowList } from '../../policy/allow-list';
import { rulesToTry, unclearRules } from './judge-reading';
import type { AcceptRule } from './match';
import type { Nft, Unreadable } from './nft';
import { type LiveRule, type Reading, readListing } from './reading';
import { loadCommands, type Table, transaction } from './ruleset';
import type { Surroundings } from './surroundings';

/**
 * A reading in which our rules are recognised by what they do, however this version of nft lists them. Where some are
 * unclear, the same nft loads the wanted rules in a network namespace of its own, and its two listings are compared.
 * Never throws.
 */
export async function recognise(
  nft: Nft,
  live: Reading | Unreadable,
  allowList: AllowList | undefined,
  surroundings: Surroundings,
): Promise<Reading | Unreadable> {
  if ('unreadable' in live || unclearRules(live, allowList, surroundings).length === 0) return live;
  const spelled = await rehearse(nft, rulesToTry(allowList, surroundings), live.existing);
  return { ...live, rules: live.rules.map((rule) => asMeant(rule, spelled?.get(rule.spelling))) };
}

/**
 * The wanted rules by how this nft spells them: empty where it does not list them; undefined where it cannot be tried
 * out.
 */
export async function rehearse(
  nft: Nft,
  wanted: readonly AcceptRule[],
  own: readonly Table[],
): Promise<ReadonlyMap<string, AcceptRule> | undefined> {
  const listings = await nft.rehearse(transaction(loadCommands(wanted, own)), own);
  if (listings === undefined) return undefined;
  const rules = own.flatMap((table, index) => {
    const listing = readListing(table, listings[index]);
    return 'unreadable' in listing ? [] : listing.rules;
  });
  // Each chain keeps the order in which its rules were added.
  const chains = [...new Set(wanted.map(({ chain }) => chain))].map((chain) => ({
    listed: rules.filter((rule) => rule.chain === chain && rule.table.family === 'inet'),
    added: wanted.filter((rule) => rule.chain === chain),
  }));
  if (chains.some(({ listed, added }) => listed.length !== added.length)) return new Map();
  return new Map(
    chains.flatMap(({ listed, added }) => added.map((rule, index) => [listed[index]?.spelling ?? '', rule] as const)),
  );
}

function asMeant(rule: LiveRule, ours: AcceptRule | undefined): LiveRule {
  return ours === undefined ? rule : { ...rule, matches: ours.matches, isUnderstood: true };
}
