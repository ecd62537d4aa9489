import { BlockList, isIP } from 'node:net';
import { type Fields, isFields, textOf } from '../../json';
import type { Server } from '../../policy/allow-list';

/** Whether packets for a server meet a condition; `perhaps`: that is not understood. */
export type Holds = 'yes' | 'perhaps' | 'no';

/** A server by one of its protocols: where it has two, a rule may be about one of them. */
export type Aim = Pick<Server, 'address' | 'port'> & { readonly protocol: Server['protocols'][number] };

/** A value of a packet; `absent`: it has no such field, so no condition on it holds, a denied one neither. */
type Known =
  | { readonly kind: 'address'; readonly text: string }
  | { readonly kind: 'word'; readonly texts: readonly string[] }
  | { readonly kind: 'port'; readonly port: number }
  | { readonly kind: 'type of address' }
  | 'absent'
  | undefined;

/** The sets and maps of a table by their names, as rules write these: `@name`; undefined: the elements are unknown. */
export type Sets = ReadonlyMap<string, readonly unknown[] | undefined>;

const otherProtocols = ['tcp', 'udp', 'udplite', 'sctp', 'dccp', 'icmp', 'icmpv6', 'igmp', 'esp', 'ah'];

/** What is known of the packets that this host sends to a server, and which of nft's conditions they meet. */
export class Packets {
  constructor(
    private readonly aim: Aim,
    private readonly sets: Sets,
  ) {}

  /** `match`, as nft lists it. */
  meets({ op, left, right }: Fields): Holds {
    const isDenied = op === '!=';
    if (!isDenied && op !== '==' && op !== 'in' && op !== undefined) return 'perhaps';
    if (!this.have(left)) return 'no';
    const found = this.isAmong(left, right);
    return isDenied ? denied(found) : found;
  }

  /** False where the packets are of another protocol or family than the expression is about: no such rule holds. */
  have(expression: unknown): boolean {
    return partsOf(expression).every((part) => this.valueOf(part) !== 'absent');
  }

  /** True for a condition that holds since it names the server's address, or a network around it. */
  isNamedIn(match: Fields): boolean {
    return match.op !== '!=' && namesAddress(match.left) && this.meets(match) === 'yes';
  }

  /** The elements of a map that the packets may have, each with what it leads to. No two of a map overlap. */
  lookUp({ key, data }: Fields): { readonly holds: 'yes' | 'perhaps'; readonly value: unknown }[] {
    const elements = this.have(key) ? this.elementsOf(data) : [];
    if (elements === undefined) return [{ holds: 'perhaps', value: undefined }];
    const pairs = elements.map((element) => (Array.isArray(element) ? element : [undefined, undefined]));
    const named = pairs.filter(([index]) => index !== '*');
    const found = named.flatMap(([index, value]) => {
      const holds = this.isIn(key, index);
      return holds === 'no' ? [] : [{ holds, value: value as unknown }];
    });
    const certain = found.filter(({ holds }) => holds === 'yes');
    if (certain.length > 0) return certain;
    const rest = found.length === 0 ? 'yes' : 'perhaps';
    return [
      ...found,
      ...pairs.filter(([index]) => index === '*').map(([, value]) => ({ holds: rest, value }) as const),
    ];
  }

  private isAmong(left: unknown, right: unknown): Holds {
    const elements = isSet(right) ? this.elementsOf(right) : [right];
    return elements === undefined ? 'perhaps' : anyOf(elements.map((element) => this.isIn(left, element)));
  }

  /** One element, which may have a part for each of several fields. */
  private isIn(left: unknown, element: unknown): Holds {
    if (isFields(element) && isFields(element.elem)) return this.isIn(left, element.elem.val);
    const parts = partsOf(left);
    const values = partsOf(element);
    if (parts.length !== values.length) return 'perhaps';
    return allOf(parts.map((part, index) => isOne(this.valueOf(part), values[index])));
  }

  private valueOf(expression: unknown): Known {
    const { payload, meta, fib } = isFields(expression) ? expression : ({} as Fields);
    if (isFields(payload)) return this.payload(payload);
    if (isFields(meta)) return this.meta(meta.key);
    // The server is another host, so its address is none of our own.
    if (isFields(fib) && fib.result === 'type' && listOf(fib.flags).includes('daddr'))
      return { kind: 'type of address' };
    return undefined;
  }

  private payload({ protocol, field }: Fields): Known {
    const { address, port, protocol: own } = this.aim;
    if (protocol === 'ip' || protocol === 'ip6') {
      if ((protocol === 'ip') !== (address.family === 4)) return 'absent';
      if (field === 'daddr') return { kind: 'address', text: address.text };
      return field === 'protocol' ? this.meta('l4proto') : undefined;
    }
    if (otherProtocols.includes(textOf(protocol)) && protocol !== own) return 'absent';
    if (protocol !== 'th' && protocol !== own) return undefined;
    return field === 'dport' ? { kind: 'port', port } : undefined;
  }

  private meta(key: unknown): Known {
    const { address, protocol } = this.aim;
    if (key === 'l4proto') return { kind: 'word', texts: protocol === 'tcp' ? ['tcp', '6'] : ['udp', '17'] };
    if (key === 'nfproto') return { kind: 'word', texts: address.family === 4 ? ['ipv4', '2'] : ['ipv6', '10'] };
    return undefined;
  }

  private elementsOf(data: unknown): readonly unknown[] | undefined {
    if (typeof data === 'string') return this.sets.get(data);
    return isFields(data) && Array.isArray(data.set) ? data.set : undefined;
  }
}

/** True for an expression that has the address that a packet goes to. */
export function namesAddress(expression: unknown): boolean {
  return partsOf(expression).some(
    (part) =>
      isFields(part) &&
      isFields(part.payload) &&
      part.payload.field === 'daddr' &&
      ['ip', 'ip6'].includes(textOf(part.payload.protocol)),
  );
}

function isOne(known: Known, value: unknown): Holds {
  if (known === undefined) return 'perhaps';
  if (known === 'absent') return 'no';
  if (value === '*') return 'yes';
  switch (known.kind) {
    case 'address':
      return isWithinValue(known.text, value);
    case 'port':
      return isPort(known.port, value);
    case 'word':
      return isPlain(value) ? sure(known.texts.includes(textOf(value))) : 'perhaps';
    case 'type of address':
      return ['local', 'broadcast', 'multicast', 'anycast'].includes(textOf(value)) ? 'no' : 'perhaps';
  }
}

function isWithinValue(text: string, value: unknown): Holds {
  const ends = endsOf(value);
  if (ends === undefined) return 'perhaps';
  // A host may have tens of thousands of rules and elements, and for IPv4 numbers are much faster than a list.
  const [first, last] = [numberOf(ends.first), numberOf(ends.last)];
  const own = numberOf(text);
  if (own !== undefined && first !== undefined && last !== undefined) {
    if (ends.length === undefined) return sure(own >= first && own <= last);
    const size = 2 ** (32 - ends.length);
    return sure(Math.floor(own / size) === Math.floor(first / size));
  }
  return isWithinList(text, ends);
}

interface Ends {
  readonly first: string;
  readonly last: string;
  /** Of a network: the length of its prefix. */
  readonly length?: number;
}

function endsOf(value: unknown): Ends | undefined {
  if (typeof value === 'string') return { first: value, last: value };
  const { prefix, range } = isFields(value) ? value : ({} as Fields);
  if (Array.isArray(range)) return { first: textOf(range[0]), last: textOf(range[1]) };
  if (!isFields(prefix) || typeof prefix.addr !== 'string' || typeof prefix.len !== 'number') return undefined;
  return { first: prefix.addr, last: prefix.addr, length: prefix.len };
}

function isWithinList(text: string, { first, last, length }: Ends): Holds {
  const family = isIP(text) === 6 ? 'ipv6' : 'ipv4';
  const list = new BlockList();
  try {
    if (length === undefined) list.addRange(first, last, family);
    else list.addSubnet(first, length, family);
    return sure(list.check(text, family));
  } catch {
    return 'perhaps';
  }
}

/** An IPv4 address as a number. */
function numberOf(text: string): number | undefined {
  if (isIP(text) !== 4) return undefined;
  return text.split('.').reduce((number, part) => number * 256 + Number(part), 0);
}

function isPort(port: number, value: unknown): Holds {
  const ends = isFields(value) && Array.isArray(value.range) ? value.range : isPlain(value) ? [value, value] : [];
  const [first = Number.NaN, last = Number.NaN] = ends.map(Number);
  return Number.isNaN(first) || Number.isNaN(last) ? 'perhaps' : sure(port >= first && port <= last);
}

function sure(holds: boolean): Holds {
  return holds ? 'yes' : 'no';
}

function denied(holds: Holds): Holds {
  return holds === 'perhaps' ? 'perhaps' : sure(holds === 'no');
}

/** The most certain of several answers, of which one is enough. */
function anyOf(answers: readonly Holds[]): Holds {
  return answers.includes('yes') ? 'yes' : answers.includes('perhaps') ? 'perhaps' : 'no';
}

function allOf(answers: readonly Holds[]): Holds {
  return answers.includes('no') ? 'no' : answers.includes('perhaps') ? 'perhaps' : 'yes';
}

function isSet(right: unknown): boolean {
  return (typeof right === 'string' && right.startsWith('@')) || (isFields(right) && 'set' in right);
}

function isPlain(value: unknown): value is string | number {
  return typeof value === 'string' || typeof value === 'number';
}

function partsOf(expression: unknown): readonly unknown[] {
  return isFields(expression) && Array.isArray(expression.concat) ? expression.concat : [expression];
}

function listOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [value];
}
