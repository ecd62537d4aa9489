import { type RegistryKeys, RegistryValues } from '../../../windows/registry-file';
import { readAddressItem } from './address-range';
import { parseRule } from './parse-rule';
import type { StoredRule } from './stored-rule';

/**
 * The exceptions of the Administrative Templates from before Windows Vista, which Windows still honours. They let
 * traffic in, and nothing local can take them away (Microsoft, WindowsFirewall.admx).
 */
export function readOldExceptions(keys: RegistryKeys, root: string): StoredRule[] {
  return Object.keys(profilesOf).flatMap((profile) => {
    const at = (key: string): RegistryValues => keys.get(`${root}\\${profile}\\${key}`) ?? new RegistryValues();
    const make = (key: string, name: string, fields: string): StoredRule =>
      inbound(`${profile}\\${key}`, name, `${profilesOf[profile]}|${fields}`);
    return [
      ...Object.entries(roles).flatMap(([key, ports]) => readRole(at(key), ports, (fields) => make(key, key, fields))),
      ...lists.flatMap(({ key, readEntry }) => readList(at(key), at(`${key}\\list`), readEntry, make.bind(null, key))),
      ...readIcmp(at('icmpsettings'), (fields) => make('icmpsettings', 'icmpsettings', fields)),
    ];
  });
}

/** It is not documented whether the standard profile still counts beside newer ones, so here it does. */
const profilesOf: Readonly<Record<string, string>> = {
  domainprofile: 'Profile=Domain',
  standardprofile: 'Profile=Private|Profile=Public',
  privateprofile: 'Profile=Private',
  publicprofile: 'Profile=Public',
};

/** What each role opens, as fields of rules; the words stand for the ports that RPC hands out. */
const roles: Readonly<Record<string, readonly string[]>> = {
  'services\\remotedesktop': ['Protocol=6|LPort=3389', 'Protocol=17|LPort=3389'],
  'services\\fileandprint': ['Protocol=6|LPort=139|LPort=445', 'Protocol=17|LPort=137|LPort=138'],
  'services\\upnpframework': ['Protocol=6|LPort=2869', 'Protocol=17|LPort=1900'],
  remoteadminsettings: ['Protocol=6|LPort=135|LPort=445|LPort=RPC|LPort=RPC-EPMap'],
};

type Make = (fields: string) => StoredRule;

function readRole(role: RegistryValues, ports: readonly string[], make: Make): StoredRule[] {
  if (!isOn(role, 'Enabled')) return [];
  const scope = scopeFields(role.text('RemoteAddresses'));
  return ports.map((fields) => make(fields + scope));
}

interface Entry {
  readonly fields: string;
  readonly scope: string;
  readonly isOn: boolean;
}

/** The two lists, of ports and of programs, and how an entry of each reads. */
const lists: readonly { readonly key: string; readonly readEntry: (text: string) => Entry | undefined }[] = [
  { key: 'globallyopenports', readEntry: readPortEntry },
  { key: 'authorizedapplications', readEntry: readProgramEntry },
];

/** `3389:TCP:scope:enabled:name`. */
function readPortEntry(text: string): Entry | undefined {
  const [, port, protocol, scope = '', state] =
    /^(\d{1,5}):(tcp|udp):(.*?):(enabled|disabled)(?::|$)/i.exec(text) ?? [];
  if (port === undefined || protocol === undefined) return undefined;
  const fields = `Protocol=${protocol.toLowerCase() === 'tcp' ? 6 : 17}|LPort=${port}`;
  return { fields, scope, isOn: state?.toLowerCase() === 'enabled' };
}

/** `path:scope:enabled:name`; the path may have a drive, and so a colon. */
function readProgramEntry(text: string): Entry | undefined {
  const [, path, scope = '', state] = /^(.+?):([^:\\]*):(enabled|disabled)(?::|$)/i.exec(text) ?? [];
  if (path === undefined) return undefined;
  return { fields: `App=${path}`, scope, isOn: state?.toLowerCase() === 'enabled' };
}

/** A list that is not switched off counts. An entry that is not understood may let in anything. */
function readList(
  switches: RegistryValues,
  list: RegistryValues,
  readEntry: (text: string) => Entry | undefined,
  make: (name: string, fields: string) => StoredRule,
): StoredRule[] {
  if (switches.number('Enabled') === 0) return [];
  return [...list.texts()].flatMap(([, text]) => {
    const entry = readEntry(text);
    if (entry === undefined) return [make(text, notUnderstood)];
    return entry.isOn ? [make(text, entry.fields + scopeFields(entry.scope))] : [];
  });
}

/** A field that no rule may have twice, so `parseRule` complains. */
const notUnderstood = 'App=|App=';

/**
 * The types of ICMP for IPv4 and IPv6 that a setting lets through; inbound but for those that have "Outbound" in their
 * names.
 */
const icmpTypes: Readonly<Record<string, readonly [number, number | undefined]>> = {
  AllowInboundEchoRequest: [8, 128],
  AllowInboundTimestampRequest: [13, undefined],
  AllowInboundMaskRequest: [17, undefined],
  AllowInboundRouterRequest: [10, undefined],
  AllowRedirect: [5, undefined],
};

function readIcmp(settings: RegistryValues, make: Make): StoredRule[] {
  return Object.entries(icmpTypes).flatMap(([name, [type4, type6]]) => {
    if (!isOn(settings, name)) return [];
    const echo6 = type6 === undefined ? [] : [make(`Protocol=58|ICMP6=${type6}:*`)];
    return [make(`Protocol=1|ICMP4=${type4}:*`), ...echo6];
  });
}

/** True where a setting is on. A value of an unexpected type may switch it on, so it counts as on. */
function isOn(values: RegistryValues, name: string): boolean {
  const value = values.value(name);
  return value !== undefined && value !== 0;
}

/** `*`, `localsubnet`, addresses and networks, with commas. A scope that holds anything else may mean everybody. */
function scopeFields(scope: string | undefined): string {
  const items = (scope ?? '*').split(',').map((item) => item.trim());
  const fields = items.map((item) => {
    if (item.toLowerCase() === 'localsubnet') return '|RA4=LocalSubnet|RA6=LocalSubnet';
    const family = ([4, 6] as const).find((one) => {
      const read = readAddressItem(item, one);
      return read !== undefined && 'first' in read;
    });
    return family === undefined ? undefined : `|RA${family}=${item}`;
  });
  return fields.includes(undefined) ? '' : fields.join('');
}

/** The exception as a rule; its name tells where it comes from. */
function inbound(id: string, name: string, fields: string): StoredRule {
  const told = `${name.replaceAll('|', '/')} (Administrative Templates)`;
  return parseRule(id, `v2.0|Action=Allow|Active=TRUE|Dir=In|${fields}|Name=${told}|`);
}
