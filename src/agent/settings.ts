import { join } from 'node:path';
import type { Host } from '../host';
import { type Fields, isFields } from '../json';
import { type Address, cidr, isRefusal, parseHost, parseNetwork, quote, type Refusal } from '../policy/address';
import { type AllowEntry, entryText, parseEntry } from '../policy/allow-entry';
import type { SealWhen } from '../policy/seal';
import { errorCode, errorText } from '../process/error-code';
import { findRepeatedKeys } from '../request/json-keys';
import { readAgentFile } from './agent-files';
import { sharedFolder } from './home';
import { type Message, readMessage } from './message';
import { readOwnNetworks } from './own-addresses';

/** What an administrator set in contain-host.json. Every key may be absent. */
export interface Settings {
  /** Let in besides the one who asks: at most `mostHandlers` addresses or networks, none wider than /24 or /64. */
  readonly handlers: readonly Address[];
  /** At most `mostEntries` entries, each let through as far as it says. */
  readonly allow: readonly AllowEntry[];
  /** Whether the address in an alert is let in. Whoever caused the alert wrote that address. */
  readonly alertAddress: 'allow' | 'ignore';
  /**
   * What to do where it shows beforehand that the agent would lose its server. `release`: refuse then; and where the
   * proof by traffic shows afterwards that the server is lost, set the host free again.
   */
  readonly whenServerLost: 'refuse' | 'contain' | 'release';
  /** Whether block rules close what a policy leaves open; Windows only. */
  readonly seal: SealWhen;
  /**
   * A TCP destination, `{"address": "192.0.2.80", "port": 443}`, that must be out of reach once the host is contained.
   */
  readonly probe?: Probe;
  /** Whether evidence is collected beside an ADD. Absent: beside an operator's, and not beside an alert's. */
  readonly evidence?: 'snapshot' | 'none';
  /** What whoever is logged on is told; empty: nothing. */
  readonly message: Message;
  /** For people to read: what was left out, and why. */
  readonly warnings: readonly string[];
  /** The file the settings came from, if there is one. */
  readonly file?: string;
}

export interface Probe {
  readonly address: Address;
  readonly port: number;
}

/** Each handler takes four rules, and the time until a host is contained grows with them. */
export const mostHandlers = 100;
export const mostEntries = 100;

const longestFile = 64 * 1024;

/** Every key of the file. docs/settings.md has a section for each. */
const known: Readonly<Record<keyof Omit<Settings, 'warnings' | 'file'>, true>> = {
  ...{ handlers: true, allow: true, alertAddress: true, whenServerLost: true, seal: true, probe: true },
  evidence: true,
  message: true,
};
export const settingKeys: readonly string[] = Object.keys(known);

/**
 * Reads one settings file, the first that exists: the one that the server pushes with the agent's shared files, else
 * the one beside this program. Judges each key and each entry alone, leaves bad ones out and names them in a warning.
 * Never throws: a settings file must not stop a containment.
 */
export function readSettings(platform: Host['platform'], home: string): Settings {
  for (const folder of [sharedFolder[platform], 'active-response/bin']) {
    const path = `${folder}/contain-host.json`;
    const file = join(home, path);
    try {
      return { ...parse(readAgentFile(home, path, longestFile).toString('utf8'), file), file };
    } catch (error) {
      if (errorCode(error) !== 'ENOENT')
        return { ...judge({}), file, warnings: [`${file} cannot be read: ${errorText(error)}`] };
    }
  }
  return judge({});
}

function parse(source: string, file: string): Settings {
  const text = source.replace(/^\ufeff/, '');
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return { ...judge({}), warnings: [`${file} is not JSON and was not used`] };
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    return { ...judge({}), warnings: [`${file} is not a JSON object and was not used`] };
  }
  // Where a key stands twice within a setting, the whole setting is left out.
  const repeated = new Set([...findRepeatedKeys(text)].map((path) => path.replace(/^(probe|allow|message)\..*/, '$1')));
  const isGood = (key: string): boolean => settingKeys.includes(key) && !repeated.has(key);
  const settings = judge(Object.fromEntries(Object.entries(value).filter(([key]) => isGood(key))));
  const ignored = Object.keys(value).filter((key) => !isGood(key));
  const why = (key: string): string => (settingKeys.includes(key) ? 'stands there twice' : 'is unknown');
  return {
    ...settings,
    warnings: [...settings.warnings, ...ignored.map((key) => `the setting ${quote(key)} ${why(key)} and was left out`)],
  };
}

function judge(given: Fields): Settings {
  const warnings: string[] = [];
  const oneOf = <T extends string, O extends T | undefined>(key: string, values: readonly T[], otherwise: O): T | O => {
    const found = values.find((value) => value === given[key]);
    if (found === undefined && given[key] !== undefined)
      warnings.push(`the setting ${key} is neither ${values.join(' nor ')}`);
    return found ?? otherwise;
  };
  const handlers = readHandlers(given.handlers, warnings);
  const allow = readEntries(given.allow, warnings);
  const alertAddress = oneOf('alertAddress', ['allow', 'ignore'], 'ignore');
  const whenServerLost = oneOf('whenServerLost', ['refuse', 'contain', 'release'], 'refuse');
  const probe = readProbe(given.probe, warnings);
  const seal = oneOf('seal', ['where-needed', 'always', 'never'], 'where-needed');
  const evidence = oneOf('evidence', ['snapshot', 'none'], undefined);
  const message = readMessage(given.message, warnings);
  return {
    ...{ handlers, allow, alertAddress, whenServerLost, seal, message, warnings },
    ...(probe === undefined ? {} : { probe }),
    ...(evidence === undefined ? {} : { evidence }),
  };
}

/** The entries of a list, at most `most`. */
function readList(key: string, value: unknown, most: number, warnings: string[]): readonly unknown[] {
  if (value === undefined) return [];
  if (!Array.isArray(value)) {
    warnings.push(`the setting ${key} is not a list`);
    return [];
  }
  if (value.length > most) {
    const why = `only the first ${most} count, and from number ${most + 1} on all are left out`;
    warnings.push(`the setting ${key} has ${value.length} entries: ${why}`);
  }
  return value.slice(0, most);
}

function readEntries(value: unknown, warnings: string[]): AllowEntry[] {
  const list = readList('allow', value, mostEntries, warnings);
  const own = ownAddressesFor(list);
  const entries = list.flatMap((given, index) => {
    const entry = parseEntry(given);
    const isOwn = !('refused' in entry) && own.has(cidr(entry.address));
    if (!('refused' in entry) && !isOwn) return [entry];
    const why = 'refused' in entry ? entry.refused : `${entry.address.text} is this host's own`;
    warnings.push(`number ${index + 1} of the setting allow is left out: ${why}`);
    return [];
  });
  return [...new Map(entries.map((entry) => [entryText(entry), entry])).values()];
}

function readHandlers(value: unknown, warnings: string[]): Address[] {
  const list = readList('handlers', value, mostHandlers, warnings);
  const own = ownAddressesFor(list);
  const handlers = list.flatMap((entry, index) => {
    const address = readHandler(entry, index, own);
    if (!isRefusal(address)) return [address];
    warnings.push(`a handler in the settings is left out: ${address.refused}`);
    return [];
  });
  return [...new Map(handlers.map((handler) => [cidr(handler), handler])).values()];
}

function ownAddressesFor(list: readonly unknown[]): ReadonlySet<string> {
  return list.length === 0 ? new Set() : readOwnNetworks().addresses;
}

function readHandler(entry: unknown, index: number, own: ReadonlySet<string>): Address | Refusal {
  if (typeof entry !== 'string') return { refused: `number ${index + 1} is not a text` };
  const address = parseNetwork(entry, 24, 64);
  return !isRefusal(address) && own.has(cidr(address)) ? { refused: `${address.text} is this host's own` } : address;
}

function readProbe(value: unknown, warnings: string[]): Probe | undefined {
  if (value === undefined) return undefined;
  const { address, port } = isFields(value) ? value : ({} as Fields);
  const parsed = typeof address === 'string' ? parseHost(address) : { refused: 'it has no address' };
  if (!isRefusal(parsed) && typeof port === 'number' && Number.isInteger(port) && port > 0 && port < 65536) {
    return { address: parsed, port };
  }
  warnings.push('the setting probe is not an address and a port');
  return undefined;
}
