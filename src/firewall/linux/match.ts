import { type Address, cidr } from '../../policy/address';
import type { GroupName } from '../../policy/flows';

/**
 * The chains in which something is let through. `postrouting` comes after all rewriting by others (NAT at output), so
 * what leaves has to be accepted there once more, by where it goes then. Nothing is ever forwarded.
 */
export type Chain = 'input' | 'output' | 'postrouting';

/** The direction of what a rule lets through, whatever chains that takes. */
export type Way = 'in' | 'out';

/**
 * One condition: a field as nft names it, such as `ip saddr`, and the values that it may have. With `above` it must
 * exceed them; with `not` it must not have them.
 */
export interface Match {
  readonly field: string;
  readonly values: readonly string[];
  readonly above?: true;
  readonly not?: true;
}

/** A rule that accepts what meets every condition. There are no other rules: the chain drops what no rule accepts. */
export interface AcceptRule {
  readonly chain: Chain;
  readonly comment: string;
  readonly matches: readonly Match[];
  /** The group in the list of what passes that the rule is for. */
  readonly for: GroupName;
}

/** IANA protocol numbers. Names would need /etc/protocols, which a small system does not have. */
export const protocolNumbers = { icmp: '1', tcp: '6', udp: '17', icmpv6: '58' } as const;

/** How nft lists the types of ICMP that are let through. */
export const icmpTypeNames: Readonly<Record<string, Readonly<Record<number, string>>>> = {
  icmpv4: { 3: 'destination-unreachable' },
  icmpv6: {
    2: 'packet-too-big',
    130: 'mld-listener-query',
    133: 'nd-router-solicit',
    134: 'nd-router-advert',
    135: 'nd-neighbor-solicit',
    136: 'nd-neighbor-advert',
    137: 'nd-redirect',
  },
};

/** A TCP segment that does not ask for a new connection: without SYN, or an answer to ours. */
export const noNewConnection: Match = { field: 'tcp flags & (syn|ack)', values: ['syn'], not: true };

/** What comes in has one chain to pass, what goes out two. */
export function accept(way: Way, whom: AcceptRule['for'], comment: string, ...matches: Match[]): AcceptRule[] {
  const chains = way === 'in' ? (['input'] as const) : (['output', 'postrouting'] as const);
  return chains.map((chain) => ({ chain, comment, matches, for: whom }));
}

export function match(field: string, ...values: string[]): Match {
  return { field, values };
}

/** The other side's address. */
export function peer(way: Way, address: Address): Match {
  return match(`${familyWord(address.family)} ${way === 'in' ? 'saddr' : 'daddr'}`, addressText(address));
}

/** As nft names a family in front of a field. */
export function familyWord(family: Address['family']): 'ip' | 'ip6' {
  return family === 4 ? 'ip' : 'ip6';
}

/** An address as nft lists it: one host has no prefix. */
export function addressText(address: Address): string {
  return address.prefix === (address.family === 4 ? 32 : 128) ? address.text : cidr(address);
}

/** The same for equal conditions, in whatever order they stand. */
export function keyOf(chain: string, matches: readonly Match[]): string {
  const texts = matches.map(
    ({ field, values, above, not }) => `${field}${above ? '>' : not ? '!=' : '='}${[...values].sort().join(',')}`,
  );
  return [chain, ...texts.sort()].join('|');
}
