import { checkedSealing } from '../../../src/firewall/windows/sealing';
import { addressSet } from '../../../src/policy/address-set';
import type { Rule } from '../../../src/policy/rule';
import { rulesOf } from '../../../src/policy/rules';
import { sealRules } from '../../../src/policy/seal';
import { address, asked } from './read/policies';

const around = { dhcpServers: [address('192.0.2.2')], resolvers: [] };
const allowed = rulesOf(asked);
const seal = sealRules(allowed, around);

test('a seal beside all that is let through is set as it is', () => {
  expect(checkedSealing(seal, allowed, around)).toMatchObject({ rules: seal, gaps: [] });
});

test.each([
  ['the server', '192.0.2.1'],
  ['a handler', '192.0.2.50'],
])('a seal with one rule that would cut %s off is not set at all, and a gap says why', (_who, text) => {
  const remote = addressSet([address(text)]);
  const harmful: Rule = { name: 'contain-host: seal test', action: 'block', direction: 'out', protocol: 'udp', remote };
  const { rules, letThrough, gaps } = checkedSealing([...seal, harmful], allowed, around);
  expect([rules, letThrough]).toEqual([[], undefined]);
  expect(gaps).toMatchObject([{ code: 'seal-incomplete', detail: expect.stringContaining(`protocol 17 out ${text}`) }]);
});
