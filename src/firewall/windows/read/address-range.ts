import { Address6 } from 'ip-address';
import { type AddressRange, addressSet, ofFamily, rangeText, widths } from '../../../policy/address-set';

/** A word such as `dns` or `localsubnet`, in lower case. Only Windows knows what it stands for. */
export interface AddressKeyword {
  readonly family: 4 | 6;
  readonly keyword: string;
}

export type AddressItem = AddressRange | AddressKeyword;

/** Some programs read numbers with leading zeros as octal, others as decimal, so such an address is not understood. */
const dotted = /^(0|[1-9]\d{0,2})\.(0|[1-9]\d{0,2})\.(0|[1-9]\d{0,2})\.(0|[1-9]\d{0,2})$/;

/**
 * Reads one item of an address field of a stored rule: `a`, `a-b`, `a/prefix`, `a/mask` or a word ([MS-GPFAS] 2.2.2.9
 * to 2.2.2.13). Undefined for everything else: a list in one field, a zone, an end before its beginning, a prefix of 0.
 */
export function readAddressItem(text: string, family: 4 | 6): AddressItem | undefined {
  if (/^[A-Za-z][A-Za-z0-9]*$/.test(text)) return { family, keyword: text.toLowerCase() };
  const [first = '', last, ...rest] = text.split('-');
  if (rest.length > 0) return undefined;
  if (last === undefined) return readNetwork(text, family);
  const range = { family, first: readAddress(first, family), last: readAddress(last, family) };
  return isComplete(range) && range.first <= range.last ? range : undefined;
}

function isComplete(range: {
  family: 4 | 6;
  first?: bigint | undefined;
  last?: bigint | undefined;
}): range is AddressRange {
  return range.first !== undefined && range.last !== undefined;
}

function readNetwork(text: string, family: 4 | 6): AddressRange | undefined {
  const [base = '', size, ...rest] = text.split('/');
  const address = readAddress(base, family);
  const prefix = size === undefined ? widths[family] : readPrefix(size, family);
  if (address === undefined || prefix === undefined || rest.length > 0) return undefined;
  const hostBits = BigInt(widths[family] - prefix);
  const first = (address >> hostBits) << hostBits;
  return { family, first, last: first + (1n << hostBits) - 1n };
}

function readAddress(text: string, family: 4 | 6): bigint | undefined {
  if (family === 4) return readAddress4(text);
  return /^[0-9a-fA-F:.]{2,45}$/.test(text) && text.includes(':') && Address6.isValid(text)
    ? new Address6(text).bigInt()
    : undefined;
}

function readAddress4(text: string): bigint | undefined {
  const parts = dotted.exec(text)?.slice(1).map(Number);
  if (parts === undefined || parts.some((part) => part > 255)) return undefined;
  return BigInt(parts.reduce((sum, part) => sum * 256 + part, 0));
}

/** The length of a prefix, or of the prefix that a mask stands for; undefined for a mask with a gap in it. */
function readPrefix(text: string, family: 4 | 6): number | undefined {
  if (/^[1-9]\d{0,2}$/.test(text)) return Number(text) <= widths[family] ? Number(text) : undefined;
  const mask = family === 4 ? readAddress4(text) : undefined;
  const bits = mask?.toString(2).padStart(32, '0');
  return bits !== undefined && /^1+0*$/.test(bits) ? bits.lastIndexOf('1') + 1 : undefined;
}

/** One text for each item, however it was written: a word, a host or network as `a/prefix`, or `a-b`. */
export function addressText(item: AddressItem): string {
  return 'keyword' in item ? item.keyword : rangeText(item);
}

/** True when the items, taken together, are more than half of all addresses of some family. */
export function coverMost(items: readonly AddressItem[]): boolean {
  const all = addressSet(items.filter((item): item is AddressRange => 'first' in item));
  return ([4, 6] as const).some((family) => {
    const size = ofFamily(all, family).reduce((sum, { first, last }) => sum + last - first + 1n, 0n);
    return size > 1n << BigInt(widths[family] - 1);
  });
}
