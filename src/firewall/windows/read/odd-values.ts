import type { RegistryValue, RegistryValues } from '../../../windows/registry-file';
import type { ProfileName } from './stored-rule';

/** A setting or a rule whose value has an unexpected type: Windows may use it all the same, or ignore it. */
export interface OddValue {
  /** For people: the profile, where it has one, and the name of the value. */
  readonly name: string;
  readonly profile?: ProfileName;
  readonly setting?: string;
  /** What the setting is if Windows uses the value all the same; the worst for the setting where it cannot be read. */
  readonly reading: number | string;
}

/** The settings on which a judgement rests. */
const judged = [
  'EnableFirewall',
  'DefaultInboundAction',
  'DefaultOutboundAction',
  'DoNotAllowExceptions',
  'AllowLocalPolicyMerge',
];

/**
 * Neither 0 nor 1, so each setting is read as the worst: the firewall is off, nothing is blocked by default, local
 * rules are ignored, and no exception counts.
 */
const worst = -1;

/**
 * The settings of a profile that have another type than Windows writes: a number is REG_DWORD, a list of interfaces a
 * text.
 */
export function oddSettings(profile: ProfileName, values: RegistryValues): OddValue[] {
  const numbers = judged.flatMap((setting): OddValue[] => {
    const value = values.value(setting);
    if (value === undefined || typeof value === 'number') return [];
    return [{ name: `${profile} ${setting}`, profile, setting, reading: numberIn(value) ?? worst }];
  });
  const setting = 'DisabledInterfaces';
  const interfaces = values.value(setting);
  const isOdd = typeof interfaces === 'object' && 'bytes' in interfaces && interfaces.bytes.some((byte) => byte !== 0);
  return isOdd ? [...numbers, { name: `${profile} ${setting}`, profile, setting, reading: '?' }] : numbers;
}

/** Rules that are neither text nor empty. */
export function oddRules(values: RegistryValues): OddValue[] {
  const odd: OddValue[] = [];
  for (const [name, value] of values.all()) {
    if (typeof value === 'object' && 'bytes' in value && value.bytes.length > 0) odd.push({ name, reading: worst });
  }
  return odd;
}

/** A number as REG_QWORD or REG_BINARY hold it, little-endian, or in digits. */
function numberIn(value: RegistryValue): number | undefined {
  if (typeof value === 'object' && 'bytes' in value) {
    const { bytes } = value;
    return bytes.length > 0 && bytes.length <= 8 ? Number(littleEndian(bytes)) : undefined;
  }
  const text = typeof value === 'object' ? value.expandable : String(value);
  return /^\d{1,9}$/.test(text) ? Number(text) : undefined;
}

function littleEndian(bytes: Buffer): bigint {
  return BigInt(`0x${Buffer.from(bytes).reverse().toString('hex')}`);
}
