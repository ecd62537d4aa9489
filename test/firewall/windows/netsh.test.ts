import { addRule, deleteRules, disableRules, fitsScript } from '../../../src/firewall/windows/netsh';
import { rulesOf } from '../../../src/policy/rules';
import { sealRules } from '../../../src/policy/seal';
import { address, asked } from './read/policies';

test.each([
  ['an ordinary name', 'Remote help (TCP)', true],
  ['2,000 characters', 'x'.repeat(2_000), false],
  ['a package', '@{Microsoft.Windows.Search_10.0_neutral__cw5n1h2txyewy?ms-resource://x}', false],
  ['letters that a code page may not have', 'Größe', false],
  ['a backslash', 'C:\\a.exe', false],
])('whether a script can switch off a rule with %s', (_, name, fits) => {
  expect(fitsScript(disableRules(name))).toBe(fits);
  expect(fitsScript(deleteRules(name, 'in'))).toBe(fits);
});

test('all rules of a seal with 100 handlers can stand in a script', () => {
  const handlers = Array.from({ length: 100 }, (_, n) => address(`2001:db8:${n}:ffff:ffff:ffff:ffff:${n}`));
  const lines = sealRules(rulesOf({ ...asked, handlers }), { dhcpServers: [], resolvers: [] }).map(addRule);
  expect(lines.filter((line) => !fitsScript(line))).toEqual([]);
});
