import type { Fields } from '../../json';
import type { AcceptRule, Match } from './match';

/** The tables of our own. Nobody else's is read, changed or flushed. */
export const tables = [
  { family: 'inet', name: 'contain_host' },
  { family: 'bridge', name: 'contain_host' },
] as const;

export type Table = (typeof tables)[number];

/** The smallest number there is: ahead of every other chain, and of the kernel's own hooks. */
const firstOfAll = -2147483648;

/** The largest: behind every other chain, and so behind all that sends a packet elsewhere. */
export const lastOfAll = 2147483647;

/**
 * Every chain drops by default. Frames that a bridge passes on between its guests never see the inet chains. NAT at
 * output sends a packet elsewhere after our output chain let it through, to this host itself for instance: what leaves
 * has to pass once more at the very end.
 */
const chains = [
  { table: tables[0], hook: 'input', priority: firstOfAll },
  { table: tables[0], hook: 'output', priority: firstOfAll },
  { table: tables[0], hook: 'forward', priority: firstOfAll },
  { table: tables[0], hook: 'postrouting', priority: lastOfAll },
  { table: tables[1], hook: 'forward', priority: firstOfAll },
] as const;

/** True for a base chain of ours, as nft lists it. */
export function isOwnChain({ family, table, name, hook }: Fields): boolean {
  return hook === name && tables.some((own) => own.family === family && own.name === table);
}

/** The hooks that must drop by default, as `family hook`. */
export const droppingHooks = chains.map(({ table, hook }) => `${table.family} ${hook}`);

/**
 * The names of our chains, each that of its hook. A chain that somebody else put into our tables lets nobody through.
 */
export const chainNames: readonly string[] = chains.map(({ hook }) => hook);

/**
 * The one transaction that replaces the rules in our chains: one command a line, as nft takes them. The chains stay:
 * where a transaction deletes them and makes them anew, single packets get through while the kernel changes over (seen
 * on Linux 6.18 under a flood, about one for every twenty changes). `own`: the tables that this kernel can have.
 */
export function loadCommands(rules: readonly AcceptRule[], own: readonly Table[] = tables): string[] {
  const ownChains = chains.filter(({ table }) => own.includes(table));
  return [
    ...own.map((table) => tableCommand('add', table)),
    ...ownChains.map(
      ({ table: { family, name }, hook, priority }) =>
        `add chain ${family} ${name} ${hook} { type filter hook ${hook} priority ${priority} ; policy drop ; }`,
    ),
    ...ownChains.map(({ table: { family, name }, hook }) => `flush chain ${family} ${name} ${hook}`),
    ...rules.map(
      ({ chain, matches, comment }) =>
        `add rule inet ${tables[0].name} ${chain} ${matches.map(matchText).join(' ')} accept comment "${comment}"`,
    ),
  ];
}

/** The same for tables that somebody changed so much that the kernel does not take the rules in place. */
export function replaceCommands(rules: readonly AcceptRule[], own: readonly Table[]): string[] {
  return [
    ...own.flatMap((table) => [tableCommand('add', table), tableCommand('delete', table)]),
    ...loadCommands(rules, own),
  ];
}

/** The one transaction that takes these tables away. */
export function deleteCommands(existing: readonly Table[]): string[] {
  return existing.map((table) => tableCommand('delete', table));
}

/** Commands as one file or one input of nft: carried out together or not at all. */
export function transaction(commands: readonly string[]): string {
  return `${commands.join('\n')}\n`;
}

/** One command about a whole table. The kernel takes `create` only where it is not there, `delete` only where it is. */
export function tableCommand(verb: 'add' | 'create' | 'delete', { family, name }: Table): string {
  return `${verb} table ${family} ${name}`;
}

function matchText({ field, values, above, not }: Match): string {
  const [only = ''] = values;
  const value = field.endsWith('ifname') ? `"${only}"` : values.length === 1 ? only : `{ ${values.join(', ')} }`;
  return `${field} ${above ? '> ' : not ? '!= ' : ''}${value}`;
}
