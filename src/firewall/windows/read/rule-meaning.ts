import { addressText, readAddressItem } from './address-range';
import { type Field, plainName, readFields } from './rule-fields';
import { profileNames, type StoredRule } from './stored-rule';

/** The field that says which Windows may skip the rule; it says nothing about packets. */
const versionField = 'skipver';

/** Absent means FALSE. */
const flags = new Set(['active', 'edge', 'lsm', 'lom', 'pcross', 'authbypassout']);

/** Fields whose values are words, in any case. */
const words = new Set([...flags, ...'action dir profile defer iftype if security ttk icmp4 icmp6'.split(' ')]);

const everyProfile = profileNames.map((name) => `profile=${name}`);

/**
 * What a rule means, as one text: rules with the same text do the same, whatever version, order of fields and spelling
 * of addresses, ports and words they are stored with. Texts count as written, descriptions too; unknown fields do not
 * count.
 */
export function meaning(rule: Pick<StoredRule, 'raw'>): string {
  return meaningParts(rule).join('|');
}

/** The meaning field by field, as sorted `name=value`. */
export function meaningParts({ raw }: Pick<StoredRule, 'raw'>): string[] {
  const parts = new Set<string>();
  for (const field of readFields(raw).fields) {
    const part = canonicalField(field);
    if (part !== undefined) parts.add(part);
  }
  if (everyProfile.every((part) => parts.has(part))) for (const part of everyProfile) parts.delete(part);
  return [...parts].sort();
}

function canonicalField([name, value]: Field): string | undefined {
  const plain = plainName(name);
  if (plain === undefined || plain === versionField) return undefined;
  const canonical = canonicalValue(plain, value);
  // What goes without saying: an empty text, a flag that is not set, any protocol.
  if (canonical === '' || (flags.has(plain) && canonical === 'false')) return undefined;
  return plain === 'protocol' && canonical === '256' ? undefined : `${plain}=${canonical}`;
}

function canonicalValue(name: string, value: string): string {
  if (words.has(name)) return value.toLowerCase();
  const family = { la4: 4, ra4: 4, la6: 6, ra6: 6 } as const;
  if (name in family) return canonicalAddress(value, family[name as keyof typeof family]);
  return name === 'lport' || name === 'rport' ? value.toLowerCase().replace(/^(\d+)-\1$/, '$1') : value;
}

function canonicalAddress(value: string, family: 4 | 6): string {
  const item = readAddressItem(value, family);
  return item === undefined ? value : addressText(item);
}
