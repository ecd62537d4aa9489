import { type StoredRule, storedForm } from '../../../src/firewall/windows/read/rule';
import { allowedFlows, blockedFlows } from '../../../src/firewall/windows/seal-check';
import { addressSet } from '../../../src/policy/address-set';
import { portsOf } from '../../../src/policy/ports';
import type { Rule } from '../../../src/policy/rule';
import { rulesOf } from '../../../src/policy/rules';
import { loopback, sealRules } from '../../../src/policy/seal';
import { address, asked } from './read/policies';

const around = { dhcpServers: [address('192.0.2.2')], resolvers: [address('192.0.2.3')] };
const allowed = rulesOf({ ...asked, needsDns: true });
const flows = allowedFlows(allowed, around);
const block = (rule: Partial<Rule>): StoredRule =>
  storedForm({
    ...{ name: 'contain-host: seal test', action: 'block', direction: 'out', protocol: 'udp' },
    ...rule,
  });

test('the seal itself blocks nothing that is let through', () => {
  expect(blockedFlows(sealRules(allowed, around).map(storedForm), flows)).toEqual([]);
});

test.each<[string, Partial<Rule>]>([
  ['the server', { remote: addressSet([address('192.0.2.1')]) }],
  ['the server on its port, in one direction', { direction: 'in', remotePorts: portsOf(1514) }],
  [
    'some ports of the handler',
    { protocol: 'tcp', localPorts: portsOf(445), remote: addressSet([address('192.0.2.50')]) },
  ],
  ['the server of the lease', { localPorts: portsOf(68), remote: addressSet([address('192.0.2.2')]) }],
  ['a resolver', { remotePorts: portsOf(53), remote: addressSet([address('192.0.2.3')]) }],
  ['part of loopback', { protocol: 'tcp', remote: loopback.slice(1) }],
])('a rule that blocks %s is found', (_what, rule) => {
  expect(blockedFlows([block(rule)], flows)).not.toEqual([]);
});

test('a rule beside all that is let through is no harm', () => {
  expect(blockedFlows([block({ remote: addressSet([address('192.0.2.4')]) })], flows)).toEqual([]);
});
