import {
  compareToRecord,
  profileDifferences,
  readHivePolicy,
  readingsOf,
  readLocalPolicy,
  readManagedPolicies,
} from '../../../../src/firewall/windows/read/stored-policy';
import { keyPath, type RegistryKeys, type RegistryValue, RegistryValues } from '../../../../src/windows/registry-file';
import { allowListOf, blocking } from './policies';

const local = 'HKLM\\SYSTEM\\CurrentControlSet\\Services\\SharedAccess\\Parameters\\FirewallPolicy';
const gpo = 'HKLM\\SOFTWARE\\Policies\\Microsoft\\WindowsFirewall';

function registry(keys: Record<string, Record<string, string | number>>): RegistryKeys {
  return new Map(
    Object.entries(keys).map(([path, values]) => {
      const read = new RegistryValues();
      for (const [name, value] of Object.entries(values)) {
        read.set(name, value);
      }
      return [keyPath(path), read];
    }),
  );
}

const rule = (name: string): string => `v2.31|Action=Allow|Active=TRUE|Dir=In|Name=${name}|`;

test('the local store is read, its standard profile as the private one, and nothing of the keys beside it', () => {
  const policy = readLocalPolicy(
    registry({
      [`${local}\\DomainProfile`]: { EnableFirewall: 1, DefaultOutboundAction: 0 },
      [`${local}\\StandardProfile`]: { enablefirewall: 0, DisabledInterfaces: '{A}' },
      [`${local}\\StandardProfile\\Logging`]: { LogFileSize: 9, LogFilePath: 'C:\\x.log' },
      [`${local}\\PrivateProfile`]: { EnableFirewall: 7 },
      [`${local}\\FirewallRules`]: { one: rule('One'), '{2}': rule('Two'), number: 3 },
      [`${local}\\RestrictedServices\\AppIso\\FirewallRules`]: { app: rule('App') },
      [`${local}\\Mdm\\FirewallRules`]: { mdm: rule('Mdm') },
      [`${local}\\ConSecRules`]: { consec: rule('Consec') },
    }),
  );
  expect(policy.source).toBe('local');
  expect(policy.profiles).toEqual({
    domain: { EnableFirewall: 1, DefaultOutboundAction: 0 },
    private: {
      EnableFirewall: 0,
      DisabledInterfaces: '{A}',
      'Logging\\LogFileSize': 9,
      'Logging\\LogFilePath': 'C:\\x.log',
    },
    public: {},
  });
  expect(policy.rules.map(({ id, name }) => [id, name])).toEqual([
    ['one', 'One'],
    ['{2}', 'Two'],
  ]);
});

test('an empty or absent store is a policy without rules and settings', () => {
  const empty = { domain: {}, private: {}, public: {} };
  expect(readLocalPolicy(registry({}))).toEqual({ source: 'local', profiles: empty, rules: [] });
  expect(readManagedPolicies(registry({}), registry({}))).toEqual([
    { source: 'gpo', profiles: empty, rules: [] },
    { source: 'mdm', profiles: empty, rules: [] },
  ]);
});

test('a backup is read from its own root on', () => {
  const keys = new Map([...registry({ domainprofile: { EnableFirewall: 1 }, firewallrules: { a: rule('A') } })]);
  expect(readHivePolicy(keys)).toMatchObject({
    source: 'backup',
    profiles: { domain: { EnableFirewall: 1 } },
    rules: [{ id: 'a' }],
  });
});

describe('the legacy profile of group policy', () => {
  const legacy = { [`${gpo}\\StandardProfile`]: { EnableFirewall: 0 } };
  const read = (more: Record<string, Record<string, number>>) =>
    readManagedPolicies(registry({}), registry({ ...legacy, ...more }))[0]?.profiles;

  test('counts for private and public where neither newer key is there', () => {
    expect(read({ [`${gpo}\\DomainProfile`]: {} })).toEqual({
      domain: {},
      private: { EnableFirewall: 0 },
      public: { EnableFirewall: 0 },
    });
  });

  test.each(['PrivateProfile', 'PublicProfile'])('counts for nothing where %s is there, be it empty', (name) => {
    expect(read({ [`${gpo}\\${name}`]: {} })).toEqual({ domain: {}, private: {}, public: {} });
  });
});

describe('the private profile of the device management', () => {
  const read = (keys: Record<string, Record<string, number | string>>) =>
    readManagedPolicies(registry({ ...keys, [`${local}\\Mdm\\FirewallRules`]: { m: rule('M') } }), registry({})).slice(
      1,
    );

  test.each(['PrivateProfile', 'StandardProfile'])('goes by the name %s', (name) => {
    const policies = read({ [`${local}\\Mdm\\${name}`]: { EnableFirewall: 0 } });
    expect(policies.some(({ profiles }) => profiles.private.EnableFirewall === 0)).toBe(true);
    expect(policies.flatMap(({ rules }) => rules.map(({ name: own }) => own))).toEqual(['M']);
  });

  test('counts under both names where both are there', () => {
    const both = {
      [`${local}\\Mdm\\PrivateProfile`]: { EnableFirewall: 0 },
      [`${local}\\Mdm\\StandardProfile`]: { EnableFirewall: 1 },
    };
    expect(read(both).map(({ profiles }) => profiles.private.EnableFirewall)).toEqual([0, 1]);
  });
});

describe('a policy compared with the record of it', () => {
  const record = allowListOf('local', blocking, [
    'Action=Allow|Active=TRUE|Dir=In|RA4=1.2.3.4|Name=A',
    'Action=Allow|Active=FALSE|Dir=In|Name=B',
    'Action=Block|Active=TRUE|Dir=Out|Name=C',
  ]);
  const [a, b, c] = record.rules;
  if (a === undefined || b === undefined || c === undefined) throw new Error();
  const same = { missing: [], changed: [], profiles: [], extra: [] };
  const again = (id: string, text: string) => ({ ...allowListOf('local', {}, [text]).rules[0], id }) as typeof a;

  test('is the same when each rule means the same in another form', () => {
    const live = {
      ...record,
      rules: [
        c,
        again(b.id.toUpperCase(), 'Name=B|Dir=In|Action=Allow'),
        again(a.id, 'Name=A|RA4=1.2.3.4/32|Dir=In|Active=true|Action=Allow'),
      ],
    };
    expect(compareToRecord(record, live)).toEqual(same);
  });

  test('lacks rules, has changed ones and ones that came on top', () => {
    const enabled = again(b.id, 'Action=Allow|Active=TRUE|Dir=In|Name=B');
    const extra = again('{new}', 'Action=Allow|Active=TRUE|Dir=In|Name=New');
    expect(compareToRecord(record, { ...record, rules: [a, enabled, extra] })).toEqual({
      ...same,
      missing: [c],
      changed: [b],
      extra: [extra],
    });
  });

  test('differs in the profiles, by name', () => {
    const live = {
      ...record,
      profiles: { ...record.profiles, public: { ...blocking, EnableFirewall: 0, DoNotAllowExceptions: 1 } },
    };
    expect(compareToRecord(record, live).profiles).toEqual(['public EnableFirewall', 'public DoNotAllowExceptions']);
  });
});

describe('profile settings', () => {
  const differences = (before: Record<string, number | string>, after: Record<string, number | string>) =>
    profileDifferences(allowListOf('local', { public: before }), allowListOf('local', { public: after }));

  test.each([
    ['EnableFirewall', 1],
    ['DefaultInboundAction', 1],
    ['DefaultOutboundAction', 0],
    ['DoNotAllowExceptions', 0],
    ['AllowLocalPolicyMerge', 1],
    ['AllowLocalIPsecPolicyMerge', 1],
    ['DisableUnicastResponsesToMulticastBroadcast', 0],
    ['DisableStealthMode', 0],
    ['DisableStealthModeIPsecSecuredPacketExemption', 0],
    ['Logging\\LogDroppedPackets', 0],
    ['Logging\\LogSuccessfulConnections', 0],
    ['Logging\\LogIgnoredRules', 0],
    ['Logging\\LogFileSize', 4096],
  ])('absent is the default: %s %i', (name, value) => {
    expect(differences({}, { [name]: value })).toEqual([]);
    expect(differences({ [name]: value }, {})).toEqual([]);
    expect(differences({}, { [name]: value + 1 })).toEqual([`public ${name}`]);
    expect(differences({ [name]: value + 1 }, {})).toEqual([`public ${name}`]);
    expect(differences({ [name]: value + 1 }, { [name]: value })).toEqual([`public ${name}`]);
  });

  test('the log path and the interfaces compare without case', () => {
    const path = '%SystemRoot%\\System32\\LogFiles\\Firewall\\pfirewall.log';
    expect(differences({}, { 'Logging\\LogFilePath': path, DisabledInterfaces: '' })).toEqual([]);
    expect(differences({ DisabledInterfaces: '{a}' }, { DisabledInterfaces: '{A}' })).toEqual([]);
    expect(differences({ DisabledInterfaces: '{a}' }, {})).toEqual(['public DisabledInterfaces']);
  });

  test('notifications have no default that is the same everywhere, so absent is as it likes', () => {
    expect(differences({}, { DisableNotifications: 1 })).toEqual([]);
    expect(differences({ DisableNotifications: 0 }, { DisableNotifications: 1 })).toEqual([
      'public DisableNotifications',
    ]);
  });
});

describe('values of other types than Windows writes', () => {
  const typed = (values: Record<string, RegistryValue>): RegistryValues => {
    const read = new RegistryValues();
    for (const [name, value] of Object.entries(values)) read.set(name, value);
    return read;
  };
  const policyAt = (key: string, values: Record<string, RegistryValue>) => {
    const [policy] = readManagedPolicies(new Map(), new Map([[keyPath(`${gpo}\\${key}`), typed(values)]]));
    if (policy === undefined) throw new Error('no policy');
    return policy;
  };
  const quad = (value: number) => ({ type: 11, bytes: Buffer.from([value, 0, 0, 0, 0, 0, 0, 0]) });

  test.each([
    ['REG_QWORD', quad(0), 0],
    ['REG_BINARY', { type: 3, bytes: Buffer.from([0, 0, 0, 0]) }, 0],
    ['REG_BINARY, no number', { type: 3, bytes: Buffer.alloc(12) }, -1],
    ['REG_SZ', '0', 0],
    ['REG_EXPAND_SZ', { expandable: 'no' }, -1],
  ])('a switch as %s is read both as what it says and as absent', (_, value, reading) => {
    const policy = policyAt('PublicProfile', { EnableFirewall: value });
    expect(policy.odd).toEqual([expect.objectContaining({ name: 'public EnableFirewall', reading })]);
    expect(readingsOf(policy).map(({ profiles }) => profiles.public.EnableFirewall)).toEqual([undefined, reading]);
  });

  test('a path and a list of interfaces are texts in either type', () => {
    const policy = policyAt('DomainProfile', { DisabledInterfaces: { expandable: '{A}' } });
    expect(policy).toMatchObject({ profiles: { domain: { DisabledInterfaces: '{A}' } } });
    expect(policy.odd).toBeUndefined();
  });

  test('a rule as REG_EXPAND_SZ lets through what it says, and blocks nothing for sure', () => {
    const text = (action: string) => `v2.30|Action=${action}|Active=TRUE|Dir=In|Name=Odd|`;
    const policy = policyAt('FirewallRules', {
      allow: { expandable: text('Allow') },
      block: { expandable: text('Block') },
      plain: text('Block'),
      bytes: { type: 3, bytes: Buffer.from('v2.30', 'utf16le') },
    });
    expect(policy.rules.map(({ id, notUnderstood }) => [id, notUnderstood])).toEqual([
      ['allow', undefined],
      ['block', 'its type'],
      ['plain', undefined],
    ]);
    expect(policy.odd?.map(({ name }) => name)).toEqual(['bytes']);
  });

  test('the standard profile beside an empty newer one may count or not', () => {
    const keys = registry({ [`${gpo}\\StandardProfile`]: { EnableFirewall: 0 }, [`${gpo}\\PrivateProfile`]: {} });
    const [policy] = readManagedPolicies(registry({}), keys);
    if (policy === undefined) throw new Error('no policy');
    expect(readingsOf(policy).map(({ profiles }) => profiles.private.EnableFirewall)).toEqual([undefined, 0]);
  });
});
