import { Address6 } from 'ip-address';
import type { Address } from '../../policy/address';
import type { GroupName } from '../../policy/flows';
import { type AcceptRule, accept, match } from './match';

/**
 * A report that names more groups than this is dropped. A week of temporary addresses (RFC 8981) makes nine. There is a
 * rule for each number of groups, however many there are now: with our addresses the number of rules must not change.
 */
const mostGroups = 10;

/**
 * Lengths in bytes (RFC 2710, 3810): the option in front of a report, a report without groups, one group without
 * sources.
 */
const lengths = { option: 8, report: 8, group: 20, oldReport: 24 } as const;

/**
 * Groups whose addresses are fixed and so carry no message, which the kernel and its usual daemons join (IANA, IPv6
 * Multicast Address Space): routers, SSDP, multicast DNS, DHCPv6 servers, LLMNR. A report of everything that was
 * joined names them beside those that are needed.
 */
const wellKnown = ['ff02::2', 'ff05::2', 'ff02::c', 'ff02::fb', 'ff02::1:2', 'ff02::1:3'];

/**
 * Reports of multicast groups. Some switches pass on only what a report asked for: without reports, a neighbour's
 * question for our address never arrives. Anybody may join a group and choose 14 bytes of its address, so a report
 * could carry data out. Therefore only reports go out that name the groups of our own addresses and the well-known
 * ones, and no others.
 */
export function acceptListenerReports(name: GroupName, ownIp6: readonly Address[]): AcceptRule[] {
  if (ownIp6.length === 0) return [];
  const groups = [...new Set([...ownIp6.map(solicitedNode), ...wellKnown])].sort();
  const hex = groups.map((group) => `0x${new Address6(group).bigInt().toString(16)}`);
  const hopLimit = match('ip6 hoplimit', '1');
  const old = accept(
    'out',
    name,
    name,
    match('icmpv6 type', 'mld-listener-report'),
    hopLimit,
    match('ip6 length', String(lengths.option + lengths.oldReport)),
    match('ip6 daddr', ...groups),
  );
  const counts = Array.from({ length: mostGroups }, (_, index) => index + 1);
  return [
    ...old,
    ...counts.flatMap((count) =>
      accept(
        'out',
        name,
        name,
        match('icmpv6 type', 'mld2-listener-report'),
        hopLimit,
        match('ip6 length', String(lengths.option + lengths.report + count * lengths.group)),
        match('@th,48,16', String(count)),
        ...Array.from({ length: count }, (_, index) =>
          match(`@th,${8 * (lengths.report + index * lengths.group + 4)},128`, ...hex),
        ),
      ),
    ),
  ];
}

/** The group in which neighbours ask for an address (RFC 4291, 2.7.1). */
export function solicitedNode({ text }: Address): string {
  const low = new Address6(text).bigInt() & 0xff_ffffn;
  return Address6.fromBigInt(0xff02_0000_0000_0000_0000_0001_ff00_0000n | low).correctForm();
}
