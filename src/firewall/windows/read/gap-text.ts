import { type Gap, gapOf } from '../../../outcome/gaps';
import type { PortItem } from './rule-items';
import type { StoredRule } from './stored-rule';

/** A message lists so many names at most, each of so many characters at most, and gives the number of the others. */
const mostNames = 10;
const longestName = 100;

type Code =
  | ('open-policy-rule' | 'policy-allow-rule' | 'open-foreign-rule' | 'foreign-rule' | 'bypass-rule')
  | ('rule-missing' | 'rule-differs' | 'rule-not-understood' | 'value-not-understood' | 'ipsec-demanded');

/** One gap that lists rules by name, or none when there are no rules. */
export function gapOfRules(code: Code, rules: readonly Named[]): Gap[] {
  if (rules.length === 0) return [];
  const names = rules.slice(0, mostNames).map(nameOf).join(', ');
  const more = rules.length > mostNames ? ` and ${rules.length - mostNames} more` : '';
  return [gapOf({ code }, `${names}${more}`)];
}

type Named = { readonly name: string; readonly id?: string } | StoredRule;

/**
 * A name that starts with `@` only points to a text in a file of Windows, so it is followed by what the rule is for.
 */
function nameOf(rule: Named): string {
  const { name, id = '' } = rule;
  const quoted = quoteName(name || id);
  return name.startsWith('@') && 'raw' in rule ? `${quoted} (${describe(rule)})` : quoted;
}

/** `RemoteDesktop-In-TCP: in, TCP 3389, %SystemRoot%\system32\svchost.exe, termservice`. */
function describe(rule: StoredRule): string {
  const ports = [...rule.localPorts, ...rule.remotePorts].slice(0, mostNames).map(portText).join(' ');
  const protocol =
    rule.protocol === 'any' ? 'any protocol' : (protocolWords.get(rule.protocol) ?? `protocol ${rule.protocol}`);
  const parts = [rule.direction, `${protocol}${ports === '' ? '' : ` ${ports}`}`, rule.app, rule.service];
  const about = parts.filter((part) => part !== undefined).map(printable);
  return `${printable(rule.id)}: ${about.join(', ')}`;
}

const protocolWords = new Map([
  [1, 'ICMPv4'],
  [6, 'TCP'],
  [17, 'UDP'],
  [58, 'ICMPv6'],
]);

function portText(item: PortItem): string {
  if (typeof item === 'string') return item;
  return item.first === item.last ? String(item.first) : `${item.first}-${item.last}`;
}

/** A name from the registry as it may stand in a message: quoted, on one line, printable, and not without end. */
function quoteName(name: string): string {
  return `"${printable(name)}"`;
}

function printable(text: string): string {
  const characters = [...text.slice(0, 2 * longestName + 1)];
  const shown = characters
    .slice(0, longestName)
    .join('')
    .replace(/[\p{C}\p{Zl}\p{Zp}]/gu, '?')
    .replaceAll('"', "'");
  return `${shown}${characters.length > longestName ? '...' : ''}`;
}
