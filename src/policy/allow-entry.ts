import { isFields } from '../json';
import { type Address, cidr, isRefusal, parseNetwork, quote, type Refusal } from './address';
import { type PortRange, type Ports, portsOf, portsText } from './ports';

/** Somebody whom the settings let through as far as is said here, such as a VPN gateway. */
export interface AllowEntry {
  readonly address: Address;
  /** Who may speak first: this host (`out`), the other (`in`), or either. */
  readonly direction: 'in' | 'out' | 'both';
  /** `icmp` is the one of the address's family. A number is IANA's; those that have a word here are never numbers. */
  readonly protocol: 'tcp' | 'udp' | 'icmp' | number;
  /** TCP and UDP only: the other's ports for what goes out, this host's own for what comes in. Empty: every port. */
  readonly ports: Ports;
}

/** A network is no wider than a handler's. */
const shortest4 = 24;
const shortest6 = 64;

/** Nobody writes more items than this by hand, and a rule's line would get long. */
const mostPorts = 20;

/** `203.0.113.7/32 out udp 500,4500`: one text for each entry, for people, for comparisons and for the journal. */
export function entryText({ address, direction, protocol, ports }: AllowEntry): string {
  return [cidr(address), direction, protocol, ...(ports.length === 0 ? [] : [portsText(ports)])].join(' ');
}

/** True when this host may speak first to that port of the entry's address. */
export function mayReach({ direction, protocol, ports }: AllowEntry, wanted: 'tcp' | 'udp', port: number): boolean {
  const isListed = ports.length === 0 || ports.some(({ first, last }) => first <= port && port <= last);
  return direction !== 'in' && protocol === wanted && isListed;
}

/** Reads what `entryText` wrote. */
export function parseEntryText(text: string): AllowEntry | Refusal {
  const [address, direction, protocol, ports] = text.split(' ');
  return parseEntry({ address, direction, protocol, ...(ports === undefined ? {} : { ports: ports.split(',') }) });
}

/**
 * Reads an entry of the settings: `{"address": "203.0.113.7", "direction": "out", "protocol": "udp", "ports": [500,
 * 4500]}`.
 */
export function parseEntry(value: unknown): AllowEntry | Refusal {
  if (!isFields(value)) return { refused: 'it is not an object' };
  const { address, direction = 'both', protocol, ports, ...more } = value;
  const [unknown] = Object.keys(more);
  if (unknown !== undefined) return { refused: `${quote(unknown)} is no part of an entry` };
  if (typeof address !== 'string') return { refused: 'it has no address' };
  const network = parseNetwork(address, shortest4, shortest6);
  if (isRefusal(network)) return network;
  if (direction !== 'in' && direction !== 'out' && direction !== 'both')
    return { refused: 'its direction is neither in nor out nor both' };
  const known = readProtocol(protocol, network.family);
  if (typeof known === 'object') return known;
  const read = readPorts(ports);
  if ('refused' in read) return read;
  if (read.length > 0 && known !== 'tcp' && known !== 'udp') return { refused: 'only tcp and udp have ports' };
  return { address: network, direction, protocol: known, ports: read };
}

/**
 * A number is read as it is written here only: with a leading zero it would be another protocol to whoever reads octal,
 * and another text to `parseEntryText`.
 */
function readProtocol(value: unknown, family: 4 | 6): AllowEntry['protocol'] | Refusal {
  const text = typeof value === 'number' || typeof value === 'string' ? String(value).toLowerCase() : '';
  if (text === 'tcp' || text === '6') return 'tcp';
  if (text === 'udp' || text === '17') return 'udp';
  if (text === 'icmp' || text === (family === 4 ? '1' : '58')) return 'icmp';
  if (text === '1' || text === '58') return { refused: `protocol ${text} is not of the family of its address` };
  if (/^(0|[1-9]\d{0,2})$/.test(text) && Number(text) <= 255) return Number(text);
  return { refused: 'its protocol is neither tcp nor udp nor icmp nor a number from 0 to 255 without leading zeros' };
}

/**
 * A list of ports and ranges, or one of them; empty where the entry names none. A list that is empty itself is refused:
 * what it means is not clear.
 */
function readPorts(value: unknown): Ports | Refusal {
  if (value === undefined) return [];
  const items: readonly unknown[] = Array.isArray(value) ? value : [value];
  const ranges = items.map(readRange);
  const good = ranges.filter((range) => range !== undefined);
  if (items.length === 0 || good.length < items.length)
    return { refused: 'its ports are not numbers from 1 to 65535 or ranges such as "8000-8010"' };
  if (items.length > mostPorts)
    return { refused: `it has more than ${mostPorts} ports; give a range, or more entries` };
  return portsOf(...good);
}

function readRange(value: unknown): PortRange | undefined {
  const text = typeof value === 'number' || typeof value === 'string' ? String(value) : '';
  const [, low, high = low] = /^([1-9]\d{0,4})(?:-([1-9]\d{0,4}))?$/.exec(text) ?? [];
  const range = { first: Number(low), last: Number(high) };
  return range.first <= range.last && range.last <= 65_535 ? range : undefined;
}
