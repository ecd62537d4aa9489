import type { AddressItem } from './address-range';
import type { IcmpType, PortItem } from './rule-items';

export const profileNames = ['domain', 'private', 'public'] as const;
export type ProfileName = (typeof profileNames)[number];

/**
 * A rule as the registry holds it ([MS-GPFAS] 2.2.2.19). Empty lists restrict nothing. Of a rule that is not understood
 * everything is a guess on the safe side: it may do what stands here, or more, or nothing.
 */
export interface StoredRule {
  /** The name of its registry value: a built-in name or a GUID. */
  readonly id: string;
  readonly raw: string;
  readonly name: string;
  readonly active: boolean;
  readonly action: 'allow' | 'block' | 'bypass';
  readonly direction: 'in' | 'out';
  /** IANA number. */
  readonly protocol: number | 'any';
  readonly profiles: readonly ProfileName[];
  readonly localPorts: readonly PortItem[];
  readonly remotePorts: readonly PortItem[];
  readonly icmpTypes: readonly IcmpType[];
  readonly localAddresses: readonly AddressItem[];
  readonly remoteAddresses: readonly AddressItem[];
  /** Path of the only program it is for, as written. */
  readonly app: string | undefined;
  /** Short name of the only Windows service it is for; `*` stands for any service. */
  readonly service: string | undefined;
  /** Names of further known fields that narrow it, such as a user, an interface or IPsec; in lower case. */
  readonly restrictions: readonly string[];
  /** Fields that no specification lists; in lower case. */
  readonly unknownFields: readonly string[];
  /** What of it is not understood, as a noun. */
  readonly notUnderstood: string | undefined;
}
