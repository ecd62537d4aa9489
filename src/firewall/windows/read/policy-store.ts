import { keyPath, type RegistryKeys, RegistryValues } from '../../../windows/registry-file';
import { meaning, parseRule, type StoredRule } from './rule';

export const profileNames = ['domain', 'private', 'public'] as const;
export type ProfileName = (typeof profileNames)[number];

/** The settings of a profile, as numbers and texts by the names of their values; absent ones are not set. */
export type ProfileSettings = Readonly<Record<string, number | string>>;

/** One source of policy: the local store, the domain's, the device management's, or a backup file. */
export interface FirewallPolicy {
  readonly source: 'local' | 'gpo' | 'mdm' | 'backup';
  readonly profiles: Readonly<Record<ProfileName, ProfileSettings>>;
  readonly rules: readonly StoredRule[];
}

const localRoot = keyPath('HKLM\\SYSTEM\\CurrentControlSet\\Services\\SharedAccess\\Parameters\\FirewallPolicy');
const domainRoot = keyPath('HKLM\\SOFTWARE\\Policies\\Microsoft\\WindowsFirewall');

/** To the local store the private profile is the "standard" one. */
const localKeys = { domain: ['domainprofile'], private: ['standardprofile'], public: ['publicprofile'] };
const managedKeys = { ...localKeys, private: ['privateprofile', 'standardprofile'] };

/** What stands in a profile's place when nothing is set ([MS-GPFAS] 2.2.3). */
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

const settingNames = [...Object.keys(builtIn), 'DisableNotifications'];

export function readLocalPolicy(keys: RegistryKeys): FirewallPolicy {
  return readPolicy('local', keys, localRoot, localKeys);
}

/** A backup has the same layout, from its own root on. */
export function readHivePolicy(keys: RegistryKeys): FirewallPolicy {
  return readPolicy('backup', keys, '', localKeys);
}

/** What the domain and the device management impose; `local` are the keys of the local store, which the latter lies in. */
export function readManagedPolicies(local: RegistryKeys, policies: RegistryKeys): FirewallPolicy[] {
  return [
    readPolicy('gpo', policies, domainRoot, gpoKeys(policies)),
    readPolicy('mdm', local, `${localRoot}\\mdm`, managedKeys),
  ];
}

/** The legacy "standard" profile counts for private and public only where neither of the newer keys is there. */
function gpoKeys(keys: RegistryKeys): Record<ProfileName, string[]> {
  const newer = keys.has(`${domainRoot}\\privateprofile`) || keys.has(`${domainRoot}\\publicprofile`);
  return newer
    ? { domain: ['domainprofile'], private: ['privateprofile'], public: ['publicprofile'] }
    : { domain: ['domainprofile'], private: ['standardprofile'], public: ['standardprofile'] };
}

function readPolicy(
  source: FirewallPolicy['source'],
  keys: RegistryKeys,
  root: string,
  profileKeys: Readonly<Record<ProfileName, readonly string[]>>,
): FirewallPolicy {
  const at = (key: string): RegistryValues => keys.get(root === '' ? key : `${root}\\${key}`) ?? new RegistryValues();
  const settingsOf = (names: readonly string[]): ProfileSettings =>
    Object.assign({}, ...names.map((name) => readSettings(at, name)));
  return {
    source,
    profiles: {
      domain: settingsOf(profileKeys.domain),
      private: settingsOf(profileKeys.private),
      public: settingsOf(profileKeys.public),
    },
    rules: [...at('firewallrules').texts()].map(([id, text]) => parseRule(id, text)),
  };
}

function readSettings(at: (key: string) => RegistryValues, profile: string): ProfileSettings {
  const found: Record<string, number | string> = {};
  for (const setting of settingNames) {
    const [key, name] = setting.startsWith('Logging\\')
      ? [`${profile}\\logging`, setting.slice(8)]
      : [profile, setting];
    const value = at(key).number(name) ?? at(key).text(name);
    if (value !== undefined) found[setting] = value;
  }
  return found;
}

/** A setting of a profile, or what Windows takes where it is not set. */
export function settingOf(profile: ProfileSettings, name: string): number | string | undefined {
  return profile[name] ?? builtIn[name];
}

/** How a policy differs from the record of it. */
export interface Comparison {
  /** Rules of the record that are not there, and rules that mean something else now. */
  readonly missing: readonly StoredRule[];
  readonly changed: readonly StoredRule[];
  /** Profile settings that differ, as `profile setting`. */
  readonly profiles: readonly string[];
  /** Rules that the record does not have. */
  readonly extra: readonly StoredRule[];
}

/** Compares by meaning: Windows writes a rule anew, in another form, when it is imported. An absent setting is its default. */
export function compareToRecord(record: FirewallPolicy, live: FirewallPolicy): Comparison {
  const liveById = new Map(live.rules.map((rule) => [rule.id, rule]));
  const recordedIds = new Set(record.rules.map(({ id }) => id));
  return {
    missing: record.rules.filter(({ id }) => !liveById.has(id)),
    changed: record.rules.filter((rule) => {
      const now = liveById.get(rule.id);
      return now !== undefined && meaning(now) !== meaning(rule);
    }),
    profiles: profileNames.flatMap((profile) =>
      settingNames
        .filter((name) => settingOf(record.profiles[profile], name) !== settingOf(live.profiles[profile], name))
        .map((name) => `${profile} ${name}`),
    ),
    extra: live.rules.filter(({ id }) => !recordedIds.has(id)),
  };
}
