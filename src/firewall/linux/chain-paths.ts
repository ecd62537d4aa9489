import { type Fields, isFields, textOf } from '../../json';
import { objectsIn, tablesOf } from './listed-objects';
import type { Nft } from './nft';
import { isOwnChain, lastOfAll } from './ruleset';
import { sendsElsewhere } from './sends-elsewhere';

type Lister = Pick<Nft, 'list' | 'limits'>;

const notListed = 'chains and flowtables of others (not listed by nft)';

/**
 * Chains of others that packets pass after ours let them through, or before they come to ours, and that change whom
 * these come from or where they go, or send them on to another device. Never throws.
 */
export async function chainPaths(nft: Lister): Promise<string[]> {
  const answer = await nft.list(['chains'], nft.limits.inOrder);
  if ('unreadable' in answer) return [notListed];
  const chains = objectsIn(answer.listed, 'chain').filter((chain) => placeOf(chain) !== undefined);
  const found = await Promise.all(
    tablesOf(chains).map(async (table) => {
      const [family, name] = table;
      const listing = await nft.list(['table', ...table], nft.limits.inOrder);
      if ('unreadable' in listing) return [`table ${family} ${name} (not listed by nft)`];
      return pathsIn(
        objectsIn(listing.listed, 'rule'),
        chains.filter((chain) => chain.family === family && chain.table === name),
      );
    }),
  );
  return found.flat();
}

/** Flows that were handed to a fast path go on in it, past every chain, as long as packets come. */
export async function flowtablePaths(nft: Lister): Promise<string[]> {
  const answer = await nft.list(['flowtables'], nft.limits.inOrder);
  if ('unreadable' in answer) return [notListed];
  return objectsIn(answer.listed, 'flowtable')
    .flatMap(devicesOf)
    .map((name) => `${name} (flowtable)`);
}

/** `rules`: all of one table. `chains`: those of its base chains that stand where ours do not see packets again. */
function pathsIn(rules: readonly Fields[], chains: readonly Fields[]): string[] {
  const found = rules.map(({ expr }) => sendsElsewhere(expr));
  const certainty = found.includes('yes') ? '' : found.includes('perhaps') ? ', perhaps' : undefined;
  if (certainty === undefined) return [];
  const named = chains.flatMap((chain) => devicesOf(chain).map((name) => [name, placeOf(chain)] as const));
  const targets = targetsOf(rules).map((name) => [name, 'netdev chain'] as const);
  return [...named, ...targets].map(([name, place]) => `${name} (${place}${certainty})`);
}

/**
 * Undefined for chains that packets pass between two of ours. The kernel puts one that has our last priority before
 * ours or behind, as they were made.
 */
function placeOf(chain: Fields): string | undefined {
  const { family, hook, prio } = chain;
  if (typeof hook !== 'string' || isOwnChain(chain)) return undefined;
  // nft 0.9.8 calls the hook egress unknown.
  if (family === 'netdev' || hook === 'ingress') return 'netdev chain';
  if (family === 'bridge') return hook === 'forward' ? undefined : 'bridge chain';
  return hook === 'postrouting' && prio === lastOfAll ? 'chain behind ours' : undefined;
}

function targetsOf(rules: readonly Fields[]): string[] {
  const statements = rules.flatMap(({ expr }) => (Array.isArray(expr) ? expr : []));
  return statements.flatMap((one) => {
    const to = isFields(one) ? (one.fwd ?? one.dup) : undefined;
    return isFields(to) && typeof to.dev === 'string' ? [to.dev] : [];
  });
}

/** nft 1.0 leaves out the devices of some chains; then the chain is named. */
function devicesOf({ dev, table, name }: Fields): string[] {
  return typeof dev === 'string' ? [dev] : Array.isArray(dev) ? dev.map(textOf) : [`${textOf(table)} ${textOf(name)}`];
}
