import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { AddressItem } from '../../../../src/firewall/windows/read/address-range';
import { parseRule } from '../../../../src/firewall/windows/read/parse-rule';
import type { PortItem } from '../../../../src/firewall/windows/read/rule-items';

const table = readFileSync(join(__dirname, '../../../../fixtures/firewall-rules.tsv'), 'utf8');
const rows = table
  .split('\n')
  .slice(1)
  .filter((row) => row !== '')
  .map((row) => row.split('\t') as [string, string]);

const list = (items: readonly string[]): string => `[${[...items].sort().join(',')}]`;
const port = (item: PortItem): string => (typeof item === 'string' ? item : `${item.first}-${item.last}`);
const address = (item: AddressItem): string =>
  `${item.family}:${'keyword' in item ? item.keyword : `${item.first}-${item.last}`}`;

/**
 * A rule as the table writes it. A field that no specification knows is a condition there; so is what is wrong, by its
 * name.
 */
function reading(raw: string): string {
  const rule = parseRule('id', raw);
  const words = [
    `${rule.active ? 'active' : 'inactive'} ${rule.action} ${rule.direction} proto=${rule.protocol}`,
    `prof=${rule.profiles.join('/')}`,
    `lp=${list(rule.localPorts.map(port))} rp=${list(rule.remotePorts.map(port))}`,
    `icmp=${list(rule.icmpTypes.map(({ type, code }) => `${type}:${code === 'any' ? '*' : code}`))}`,
    `la=${list(rule.localAddresses.map(address))} ra=${list(rule.remoteAddresses.map(address))}`,
    `app=${rule.app ?? '-'} svc=${rule.service ?? '-'}`,
    `cond=${list([...rule.restrictions, ...rule.unknownFields])}`,
  ];
  return words.join(' ') + (rule.notUnderstood === undefined ? '' : ' malformed');
}

test('the table is there', () => {
  expect(rows.length).toBeGreaterThan(700);
});

test.each(rows)('%s', (raw, right) => {
  expect(reading(raw)).toBe(right.replace(/ malformed=.*/, ' malformed'));
});
