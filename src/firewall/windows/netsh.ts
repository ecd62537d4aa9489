import { type AddressRange, endsText, networkText, rangeText } from '../../policy/address-set';
import { portsText } from '../../policy/ports';
import type { Rule } from '../../policy/rule';

/**
 * Arguments of one netsh call, without the program. Each `tag=value` is one argument; the words are never abbreviated
 * and no tag stands twice (Microsoft, "netsh advfirewall" command reference).
 */
export type NetshCommand = readonly string[];

export const importPolicy = (file: string): NetshCommand => ['advfirewall', 'import', file];
export const runScript = (file: string): NetshCommand => ['-f', file];
export const switchOn: NetshCommand = ['advfirewall', 'set', 'allprofiles', 'state', 'on'];

/** Shows what the local store holds for one profile, or for each profile that is in force. */
export const showProfile = (profile: 'current' | 'domain' | 'private' | 'public'): NetshCommand => [
  ...['advfirewall', 'show', `${profile}profile`],
];

/** One argument with a comma: two arguments would be an error. */
export const blockByDefault: NetshCommand = [
  ...['advfirewall', 'set', 'allprofiles', 'firewallpolicy'],
  'blockinbound,blockoutbound',
];

export const disableEveryRule: NetshCommand = ['advfirewall', 'firewall', 'set', 'rule', 'all', 'new', 'enable=no'];

/** Disables every rule of that name; netsh compares names whole and without case. */
export const disableRules = (name: string): NetshCommand => [
  ...['advfirewall', 'firewall', 'set', 'rule'],
  ...[`name=${name}`, 'new', 'enable=no'],
];

/** Enables every rule of that name and direction. */
export const enableRules = (name: string, direction: 'in' | 'out'): NetshCommand => [
  ...['advfirewall', 'firewall', 'set', 'rule'],
  ...[`name=${name}`, `dir=${direction}`, 'new', 'enable=yes'],
];

/** Deletes every rule of that name, direction and, where given, remote address. */
export const deleteRules = (name: string, direction: 'in' | 'out', remote?: string): NetshCommand => [
  ...['advfirewall', 'firewall', 'delete', 'rule', `name=${name}`, `dir=${direction}`],
  ...(remote === undefined ? [] : [`remoteip=${remote}`]),
];

/** The parameters stand in the order of the batch script. */
export function addRule(rule: Rule): NetshCommand {
  return ['advfirewall', 'firewall', 'add', 'rule', `name=${rule.name}`, `dir=${rule.direction}`, ...parameters(rule)];
}

function parameters(rule: Rule): string[] {
  const { localPorts, remotePorts, remote, icmpType } = rule;
  return [
    tag('localport', localPorts === 'any' ? localPorts : localPorts && portsText(localPorts)),
    tag('remoteport', remotePorts && portsText(remotePorts)),
    tag('remoteip', remote === 'dns' ? remote : remote?.map(remoteText).join(',')),
    tag('protocol', icmpType === undefined ? rule.protocol : `${rule.protocol}:${icmpType},any`),
    tag('service', rule.service),
    tag('action', rule.action),
  ].filter((parameter) => parameter !== undefined);
}

/** The shortest prefix that netsh was seen to take. A wider network is written as a range, which netsh does take. */
const widestNetwork = 8;

function remoteText(range: AddressRange): string {
  const prefix = Number(networkText(range)?.split('/')[1] ?? 0);
  return prefix < widestNetwork ? endsText(range) : rangeText(range);
}

function tag(name: string, value: string | number | undefined): string | undefined {
  return value === undefined ? undefined : `${name}=${value}`;
}

/** The longest line of a script that netsh was seen to read whole. */
const longestLine = 1_000;

/**
 * True when a command can stand in a script: netsh reads one in the ANSI code page, so only ASCII means the same
 * everywhere, and a backslash before the closing quote would swallow that quote. Windows looks up names of packages,
 * `@{...}`, and it is not known what it does with them in a script.
 */
export function fitsScript(command: NetshCommand): boolean {
  const isPlain = (argument: string): boolean => /^[\x20-\x7e]*$/.test(argument) && !/["\\]|=@\{/.test(argument);
  return command.join(' ').length <= longestLine && command.every(isPlain);
}

/** The lines of a script for `netsh -f`. Every line runs, whatever the lines before it did. */
export function scriptText(commands: readonly NetshCommand[]): string {
  return commands.map((command) => `${command.map(quote).join(' ')}\r\n`).join('');
}

function quote(argument: string): string {
  if (!argument.includes(' ')) return argument;
  const [name, ...value] = argument.split('=');
  return `${name}="${value.join('=')}"`;
}
