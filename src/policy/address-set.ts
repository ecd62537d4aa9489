import { Address4, Address6 } from 'ip-address';
import type { Address } from './address';
import { complement, merge, overlap, type Run, type Space } from './runs';

/** A run of addresses of one family, both ends included. One host is a run of one. */
export interface AddressRange extends Run<bigint> {
  readonly family: 4 | 6;
}

/**
 * Addresses of both families, IPv4 first, in order, as ranges that neither overlap nor touch: equal sets are equal
 * range by range.
 */
export type AddressSet = readonly AddressRange[];

/** How many bits an address has. */
export const widths = { 4: 32, 6: 128 } as const;

const families = [4, 6] as const;

export function addressSpace(family: 4 | 6): Space<bigint> {
  return {
    first: 0n,
    last: (1n << BigInt(widths[family])) - 1n,
    next: (address) => address + 1n,
    previous: (address) => address - 1n,
  };
}

/** Every address of both families. */
export const everybody: AddressSet = families.map((family) => {
  const { first, last } = addressSpace(family);
  return { family, first, last };
});

export function rangeOf(address: Address): AddressRange {
  const { family, text, prefix } = address;
  const bits = BigInt(widths[family] - prefix);
  const parsed = family === 4 ? new Address4(text) : new Address6(text);
  const first = (parsed.bigInt() >> bits) << bits;
  return { family, first, last: first + (1n << bits) - 1n };
}

/** Hosts, networks and ranges taken together. */
export function addressSet(items: readonly (Address | AddressRange)[]): AddressSet {
  const ranges = items.map((item) => ('text' in item ? rangeOf(item) : item));
  return perFamily((family) => merge(ofFamily(ranges, family), addressSpace(family)));
}

/** Every other address, of both families. */
export function otherAddresses(set: AddressSet): AddressSet {
  return perFamily((family) => complement(ofFamily(set, family), addressSpace(family)));
}

/** True when some address is in both. */
export function overlaps(a: AddressSet, b: AddressSet): boolean {
  return families.some((family) => overlap(ofFamily(a, family), ofFamily(b, family)));
}

export function ofFamily(set: AddressSet, family: 4 | 6): AddressSet {
  return set.filter((range) => range.family === family);
}

/** Builds a set from the ranges of each family. */
export function perFamily(rangesOf: (family: 4 | 6) => readonly Run<bigint>[]): AddressSet {
  return families.flatMap((family) => rangesOf(family).map(({ first, last }) => ({ family, first, last })));
}

/** The fewest hosts and networks that are the same addresses. As in rules, no prefix is 0. */
export function networksOf(set: AddressSet): Address[] {
  return set.flatMap((range) => [...networksIn(range)]);
}

function* networksIn({ family, first, last }: AddressRange): Generator<Address> {
  let from = first;
  while (from <= last) {
    let hostBits = 0;
    let size = 1n;
    while (hostBits + 1 < widths[family] && from % (2n * size) === 0n && from + 2n * size - 1n <= last) {
      hostBits++;
      size *= 2n;
    }
    yield { family, text: addressText(family, from), prefix: widths[family] - hostBits };
    from += size;
  }
}

/** `a/prefix` if the range is one host or one network, else `a-b`. */
export function rangeText(range: AddressRange): string {
  return networkText(range) ?? endsText(range);
}

/** `a-b`. */
export function endsText({ family, first, last }: AddressRange): string {
  return `${addressText(family, first)}-${addressText(family, last)}`;
}

/** `a/prefix` if the range is one host or one network. All addresses are none: no rule has a prefix of 0. */
export function networkText({ family, first, last }: AddressRange): string | undefined {
  const size = last - first + 1n;
  const hostBits = size.toString(2).length - 1;
  if (size !== 1n << BigInt(hostBits) || first % size !== 0n || hostBits === widths[family]) return undefined;
  return `${addressText(family, first)}/${widths[family] - hostBits}`;
}

function addressText(family: 4 | 6, address: bigint): string {
  return family === 4 ? Address4.fromBigInt(address).correctForm() : Address6.fromBigInt(address).correctForm();
}
