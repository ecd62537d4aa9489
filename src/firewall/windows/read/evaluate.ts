import { Address4, Address6 } from 'ip-address';
import { canonicalAddress } from './address-range';
import type { EffectiveProfile } from './effective';
import { type StoredRule, valuesOf } from './rule';

/** A first packet between this host and another. Ports and types stand where the protocol (IANA number) has them. */
export interface Flow {
  readonly direction: 'in' | 'out';
  readonly protocol: number;
  readonly localPort?: number;
  readonly remotePort?: number;
  readonly icmpType?: number;
  readonly remote: string;
  /** Short name of the Windows service at this end, and path of the program, where they are known. */
  readonly service?: string;
  readonly program?: string;
}

/** `unknown`: it hangs on something that cannot be seen from here, such as what a keyword stands for at the moment. */
export type Verdict = 'allowed' | 'blocked' | 'unknown';

type Match = 'yes' | 'no' | 'maybe';

/**
 * What Windows does with a flow: an authenticated bypass first, then block rules, then allow rules, then the default of the
 * profile; the order of rules and how specific they are do not matter ([MS-FASP], Microsoft's rule precedence).
 */
export function evaluate(profile: EffectiveProfile, flow: Flow): Verdict {
  if (!profile.enforced) return 'allowed';
  if (profile.shieldsUp && flow.direction === 'in') return 'blocked';
  const found = (action: string): Match =>
    any(profile.rules.filter(({ rule }) => rule.action === action).map(({ rule }) => matchesFlow(rule, flow)));
  // Whether the other side authenticates itself cannot be seen in a policy.
  const bypass = found('bypass') === 'no' ? 'no' : 'maybe';
  const block = found('block');
  if (block === 'yes') return bypass === 'no' ? 'blocked' : 'unknown';
  const fallback = flow.direction === 'in' ? profile.inbound : profile.outbound;
  const allow = fallback === 'allow' ? 'yes' : found('allow');
  if (allow === 'yes') return block === 'no' ? 'allowed' : 'unknown';
  return allow === 'no' && bypass === 'no' ? 'blocked' : 'unknown';
}

function any(matches: readonly Match[]): Match {
  return matches.includes('yes') ? 'yes' : matches.includes('maybe') ? 'maybe' : 'no';
}

function all(matches: readonly Match[]): Match {
  return matches.includes('no') ? 'no' : matches.includes('maybe') ? 'maybe' : 'yes';
}

/** Fields that say nothing about which packets a rule is for. */
const harmless = new Set(
  [
    'action',
    'active',
    'dir',
    'profile',
    'protocol',
    'name',
    'desc',
    'embedctxt',
    'edge',
    'defer',
    'skipver',
    'platform',
    'platform2',
  ].concat(['lport', 'rport', 'la4', 'la6', 'ra4', 'ra6', 'icmp4', 'icmp6', 'app', 'svc', 'lsm', 'lom']),
);

function matchesFlow(rule: StoredRule, flow: Flow): Match {
  if (rule.direction !== flow.direction) return 'no';
  const [protocol] = valuesOf(rule, 'protocol');
  if (protocol !== undefined && protocol !== '256' && Number(protocol) !== flow.protocol) return 'no';
  return all([
    ports(valuesOf(rule, 'lport'), flow.localPort),
    ports(valuesOf(rule, 'rport'), flow.remotePort),
    icmp(valuesOf(rule, flow.protocol === 58 ? 'icmp6' : 'icmp4'), flow.icmpType),
    addresses([...valuesOf(rule, 'ra4'), ...valuesOf(rule, 'ra6')], flow.remote),
    // Our own addresses change; a rule for one of them may be for us.
    valuesOf(rule, 'la4').length + valuesOf(rule, 'la6').length > 0 ? 'maybe' : 'yes',
    text(valuesOf(rule, 'svc'), flow.service),
    text(valuesOf(rule, 'app'), flow.program),
    rule.fields.every(([field]) => harmless.has(field.toLowerCase())) ? 'yes' : 'maybe',
  ]);
}

/** Every item is one port or one range; words such as RPC stand for ports that only Windows knows. */
function ports(items: readonly string[], port: number | undefined): Match {
  if (items.length === 0) return 'yes';
  if (port === undefined) return 'no';
  return any(
    items.map((item) => {
      const range = /^(\d+)(?:-(\d+))?$/.exec(item);
      if (range?.[1] === undefined) return 'maybe';
      return port >= Number(range[1]) && port <= Number(range[2] ?? range[1]) ? 'yes' : 'no';
    }),
  );
}

function icmp(items: readonly string[], type: number | undefined): Match {
  if (items.length === 0) return 'yes';
  return any(
    items.map((item) => (item.split(':')[0] === String(type) ? (item.endsWith(':*') ? 'yes' : 'maybe') : 'no')),
  );
}

function addresses(items: readonly string[], remote: string): Match {
  return items.length === 0 ? 'yes' : any(items.map((item) => address(canonicalAddress(item), remote)));
}

function address(item: string, remote: string): Match {
  const [first, last] = item.split('-');
  if (first !== undefined && last !== undefined) return inRange(first, last, remote);
  const [base = '', prefix] = item.split('/');
  if (Address4.isValid(base) && prefix !== undefined) {
    return Address4.isValid(remote) && new Address4(remote).isInSubnet(new Address4(item)) ? 'yes' : 'no';
  }
  if (Address6.isValid(base) && prefix !== undefined) {
    return Address6.isValid(remote) && !Address4.isValid(remote) && new Address6(remote).isInSubnet(new Address6(item))
      ? 'yes'
      : 'no';
  }
  // A keyword. A list in one field is silently never enforced, but that is not for us to rely on.
  return 'maybe';
}

function inRange(first: string, last: string, remote: string): Match {
  const number = (text: string): bigint | undefined =>
    Address4.isValid(remote)
      ? Address4.isValid(text)
        ? new Address4(text).bigInt()
        : undefined
      : Address6.isValid(text) && !Address4.isValid(text)
        ? new Address6(text).bigInt()
        : undefined;
  const [low, high, wanted] = [number(first), number(last), number(remote)];
  return low !== undefined && high !== undefined && wanted !== undefined && wanted >= low && wanted <= high
    ? 'yes'
    : 'no';
}

/** A rule for one program or service; whether it is the one that sends is known only when the flow says so. */
function text(items: readonly string[], wanted: string | undefined): Match {
  if (items.length === 0) return 'yes';
  if (wanted === undefined) return 'maybe';
  return items.some((item) => item.toLowerCase() === wanted.toLowerCase()) ? 'yes' : 'no';
}
