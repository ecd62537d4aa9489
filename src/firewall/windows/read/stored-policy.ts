import { keyPath, type RegistryKeys, RegistryValues, textOf } from '../../../windows/registry-file';
import { type IpsecDemand, readIpsecDemands } from './ipsec-demands';
import { type OddValue, oddRules, oddSettings } from './odd-values';
import { readOldExceptions } from './old-exceptions';
import { meaning } from './rule-meaning';
import { ruleOnDemand } from './rule-on-demand';
import { type ProfileName, profileNames, type StoredRule } from './stored-rule';

export { type ProfileName, profileNames } from './stored-rule';

/** The settings of a profile, as numbers and texts by the names of their values; absent ones are not set. */
export type ProfileSettings = Readonly<Record<string, number | string>>;

/** One source of policy: the local store, the domain's, the device management's, or a backup file. */
export interface StoredPolicy {
  readonly source: 'local' | 'gpo' | 'mdm' | 'backup';
  readonly profiles: Readonly<Record<ProfileName, ProfileSettings>>;
  readonly rules: readonly StoredRule[];
  /** Values of other types than Windows writes. Absent: none. */
  readonly odd?: readonly OddValue[];
  /** Connection security rules that demand IPsec of everybody. Absent: none. */
  readonly demands?: readonly IpsecDemand[];
  /** Settings of which the specification does not say whether they count beside the others. Absent: none. */
  readonly perhaps?: StoredPolicy['profiles'];
}

const localRoot = keyPath('HKLM\\SYSTEM\\CurrentControlSet\\Services\\SharedAccess\\Parameters\\FirewallPolicy');
const mdmRoot = `${localRoot}\\mdm`;
const domainRoot = keyPath('HKLM\\SOFTWARE\\Policies\\Microsoft\\WindowsFirewall');

type ProfileKeys = Readonly<Record<ProfileName, string>>;

/** To the local store the private profile is the "standard" one. */
const localKeys: ProfileKeys = { domain: 'domainprofile', private: 'standardprofile', public: 'publicprofile' };
const managedKeys: ProfileKeys = { ...localKeys, private: 'privateprofile' };
const legacyKeys: ProfileKeys = { ...localKeys, public: 'standardprofile' };

/** The value of a setting where nothing is set ([MS-GPFAS] 2.2.3). */
const builtIn: ProfileSettings = {
  EnableFirewall: 1,
  DefaultInboundAction: 1,
  DefaultOutboundAction: 0,
  DoNotAllowExceptions: 0,
  AllowLocalPolicyMerge: 1,
  AllowLocalIPsecPolicyMerge: 1,
  DisableUnicastResponsesToMulticastBroadcast: 0,
  DisableStealthMode: 0,
  DisableStealthModeIPsecSecuredPacketExemption: 0,
  DisabledInterfaces: '',
  'Logging\\LogDroppedPackets': 0,
  'Logging\\LogSuccessfulConnections': 0,
  'Logging\\LogIgnoredRules': 0,
  'Logging\\LogFileSize': 4096,
  'Logging\\LogFilePath': '%systemroot%\\system32\\LogFiles\\Firewall\\pfirewall.log',
};

/** Whether an absent `DisableNotifications` is 0 or 1 depends on the edition of Windows. */
const settingNames = [...Object.keys(builtIn), 'DisableNotifications'];

export function readLocalPolicy(keys: RegistryKeys): StoredPolicy {
  return readPolicy('local', keys, localRoot, localKeys);
}

/** A backup has the same layout, from its own root on. */
export function readHivePolicy(keys: RegistryKeys): StoredPolicy {
  return readPolicy('backup', keys, '', localKeys);
}

/**
 * What the domain and the device management impose; `local` are the keys of the local store, which contains the device
 * management's policy. Its private profile may have either name; where both are there, they count as two policies, the
 * second without rules.
 */
export function readManagedPolicies(local: RegistryKeys, policies: RegistryKeys): StoredPolicy[] {
  const managed = [readDomainPolicy(policies), readPolicy('mdm', local, mdmRoot, managedKeys)];
  if (!local.has(`${mdmRoot}\\${localKeys.private}`)) return managed;
  const { demands: _, ...second } = readPolicy('mdm', local, mdmRoot, localKeys);
  return [...managed, { ...second, rules: [] }];
}

/**
 * The legacy "standard" profile counts, for private and public, only where neither of the newer keys is there. It is
 * not documented when a newer key counts as there: one that holds nothing but a subkey may not.
 */
function readDomainPolicy(keys: RegistryKeys): StoredPolicy {
  const isNewer = [managedKeys.private, managedKeys.public].some((key) => keys.has(`${domainRoot}\\${key}`));
  const policy = readPolicy('gpo', keys, domainRoot, isNewer ? managedKeys : legacyKeys);
  const rules = [...policy.rules, ...readOldExceptions(keys, domainRoot)];
  if (!isNewer || !keys.has(`${domainRoot}\\${legacyKeys.public}`)) return { ...policy, rules };
  const { private: privately, public: publicly } = readPolicy('gpo', keys, domainRoot, legacyKeys).profiles;
  return { ...policy, rules, perhaps: { domain: {}, private: privately, public: publicly } };
}

function readPolicy(
  source: StoredPolicy['source'],
  keys: RegistryKeys,
  root: string,
  profileKeys: ProfileKeys,
): StoredPolicy {
  const at = (key: string): RegistryValues => keys.get(root === '' ? key : `${root}\\${key}`) ?? new RegistryValues();
  const settings = (profile: ProfileName): ProfileSettings =>
    readSettings(at(profileKeys[profile]), at(`${profileKeys[profile]}\\logging`));
  const odd = [
    ...profileNames.flatMap((profile) => oddSettings(profile, at(profileKeys[profile]))),
    ...oddRules(at('firewallrules')),
  ];
  const demands = readIpsecDemands(at('consecrules'));
  return {
    source,
    profiles: { domain: settings('domain'), private: settings('private'), public: settings('public') },
    rules: readRules(at('firewallrules')),
    ...(odd.length === 0 ? {} : { odd }),
    ...(demands.length === 0 ? {} : { demands }),
  };
}

/**
 * A rule is a REG_SZ ([MS-GPFAS] 2.2.2.19). A rule in a text of another type may let something through, but nobody may
 * rely on it to block.
 */
function readRules(values: RegistryValues): StoredRule[] {
  const rules: StoredRule[] = [];
  for (const [id, value] of values.all()) {
    const text = textOf(value);
    if (text !== undefined) rules.push(ruleOnDemand(id, text, typeof value === 'string' ? undefined : 'its type'));
  }
  return rules;
}

/** All readings of a policy: one for each choice of which doubtful values in it count. */
export function readingsOf(policy: StoredPolicy): StoredPolicy[] {
  const { odd = [], perhaps } = policy;
  const settings = odd.filter(({ setting }) => setting !== undefined);
  const oddProfiles = Object.fromEntries(
    profileNames.map((name) => [
      name,
      Object.fromEntries(
        settings.filter(({ profile }) => profile === name).map(({ setting, reading }) => [setting, reading]),
      ),
    ]),
  ) as StoredPolicy['profiles'];
  const typed = settings.length === 0 ? [policy] : [policy, withSettings(policy, oddProfiles)];
  return perhaps === undefined ? typed : typed.flatMap((reading) => [reading, withSettings(reading, perhaps)]);
}

/** Adds settings to a policy; those that are surely set in it stay. */
function withSettings(policy: StoredPolicy, more: StoredPolicy['profiles']): StoredPolicy {
  const profile = (name: ProfileName): ProfileSettings => ({ ...more[name], ...policy.profiles[name] });
  return {
    ...policy,
    profiles: { domain: profile('domain'), private: profile('private'), public: profile('public') },
  };
}

function readSettings(profile: RegistryValues, logging: RegistryValues): ProfileSettings {
  const found: Record<string, number | string> = {};
  for (const setting of settingNames) {
    const [values, name] = setting.startsWith('Logging\\') ? [logging, setting.slice(8)] : [profile, setting];
    const isNumber = typeof builtIn[setting] !== 'string';
    const value = isNumber ? values.number(name) : values.text(name);
    if (value !== undefined) found[setting] = value;
  }
  return found;
}

/** A setting of a profile, or what Windows takes where it is not set. */
export function settingOf(profile: ProfileSettings, name: string): number | string | undefined {
  return profile[name] ?? builtIn[name];
}

/** What a comparison needs of a rule; to keep the rest of some ten thousand rules costs much memory. */
export type RecordedRule = Pick<StoredRule, 'id' | 'raw' | 'name'>;

/** A policy as it was. */
export interface PolicyRecord {
  readonly profiles: StoredPolicy['profiles'];
  readonly rules: readonly RecordedRule[];
}

/** How a policy differs from the record of it. */
export interface Comparison {
  /** Rules of the record that are not there. */
  readonly missing: readonly RecordedRule[];
  /** Rules of the record that mean something else now. */
  readonly changed: readonly RecordedRule[];
  /** Profile settings that differ, as `profile setting`. */
  readonly profiles: readonly string[];
  /** Rules that the record does not have. */
  readonly extra: readonly StoredRule[];
}

/** Compares by meaning: Windows writes a rule anew, in another form, when it is imported. */
export function compareToRecord(record: PolicyRecord, live: StoredPolicy): Comparison {
  const liveById = new Map(live.rules.map((rule) => [rule.id.toLowerCase(), rule]));
  const recordedIds = new Set(record.rules.map(({ id }) => id.toLowerCase()));
  const missing: RecordedRule[] = [];
  const changed: RecordedRule[] = [];
  for (const rule of record.rules) {
    const now = liveById.get(rule.id.toLowerCase());
    if (now === undefined) missing.push(rule);
    else if (now.raw !== rule.raw && meaning(now) !== meaning(rule)) changed.push(rule);
  }
  const extra = live.rules.filter(({ id }) => !recordedIds.has(id.toLowerCase()));
  return { missing, changed, profiles: profileDifferences(record, live), extra };
}

/**
 * The settings that differ, as `profile setting`. An absent setting has its default value; one that has no default
 * matches anything.
 */
export function profileDifferences(record: PolicyRecord, live: StoredPolicy): string[] {
  return profileNames.flatMap((profile) =>
    settingNames
      .filter((name) => {
        const before = settingOf(record.profiles[profile], name);
        const now = settingOf(live.profiles[profile], name);
        return before !== undefined && now !== undefined && canonicalSetting(before) !== canonicalSetting(now);
      })
      .map((name) => `${profile} ${name}`),
  );
}

/** Paths and interfaces compare without case. */
function canonicalSetting(value: number | string): number | string {
  return typeof value === 'string' ? value.toLowerCase() : value;
}
