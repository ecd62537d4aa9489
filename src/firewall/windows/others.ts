import { type AddressRange, addressSet, overlaps } from '../../policy/address-set';
import type { PortRange } from '../../policy/ports';
import { protocolNumber, type Rule } from '../../policy/rule';
import { isOurName } from '../../policy/rules';
import { overlap } from '../../policy/runs';
import { enableRules, fitsScript, type NetshCommand } from './netsh';
import type { AddressItem } from './read/address-range';
import type { StoredRule } from './read/rule';
import type { PortItem } from './read/rule-items';

/** Block rules beyond this number stay off: netsh needs time for each, and the seal blocks the same and more. */
const mostEnabled = 200;

/** True where somebody else's rule blocks, and surely blocks nothing that the allow rules let through: it may stay. */
export function isHarmlessBlock(rule: StoredRule, allowed: readonly Rule[]): boolean {
  if (rule.action !== 'block' || rule.notUnderstood !== undefined || isOurName(rule.name)) return false;
  return !allowed.some((one) => mayMeet(rule, one));
}

/**
 * True where a stored rule may apply to something that `allowed` lets through. Whatever is not known counts as a match:
 * a program, a word for ports or addresses, a field that nobody knows.
 */
export function mayMeet(rule: StoredRule, allowed: Rule): boolean {
  const { localPorts, remotePorts, remote } = allowed;
  return (
    rule.direction === allowed.direction &&
    (rule.protocol === 'any' || rule.protocol === protocolNumber(allowed.protocol)) &&
    portsMeet(rule.localPorts, localPorts === 'any' ? undefined : localPorts) &&
    portsMeet(rule.remotePorts, remotePorts) &&
    (allowed.icmpType === undefined ||
      rule.icmpTypes.length === 0 ||
      rule.icmpTypes.some(({ type }) => type === allowed.icmpType)) &&
    addressesMeet(rule.remoteAddresses, remote)
  );
}

function portsMeet(items: readonly PortItem[], ports: readonly PortRange[] | undefined): boolean {
  if (items.length === 0 || ports === undefined) return true;
  return items.some((item) => typeof item === 'string' || overlap([item], ports));
}

function addressesMeet(items: readonly AddressItem[], remote: Rule['remote']): boolean {
  if (items.length === 0 || remote === undefined || remote === 'dns') return true;
  if (items.some((item) => 'keyword' in item)) return true;
  return overlaps(addressSet(items.filter((item): item is AddressRange => 'first' in item)), remote);
}

/**
 * Enables again, by name and direction, the block rules of others that were active and are harmless. All rules of such
 * a name have to be of that kind, or something else would be switched on with them.
 */
export function enableOthersAgain(stored: readonly StoredRule[], allowed: readonly Rule[]): NetshCommand[] {
  const mayBlock = stored.filter(({ active, raw }) => active && /\|action=block\|/i.test(raw));
  const names = new Set(mayBlock.map(({ name }) => name.toLowerCase()));
  const verdicts = new Map<string, { readonly command: NetshCommand; isGood: boolean }>();
  for (const rule of stored) {
    if (!names.has(rule.name.toLowerCase())) continue;
    const command = enableRules(rule.name, rule.direction);
    const key = command.join('\0').toLowerCase();
    const isGood = rule.active && fitsScript(command) && isNamed(rule) && isHarmlessBlock(rule, allowed);
    verdicts.set(key, { command, isGood: isGood && verdicts.get(key)?.isGood !== false });
  }
  return [...verdicts.values()].flatMap(({ command, isGood }) => (isGood ? [command] : [])).slice(0, mostEnabled);
}

/**
 * To netsh the name "all" means every rule, and a name that starts with `@` stands for a text, which netsh compares
 * instead.
 */
function isNamed({ name }: StoredRule): boolean {
  return name !== '' && name.toLowerCase() !== 'all' && !name.startsWith('@');
}
