import { Address4, Address6 } from 'ip-address';

/** One host, or with a shorter prefix one network. `text` is the normalised address without its prefix. */
export interface Address {
  readonly family: 4 | 6;
  readonly text: string;
  readonly prefix: number;
}

/** Why a text is not taken as an address, for people. */
export interface Refusal {
  readonly refused: string;
}

/** Never allowed, whatever asks for it: a rule for one of these lets in everybody, nobody, or a group. */
const forbidden4 = [
  ['0.0.0.0/8', 'stands for "this network" and names no host'],
  ['127.0.0.0/8', 'is loopback: the host itself'],
  ['224.0.0.0/4', 'is multicast: a group, not a host'],
  ['255.255.255.255/32', 'is broadcast: everybody'],
  ['240.0.0.0/4', 'is reserved and names no host'],
] as const;

const forbidden6 = [
  ['::/128', 'is the unspecified address and names no host'],
  ['::1/128', 'is loopback: the host itself'],
  ['::/96', 'is an IPv4-compatible form that nothing uses any more'],
  ['ff00::/8', 'is multicast: a group, not a host'],
  ['fe80::/10', 'is link-local: without a zone it names no host, and a rule takes no zone'],
] as const;

const words = new Set(['', '-', 'null', '(null)', 'any', 'none']);

/** Four decimal numbers without leading zeros: `010.0.0.1` is 8.0.0.1 to C and 10.0.0.1 to people, so it is refused. */
const dotted = /^(?:0|[1-9]\d{0,2})(?:\.(?:0|[1-9]\d{0,2})){3}$/;

/**
 * Reads the text of one unicast host address, IPv4 or IPv6, and normalises it (RFC 5952; `::ffff:a.b.c.d` becomes
 * a.b.c.d). Everything else is refused: names, prefixes, ports, zones, brackets, lists, blanks, octal, hex and short
 * forms.
 */
export function parseHost(text: string): Address | Refusal {
  if (words.has(text.toLowerCase())) return { refused: `${quote(text)} is not an address` };
  if (!/^[0-9A-Fa-f:.]{2,45}$/.test(text)) return { refused: `${quote(text)} is not one plain IP address` };
  return text.includes(':') ? parseHost6(text) : parseHost4(text);
}

/**
 * As `parseHost`, and also a link-local address, with or without its zone: the agent names the interface elsewhere
 * (Wazuh's `interface_index`), and a rule takes no zone.
 */
export function parseServer(text: string): Address | Refusal {
  const [, linkLocal] = /^(fe[89ab][0-9a-f]:[0-9a-f:.]*)(?:%[\w.:-]{1,64})?$/i.exec(text) ?? [];
  if (linkLocal === undefined || !Address6.isValid(linkLocal)) return parseHost(text);
  return { family: 6, text: new Address6(linkLocal).correctForm(), prefix: 128 };
}

/**
 * As `parseHost`, and also a network `address/prefix` no shorter than `/shortest4` or `/shortest6`; host bits are
 * cleared.
 */
export function parseNetwork(text: string, shortest4: number, shortest6: number): Address | Refusal {
  const [host, prefixText, ...more] = text.split('/');
  const base = parseHost(host ?? '');
  if (isRefusal(base) || prefixText === undefined) return base;
  if (more.length > 0 || !/^\d{1,3}$/.test(prefixText)) return { refused: `${quote(text)} has no readable prefix` };
  // A prefix on a mapped address counts in 128 bits; nobody writes that on purpose.
  if (base.family === 4 && text.includes(':')) return { refused: `${quote(text)} puts a prefix on a mapped address` };
  const longest = base.family === 4 ? 32 : 128;
  const shortest = base.family === 4 ? shortest4 : shortest6;
  const prefix = Number(prefixText);
  if (prefix > longest) return { refused: `${quote(text)}: a prefix ends at /${longest}` };
  if (prefix < shortest) return { refused: `${quote(text)} is wider than /${shortest}` };
  const network =
    base.family === 4
      ? new Address4(`${base.text}/${prefix}`).startAddress().correctForm()
      : new Address6(`${base.text}/${prefix}`).startAddress().correctForm();
  const checked = parseHost(network);
  return isRefusal(checked) ? checked : { ...checked, prefix };
}

export function isRefusal(result: Address | Refusal): result is Refusal {
  return 'refused' in result;
}

/** `address/prefix`, as rules and people write it. */
export function cidr({ text, prefix }: Address): string {
  return `${text}/${prefix}`;
}

/** True when a host or network lies in another one, or is the same. */
export function isWithin(inner: Address, outer: Address): boolean {
  if (inner.family !== outer.family) return false;
  return inner.family === 4
    ? new Address4(cidr(inner)).isInSubnet(new Address4(cidr(outer)))
    : new Address6(cidr(inner)).isInSubnet(new Address6(cidr(outer)));
}

/** True for 127.0.0.0/8 and ::1, mapped or not. */
export function isLoopback(text: string): boolean {
  if (Address4.isValid(text)) return new Address4(text).isInSubnet(new Address4('127.0.0.0/8'));
  if (!Address6.isValid(text)) return false;
  const address = new Address6(text);
  return address.isLoopback() || (address.isMapped4() && isLoopback(address.to4().correctForm()));
}

function parseHost4(text: string): Address | Refusal {
  if (!dotted.test(text) || !Address4.isValid(text))
    return { refused: `${quote(text)} is not four numbers from 0 to 255` };
  const address = new Address4(text);
  for (const [network, why] of forbidden4) {
    if (address.isInSubnet(new Address4(network))) return { refused: `${quote(text)} ${why}` };
  }
  return { family: 4, text: address.correctForm(), prefix: 32 };
}

function parseHost6(text: string): Address | Refusal {
  if (!Address6.isValid(text)) return { refused: `${quote(text)} is not an IPv6 address` };
  const tail = text.slice(text.lastIndexOf(':') + 1);
  if (tail.includes('.') && !dotted.test(tail)) return { refused: `${quote(text)} is not an IPv6 address` };
  const address = new Address6(text);
  if (address.isMapped4()) return parseHost4(address.to4().correctForm());
  for (const [network, why] of forbidden6) {
    if (address.isInSubnet(new Address6(network))) return { refused: `${quote(text)} ${why}` };
  }
  return { family: 6, text: address.correctForm(), prefix: 128 };
}

/** Text from outside as it may stand in a message: printable ASCII, at most 64 characters. */
export function quote(text: string): string {
  const printable = text.slice(0, 64).replace(/[^\x20-\x7e]/g, '?');
  return `"${printable}${text.length > 64 ? '...' : ''}"`;
}
