import type { PortRange } from '../../../policy/ports';

/** A run of ports, both ends included, or a word in lower case for ports that only Windows knows, such as `rpc`. */
export type PortItem = PortRange | string;

export interface IcmpType {
  readonly type: number;
  readonly code: number | 'any';
}

/** One port, `first-last`, or a word; not a list, since Windows silently does not enforce a list in one field. */
export function readPort(value: string): PortItem | undefined {
  if (/^[A-Za-z][A-Za-z0-9-]*$/.test(value)) return value.toLowerCase();
  const [, first, last = first] = /^(\d{1,5})(?:-(\d{1,5}))?$/.exec(value) ?? [];
  const range = { first: Number(first), last: Number(last) };
  return range.first <= range.last && range.last <= 65_535 ? range : undefined;
}

/** `type:code` or `type:*`. */
export function readIcmpType(value: string): IcmpType | undefined {
  const [, type, code] = /^(\d{1,3}):(\d{1,3}|\*)$/.exec(value) ?? [];
  if (type === undefined || code === undefined || Number(type) > 255) return undefined;
  if (code === '*') return { type: Number(type), code: 'any' };
  return Number(code) <= 255 ? { type: Number(type), code: Number(code) } : undefined;
}
