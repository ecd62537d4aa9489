import { osMatch, osRegex } from './os-regex';
import type { Rule } from './rules';

/** What a decoder made of a line. */
export interface Event {
  readonly decoder: string;
  readonly log: string;
  readonly fields: Readonly<Record<string, string>>;
}

/** One server: how it decodes a line of active responses, and the rules it has for them. */
export interface Server {
  decode(line: string): Event | undefined;
  readonly stockRules: readonly Rule[];
}

/** ossec-hids etc/decoder.xml, ar_log, since 3.6: PCRE2. */
const ossecPrematch =
  /^[A-Za-z0-9@_-]{3} [A-Za-z0-9@_-]+?[ ]+?\d+? \d{2}:\d{2}:\d{2} [A-Za-z0-9@_-]+? \d+? \/\S+\/active-response/;
const ossecFields = /\/bin\/(\S+) (\S+) - (\S+) (\d+?\.\d+?) (\d+)/;
/** The same up to 3.0: OS_Regex. */
const oldOssecPrematch = osRegex(String.raw`^\w\w\w \w+\s+\d+ \d\d:\d\d:\d\d \w+ \d+ /\S+/active-response`);
const oldOssecFields = osRegex(String.raw`/bin/(\S+) (\S+) - (\S+) (\d+.\d+) (\d+)`);

/** Decoder `ossec` of both: what the agents' programs say, the output of commands too. */
function decodeOutput(line: string): Event | undefined {
  return line.startsWith('ossec: ') ? { decoder: 'ossec', log: line, fields: {} } : undefined;
}

const decodeOssec =
  (prematch: RegExp, fields: RegExp) =>
  (line: string): Event | undefined => {
    const found = prematch.exec(line);
    if (!found) return decodeOutput(line);
    const rest = line.slice(found[0].length);
    return {
      decoder: 'ar_log',
      log: line,
      fields: named(['action', 'status', 'srcip', 'id', 'extra_data'], fields, rest),
    };
  };

/** wazuh ruleset/decoders/0010-active-response_decoders.xml. */
const wazuhPrematch = osRegex(
  String.raw`^\w\w\w \w+\s+\d+ \d\d:\d\d:\d\d \p*\w+ \d+ /\S+/active-response/bin/|^\w\w\w \d\d/\d\d/\d\d\d\d \.+"active-response/bin/|^\d\d/\d\d/\d\d\d\d \.+"active-response/bin/`,
);
const wazuhFields = osRegex(String.raw`^(\S+) (\S+) \S+ (\S+) (\.+) |^(\S+)" (\S+) "\S+" "(\S+)" "(\.+) `);
const wazuhJsonPrematch = osRegex(String.raw`^\d\d\d\d/\d\d/\d\d \d\d:\d\d:\d\d active-response/bin/\S+: `);
const wazuhSourceAddress = /"data":\{"srcip":"([^"]+)"/;

function decodeWazuh(line: string): Event | undefined {
  const legacy = wazuhPrematch.exec(line);
  if (legacy) {
    const fields = named(['script', 'type', 'srcip', 'id'], wazuhFields, line.slice(legacy[0].length));
    return { decoder: 'ar_log', log: line, fields };
  }
  const json = wazuhJsonPrematch.exec(line);
  if (!json) return /^\{\s*"/.test(line) ? { decoder: 'json', log: line, fields: flatten(line) } : decodeOutput(line);
  const srcip = wazuhSourceAddress.exec(line)?.[1];
  const fields = { ...flatten(line.slice(json[0].length)), ...(srcip === undefined ? {} : { srcip }) };
  return { decoder: 'ar_log_json', log: line, fields };
}

function named(names: readonly string[], regex: RegExp, text: string): Record<string, string> {
  const found = regex.exec(text)?.slice(1) ?? [];
  return Object.fromEntries(names.flatMap((name, index) => (found[index] === undefined ? [] : [[name, found[index]]])));
}

/** Wazuh's JSON decoder: keys of objects in objects joined by dots. No fields where it is no JSON. */
function flatten(json: string): Record<string, string> {
  const fields: Record<string, string> = {};
  const walk = (value: unknown, path: string): void => {
    if (typeof value === 'object' && value !== null && !Array.isArray(value))
      for (const [key, inner] of Object.entries(value)) walk(inner, path === '' ? key : `${path}.${key}`);
    else fields[path] = String(value);
  };
  try {
    walk(JSON.parse(json), '');
  } catch {
    return {};
  }
  return fields;
}

const group = (id: string, decoder: string): Rule => ({
  id,
  level: 0,
  parents: [],
  holds: (event) => event.decoder === decoder,
});
const child = (id: string, level: number, parent: string, holds: Rule['holds']): Rule => ({
  id,
  level,
  parents: [parent],
  holds,
});
const scripts = ['firewall-drop', 'host-deny', 'route-null'];
const verbs = ['add', 'delete'];

/** The output of commands, in both rulesets. */
const outputRules: readonly Rule[] = [
  group('500', 'ossec'),
  child('530', 0, '500', ({ log }) => osMatch('^ossec: output: ', log)),
];

/** ossec-hids etc/rules/ossec_rules.xml: `<action>` is compared as a whole. */
const ossecRules: readonly Rule[] = [
  ...outputRules,
  group('600', 'ar_log'),
  ...scripts.flatMap((script, which) =>
    verbs.map((verb, index) =>
      child(
        String(601 + which * 2 + index),
        3,
        '600',
        ({ fields }) => fields.action === `${script}.sh` && osMatch(verb, fields.status ?? ''),
      ),
    ),
  ),
];

/** wazuh ruleset/rules/0015-ossec_rules.xml. */
const wazuhRules: readonly Rule[] = [
  ...outputRules,
  group('600', 'ar_log'),
  group('650', 'ar_log_json'),
  ...scripts.flatMap((script, which) =>
    verbs.flatMap((verb, index) => [
      child(
        String(601 + which * 2 + index),
        3,
        '600',
        ({ fields }) => osRegex(script).test(fields.script ?? '') && osRegex(verb).test(fields.type ?? ''),
      ),
      child(
        String(651 + which * 2 + index),
        3,
        '650',
        ({ fields }) => osRegex(script).test(fields['parameters.program'] ?? '') && fields.command === verb,
      ),
    ]),
  ),
  child('607', 3, '600', () => true),
  child('657', 3, '650', ({ fields }) => verbs.includes(fields.command ?? '')),
  child('658', 5, '650', ({ fields }) => osMatch('inactive', fields.status ?? '')),
];

export const servers = {
  'OSSEC 3.6 and newer': { decode: decodeOssec(ossecPrematch, ossecFields), stockRules: ossecRules },
  'OSSEC up to 3.0': { decode: decodeOssec(oldOssecPrematch, oldOssecFields), stockRules: ossecRules },
  Wazuh: { decode: decodeWazuh, stockRules: wazuhRules },
} as const satisfies Record<string, Server>;
