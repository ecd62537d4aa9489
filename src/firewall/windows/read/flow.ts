import type { AddressRange } from '../../../policy/address-set';
import type { PortRange } from '../../../policy/ports';
import { type AddressItem, readAddressItem } from './address-range';
import type { PortItem } from './rule-items';
import type { StoredRule } from './stored-rule';

/** The first packet of a conversation between this host and another. What is absent is not known. */
export interface Flow {
  readonly direction: 'in' | 'out';
  /** IANA number. */
  readonly protocol: number;
  /** TCP and UDP only. A range where only the range is known. */
  readonly localPort?: number | PortRange;
  readonly remotePort?: number | PortRange;
  readonly icmpType?: number;
  /** `a` or `a/prefix`. */
  readonly remote: string;
  /** Short names of the Windows services, one of which this end is; empty: an ordinary program. */
  readonly services?: readonly string[];
  /** Paths or file names of the programs, one of which this end is; empty: one that no rule is for. */
  readonly programs?: readonly string[];
}

/** Whether a rule is for a flow; `maybe` where that cannot be seen from here. */
export type Match = 'yes' | 'no' | 'maybe';

/** Looks whether a rule is for a flow, its action and its profiles left aside. */
export function matchFlow(rule: StoredRule, flow: Flow): Match {
  const isOneWay = rule.notUnderstood === undefined || /\|dir=(in|out)\|/i.test(rule.raw);
  if (rule.direction !== flow.direction && isOneWay) return 'no';
  if (rule.protocol !== 'any' && rule.protocol !== flow.protocol) return 'no';
  if (rule.notUnderstood !== undefined) return 'maybe';
  return all([
    matchPorts(rule.localPorts, flow.localPort),
    matchPorts(rule.remotePorts, flow.remotePort),
    matchIcmp(rule, flow),
    matchRemote(rule.remoteAddresses, flow.remote),
    matchService(rule.service, flow.services),
    matchProgram(rule.app, flow.programs),
    matchPackage(rule.restrictions, flow.programs),
    // Our own address, the interface, the user, IPsec: none of them can be seen from here.
    rule.localAddresses.length + rule.restrictions.length + rule.unknownFields.length === 0 ? 'yes' : 'maybe',
  ]);
}

function all(matches: readonly Match[]): Match {
  return matches.includes('no') ? 'no' : matches.includes('maybe') ? 'maybe' : 'yes';
}

function any(matches: readonly Match[]): Match {
  return matches.includes('yes') ? 'yes' : matches.includes('maybe') ? 'maybe' : 'no';
}

/** Whether what is wanted lies in a range: wholly, not at all, or in part. */
function matchRange<T extends number | bigint>(range: Range<T>, wanted: Range<T>): Match {
  if (wanted.first >= range.first && wanted.last <= range.last) return 'yes';
  return wanted.first > range.last || wanted.last < range.first ? 'no' : 'maybe';
}

interface Range<T> {
  readonly first: T;
  readonly last: T;
}

function matchPorts(items: readonly PortItem[], port: number | PortRange | undefined): Match {
  if (items.length === 0) return 'yes';
  if (port === undefined) return 'maybe';
  const wanted = typeof port === 'number' ? { first: port, last: port } : port;
  return any(items.map((item) => (typeof item === 'string' ? 'maybe' : matchRange(item, wanted))));
}

function matchIcmp({ icmpTypes }: StoredRule, { icmpType }: Flow): Match {
  if (icmpTypes.length === 0) return 'yes';
  if (icmpType === undefined) return 'maybe';
  return any(icmpTypes.map(({ type, code }) => (type !== icmpType ? 'no' : code === 'any' ? 'yes' : 'maybe')));
}

/** A rule whose addresses are all of one family is not for the other family. */
function matchRemote(items: readonly AddressItem[], remote: string): Match {
  if (items.length === 0) return 'yes';
  const wanted = readRemote(remote);
  if (wanted === undefined) return 'maybe';
  return any(
    items
      .filter(({ family }) => family === wanted.family)
      .map((item) => ('keyword' in item ? 'maybe' : matchRange(item, wanted))),
  );
}

function readRemote(remote: string): AddressRange | undefined {
  const item = readAddressItem(remote, remote.includes(':') ? 6 : 4);
  return item === undefined || 'keyword' in item ? undefined : item;
}

function matchService(wanted: string | undefined, services: readonly string[] | undefined): Match {
  if (wanted === undefined) return 'yes';
  if (services === undefined) return 'maybe';
  if (services.length === 0) return 'no';
  return wanted === '*' ? 'yes' : oneOf(services.map((service) => service.toLowerCase() === wanted.toLowerCase()));
}

/** Paths in rules hold variables and short names, so only the same path is surely the same program. */
function matchProgram(wanted: string | undefined, programs: readonly string[] | undefined): Match {
  if (wanted === undefined) return 'yes';
  if (programs === undefined) return 'maybe';
  const [path, file] = [wanted.toLowerCase(), fileName(wanted)];
  const isSame = programs.map((program) => program.toLowerCase() === path);
  if (isSame.includes(true)) return oneOf(isSame);
  const maySame = programs.some((program) => fileName(program) === file || (file.includes('~') && program !== ''));
  return maySame ? 'maybe' : 'no';
}

/** This end is one of several, and it is not known which. */
function oneOf(matches: readonly boolean[]): Match {
  if (!matches.includes(true)) return 'no';
  return matches.includes(false) ? 'maybe' : 'yes';
}

/** A rule for an app from the Store, or for its package, is for no program that has a path of its own. */
function matchPackage(restrictions: readonly string[], programs: readonly string[] | undefined): Match {
  return programs !== undefined && restrictions.some((name) => name === 'apppkgid' || name === 'pfn') ? 'no' : 'yes';
}

function fileName(path: string): string {
  return path.slice(Math.max(path.lastIndexOf('\\'), path.lastIndexOf('/')) + 1).toLowerCase();
}
