import { Address4, Address6 } from 'ip-address';

/**
 * One spelling for each address, network or range of a stored rule. Windows shows a single host as `1.2.3.4`, as `/32`, with
 * the mask `255.255.255.255`, or as a range of one. Keywords and whatever is not understood come back in lower case.
 */
export function canonicalAddress(value: string): string {
  const lower = value.trim().toLowerCase();
  const range = /^([^-]+)-([^-]+)$/.exec(lower);
  if (range?.[1] !== undefined && range[2] !== undefined) return canonicalRange(range[1], range[2]) ?? lower;
  const [base, suffix, ...more] = lower.split('/');
  if (base === undefined || more.length > 0) return lower;
  if (Address4.isValid(base)) return canonicalNetwork4(base, suffix) ?? lower;
  return Address6.isValid(base) && !base.includes('%') ? (canonicalNetwork6(base, suffix) ?? lower) : lower;
}

function canonicalRange(first: string, last: string): string | undefined {
  const from = canonicalAddress(first);
  const to = canonicalAddress(last);
  if (from === to) return from;
  const plain = (address: string): string => address.replace(/\/(32|128)$/, '');
  return `${plain(from)}-${plain(to)}`;
}

function canonicalNetwork4(base: string, suffix: string | undefined): string | undefined {
  const prefix = suffix === undefined ? 32 : suffix.includes('.') ? prefixOfMask(suffix) : toPrefix(suffix, 32);
  if (prefix === undefined) return undefined;
  return `${new Address4(`${base}/${prefix}`).startAddress().correctForm()}/${prefix}`;
}

function canonicalNetwork6(base: string, suffix: string | undefined): string | undefined {
  const prefix = suffix === undefined ? 128 : toPrefix(suffix, 128);
  if (prefix === undefined) return undefined;
  return `${new Address6(`${base}/${prefix}`).startAddress().correctForm()}/${prefix}`;
}

function toPrefix(text: string, longest: number): number | undefined {
  return /^\d{1,3}$/.test(text) && Number(text) <= longest ? Number(text) : undefined;
}

/** A mask with a hole in it is no prefix. */
function prefixOfMask(mask: string): number | undefined {
  if (!Address4.isValid(mask)) return undefined;
  const bits = new Address4(mask)
    .toArray()
    .map((byte) => byte.toString(2).padStart(8, '0'))
    .join('');
  return /^1*0*$/.test(bits) ? bits.lastIndexOf('1') + 1 : undefined;
}
