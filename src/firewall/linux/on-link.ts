import { readFileSync } from 'node:fs';
import { Address6 } from 'ip-address';
import { type Address, cidr } from '../../policy/address';

/** The kernel's IPv6 routes of this network namespace, all tables. */
const routesFile = '/proc/net/ipv6_route';

/** Of a route's flags (linux/route.h, linux/ipv6_route.h). */
const flag = { gateway: 0x2, reject: 0x200, anycast: 0x10_0000, cache: 0x100_0000, local: 0x8000_0000 } as const;
const noNetwork = flag.reject | flag.anycast | flag.cache | flag.local;

/**
 * The prefixes of networks on a link. Wider ones are on none: whole parts of the internet that a tunnel leads to are
 * routed like that. Single addresses are guests of this host, often by the hundred.
 */
const [widest, narrowest] = [48, 127];

/**
 * The networks on this host's links, and its usual routers where they have a global address. Link-local ones and groups
 * are left out, since they are always on a link. Empty where the kernel has no IPv6. Never throws.
 */
export function readOnLink(file = routesFile): Address[] {
  const found = readLines(file).flatMap(neighboursBy);
  return [...new Map(found.map((one) => [cidr(one), one])).values()];
}

function readLines(file: string): string[] {
  try {
    return readFileSync(file, 'latin1').split('\n');
  } catch {
    return [];
  }
}

/** Destination, its prefix, source, its prefix, next hop, metric, two counters, flags, device; all hexadecimal. */
function neighboursBy(line: string): Address[] {
  const [network = '', prefix = '', , , nextHop = '', , , , flagText = ''] = line.trim().split(/\s+/);
  const flags = Number.parseInt(flagText, 16);
  if (Number.isNaN(flags) || (flags & noNetwork) !== 0) return [];
  const isByRouter = (flags & flag.gateway) !== 0;
  const length = Number.parseInt(prefix, 16);
  if (isByRouter ? length !== 0 : length < widest || length > narrowest) return [];
  const hex = isByRouter ? nextHop : network;
  if (/^(ff|fe[89ab])/.test(hex)) return [];
  const text = Address6.fromBigInt(BigInt(`0x${hex}`)).correctForm();
  return [{ family: 6, text, prefix: isByRouter ? 128 : length }];
}
