import { isRefusal, parseNetwork } from '../../../policy/address';
import type { Rule } from '../../../policy/rules';
import { canonicalAddress } from './address-range';

/** A rule as it is stored ([MS-GPFAS] 2.2.2): `v2.31|Action=Allow|Active=TRUE|Dir=In|...|`. */
export interface StoredRule {
  /** The name of its registry value: a built-in name or a GUID. */
  readonly id: string;
  readonly name: string;
  readonly active: boolean;
  /** Lower case: allow, block, bypass, or whatever stands there. */
  readonly action: string;
  readonly direction: 'in' | 'out';
  /** Every field but the version, in order, as written. */
  readonly fields: readonly Field[];
}

type Field = readonly [name: string, value: string];

/** Fields that hold addresses; each spelling of an address means the same. */
const addressFields = new Set(['la4', 'la6', 'ra4', 'ra6']);

/** Fields whose values are words, in any case. */
const wordFields = new Set([
  'action',
  'active',
  'dir',
  'profile',
  'edge',
  'iftype',
  'ra42',
  'ra62',
  'security',
  'defer',
]);

/** Fields that go without saying when they have this value. */
const defaults: Readonly<Record<string, string>> = { active: 'false', edge: 'false', protocol: '256' };

/** The fields that [MS-GPFAS] 2.2.2 lists; others come and go with the version of Windows. */
const knownFields = new Set(
  `action active dir protocol profile lport rport lport2_10 rport2_10 lport2_20 rport2_20 lport2_24 rport2_24 lport2_29 rport2_29
   icmp4 icmp6 la4 la6 ra4 ra6 ra42 ra62 app svc name desc embedctxt if iftype edge defer lsm lom pcross security security2
   security2_9 rmauth ruauth authbypassout luauth luauth2_24 luown apppkgid skipver platform platform2 nnm securityrealmid
   ttk ttk2_22 ttk2_27 ttk2_28`.split(/\s+/),
);

const allProfiles = 'domain,private,public';

/** Reads a stored rule. Never fails: what is missing or odd makes a rule that matches nothing of ours. */
export function parseRule(id: string, text: string): StoredRule {
  const [, ...parts] = text.split('|');
  const fields = parts.flatMap((part): Field[] => {
    const equals = part.indexOf('=');
    return equals < 1 ? [] : [[part.slice(0, equals), part.slice(equals + 1)]];
  });
  const first = (wanted: string): string => fields.find(([name]) => name.toLowerCase() === wanted)?.[1] ?? '';
  return {
    id,
    name: first('name'),
    active: first('active').toLowerCase() === 'true',
    action: first('action').toLowerCase(),
    direction: first('dir').toLowerCase() === 'in' ? 'in' : 'out',
    fields,
  };
}

/** All values of one field, in order. */
export function valuesOf({ fields }: StoredRule, wanted: string): string[] {
  return fields.filter(([name]) => name.toLowerCase() === wanted).map(([, value]) => value);
}

/**
 * What a rule means, as one text: two rules with the same text do the same, whatever version, order of fields and spelling of
 * addresses they are stored with. Fields that no specification lists are left out.
 */
export function meaning(rule: StoredRule): string {
  const values = new Map<string, Set<string>>();
  for (const [field, value] of rule.fields) {
    const name = field.toLowerCase();
    if (!knownFields.has(name)) continue;
    const canonical = canonicalValue(name, value);
    if (canonical === defaults[name]) continue;
    values.set(name, (values.get(name) ?? new Set()).add(canonical));
  }
  const lines = [...values].map(([name, set]) => `${name}=${[...set].sort().join(',')}`);
  return lines
    .filter((line) => line !== `profile=${allProfiles}`)
    .sort()
    .join('|');
}

function canonicalValue(name: string, value: string): string {
  if (addressFields.has(name)) return canonicalAddress(value);
  return wordFields.has(name) ? value.toLowerCase() : value;
}

/** True when a live rule is exactly what the policy asks for: active, for every profile, and restricted by nothing else. */
export function matches(stored: StoredRule, rule: Rule): boolean {
  return (
    stored.active &&
    stored.name.toLowerCase() === rule.name.toLowerCase() &&
    meaningWithoutText(stored) === meaning(storedForm(rule))
  );
}

/** A description or a group restricts nothing. */
function meaningWithoutText(stored: StoredRule): string {
  const texts = new Set(['name', 'desc', 'embedctxt', 'skipver']);
  return meaning({ ...stored, fields: stored.fields.filter(([name]) => !texts.has(name.toLowerCase())) });
}

const protocolNumbers = { tcp: 6, udp: 17, icmpv4: 1, icmpv6: 58 } as const;

/** A rule of the policy as Windows stores what netsh was told. */
export function storedForm(rule: Rule): StoredRule {
  const fields: Field[] = [
    ['Action', 'Allow'],
    ['Active', 'TRUE'],
    ['Dir', rule.direction === 'in' ? 'In' : 'Out'],
    ['Protocol', String(protocolNumbers[rule.protocol])],
  ];
  if (typeof rule.localPort === 'number') fields.push(['LPort', String(rule.localPort)]);
  if (rule.remotePort !== undefined) fields.push(['RPort', String(rule.remotePort)]);
  if (rule.icmpType !== undefined) fields.push(['ICMP6', `${rule.icmpType}:*`]);
  if (rule.service !== undefined) fields.push(['Svc', rule.service]);
  if (rule.remote === 'dns') fields.push(['RA4', 'DNS'], ['RA6', 'DNS']);
  else if (rule.remote) fields.push([`RA${rule.remote.family}`, `${rule.remote.text}/${rule.remote.prefix}`]);
  return { id: rule.name, name: rule.name, active: true, action: 'allow', direction: rule.direction, fields };
}

/** The one remote host or network of a rule, normalised, if it has exactly one. */
export function soleRemote(rule: StoredRule): string | undefined {
  const remotes = [...valuesOf(rule, 'ra4'), ...valuesOf(rule, 'ra6')];
  const [only] = remotes;
  if (only === undefined || remotes.length > 1) return undefined;
  const parsed = parseNetwork(canonicalAddress(only), 8, 16);
  return isRefusal(parsed) ? undefined : `${parsed.text}/${parsed.prefix}`;
}
