import { readIpsecDemands } from '../../../../src/firewall/windows/read/ipsec-demands';
import { judge, judgePlan } from '../../../../src/firewall/windows/read/judge';
import { readLocalPolicy, readManagedPolicies } from '../../../../src/firewall/windows/read/stored-policy';
import { keyPath, RegistryValues } from '../../../../src/windows/registry-file';
import { allowListOf, asked, contained } from './policies';

const valuesOf = (...texts: string[]): RegistryValues => {
  const values = new RegistryValues();
  for (const [index, text] of texts.entries()) values.set(`{${index}}`, text);
  return values;
};
const sets = 'Auth1Set={E5A5D32A-4BCE-4e4d-B07F-4AB1BA7E5FE3}|Crypto2Set={E5A5D32A-4BCE-4e4d-B07F-4AB1BA7E5FE2}|';

test.each([
  `v2.33|Action=SecureServer|Name=Demand|Desc=|Active=TRUE|${sets}`,
  `v2.10|Action=Secure|Active=TRUE|Name=Demand|Profile=Domain|${sets}`,
  `v2.31|Action=Secure|Active=TRUE|Name=Demand|Protocol=6|IFType=Lan|${sets}`,
  `v2.40|Action=SecureEverything|Active=TRUE|Name=Demand|${sets}`,
  'v2.33|Action=Secure|Name=Demand|',
])('a rule that demands IPsec of everybody, or may: %s', (text) => {
  expect(readIpsecDemands(valuesOf(text))).toEqual([{ id: '{0}', name: 'Demand' }]);
});

test.each([
  `v2.33|Action=Secure|Active=FALSE|Name=Off|${sets}`,
  `v2.33|Action=Boundary|Active=TRUE|Name=Where it can be had|${sets}`,
  `v2.33|Action=DoNotSecure|Active=TRUE|Name=Never|${sets}`,
  `v2.33|Action=SecureServer|Active=TRUE|Name=One server|EP2_4=10.0.5.0/255.255.255.0|${sets}`,
  `v2.33|Action=SecureServer|Active=TRUE|Name=One port|Protocol=6|EP1Port=3389|${sets}`,
  `v2.33|Action=SecureServer|Active=TRUE|Name=Tunnel|EP2_6=2002::/16|RTunnel6=2002:836b:1::1|${sets}`,
  '',
])('a rule that demands it of nobody, or of some: %s', (text) => {
  expect(readIpsecDemands(valuesOf(text))).toEqual([]);
});

test.each([
  ['the domain', 'HKLM\\SOFTWARE\\Policies\\Microsoft\\WindowsFirewall'],
  ['the device management', 'HKLM\\SYSTEM\\CurrentControlSet\\Services\\SharedAccess\\Parameters\\FirewallPolicy\\mdm'],
  ['the local store', 'HKLM\\SYSTEM\\CurrentControlSet\\Services\\SharedAccess\\Parameters\\FirewallPolicy'],
])('a demand of %s is one gap, beforehand and afterwards, and the host stays contained', (_, root) => {
  const keys = new Map([
    [keyPath(`${root}\\ConSecRules`), valuesOf(`v2.33|Action=Secure|Active=TRUE|Name=All|${sets}`)],
  ]);
  const read = readLocalPolicy(keys);
  const local = { ...contained(), ...(read.demands === undefined ? {} : { demands: read.demands }) };
  const sources = { local, managed: readManagedPolicies(keys, keys) };
  for (const found of [judge(sources, asked), judgePlan(sources, asked)]) {
    expect(found).toMatchObject({ state: 'degraded', gaps: [{ code: 'ipsec-demanded' }] });
    expect(found.gaps[0]?.detail).toMatch(/: "All"$/);
  }
});

test('a host without such rules has no such gap', () => {
  expect(judge({ local: contained(), managed: [allowListOf('gpo')] }, asked)).toMatchObject({
    state: 'contained',
    gaps: [],
  });
});
