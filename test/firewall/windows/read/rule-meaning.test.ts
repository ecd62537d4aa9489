import fc from 'fast-check';
import { addressText, readAddressItem } from '../../../../src/firewall/windows/read/address-range';
import { parseRule } from '../../../../src/firewall/windows/read/parse-rule';
import { meaning } from '../../../../src/firewall/windows/read/rule-meaning';

const of = (raw: string): string => meaning(parseRule('x', raw));

describe('the same rule in another form means the same', () => {
  const base = 'v2.31|Action=Allow|Active=TRUE|Dir=In|Protocol=6|LPort=80|RA4=1.2.3.4|Name=Web|';
  const forms: [string, string][] = [
    ['another version', 'v2.10|Action=Allow|Active=TRUE|Dir=In|Protocol=6|LPort=80|RA4=1.2.3.4|Name=Web|'],
    ['another order', 'v2.31|Name=Web|RA4=1.2.3.4|Protocol=6|LPort=80|Dir=In|Active=TRUE|Action=Allow|'],
    ['a prefix', 'v2.31|Action=Allow|Active=TRUE|Dir=In|Protocol=6|LPort=80|RA4=1.2.3.4/32|Name=Web|'],
    ['a mask', 'v2.31|Action=Allow|Active=TRUE|Dir=In|Protocol=6|LPort=80|RA4=1.2.3.4/255.255.255.255|Name=Web|'],
    [
      'a range of one',
      'v2.31|Action=Allow|Active=TRUE|Dir=In|Protocol=6|LPort2_10=80-80|RA4=1.2.3.4-1.2.3.4|Name=Web|',
    ],
    ['words in another case', 'v2.31|Action=ALLOW|Active=true|Dir=in|Protocol=6|LPort=80|RA4=1.2.3.4|Name=Web|'],
    ['field names in another case', 'v2.31|ACTION=Allow|active=TRUE|DIR=In|protocol=6|LPORT=80|ra4=1.2.3.4|name=Web|'],
    [
      'an address twice',
      'v2.31|Action=Allow|Active=TRUE|Dir=In|Protocol=6|LPort=80|RA4=1.2.3.4|RA4=1.2.3.4/32|Name=Web|',
    ],
    ['every profile by name', base.replace('Name', 'Profile=Public|Profile=Domain|Profile=Private|Name')],
    ['what goes without saying', base.replace('Name', 'Edge=FALSE|LSM=FALSE|Desc=|SkipVer=2.10|Name')],
    ['fields that nobody knows', base.replace('Name', 'Shiny=TRUE|Name')],
  ];
  test.each(forms)('%s', (_, form) => expect(of(form)).toBe(of(base)));

  test('several profiles, ports and types in another order', () => {
    expect(of('v2.31|Dir=In|Profile=Public|Profile=Domain|')).toBe(of('v2.31|Profile=Domain|Dir=In|Profile=Public|'));
    expect(of('v2.31|Protocol=6|LPort=1|LPort2_10=5-9|LPort=RPC|')).toBe(
      of('v2.31|Protocol=6|LPort=rpc|LPort=1|LPort=5-9|'),
    );
    expect(of('v2.31|RA6=2001:DB8::1|RA4=LocalSubnet|')).toBe(of('v2.31|RA4=LOCALSUBNET|RA6=2001:db8:0::1/128|'));
    expect(of('v2.31|LA4=10.0.0.1|LA6=fe80:0::1|')).toBe(of('v2.31|LA6=FE80::1/128|LA4=10.0.0.1/255.255.255.255|'));
    expect(of('v2.31|Protocol=256|')).toBe(of('v2.31|'));
  });
});

describe('another rule means something else', () => {
  const base =
    'v2.31|Action=Allow|Active=TRUE|Dir=In|Protocol=6|Profile=Domain|LPort=80|RPort=1|LA4=10.0.0.1|RA4=1.2.3.4|RA6=2001:db8::1|' +
    'App=a.exe|Svc=s|Name=n|Desc=d|EmbedCtxt=e|Edge=TRUE|Defer=App|IFType=Lan|IF={G}|LUAuth=D:|LUOwn=S-1|AppPkgId=S-2|' +
    'Security=Authenticate|RMauth=m|RUAuth=r|PCross=TRUE|LOM=TRUE|LSM=TRUE|TTK=Proximity|NNm=x|SecurityRealmId=z|Platform=2:6:1|';
  const fields = base.split('|').slice(1, -1);
  test.each(fields)('without %s', (field) => expect(of(base.replace(`|${field}|`, '|'))).not.toBe(of(base)));

  test.each([
    ['Action=Allow', 'Action=Block'],
    ['Active=TRUE', 'Active=FALSE'],
    ['Dir=In', 'Dir=Out'],
    ['Protocol=6', 'Protocol=17'],
    ['LPort=80', 'LPort=81'],
    ['LPort=80', 'RPort=80'],
    ['RA4=1.2.3.4', 'RA4=1.2.3.4/31'],
    ['RA4=1.2.3.4', 'LA4=1.2.3.4'],
    ['App=a.exe', 'App=b.exe'],
    ['Name=n', 'Name=N'],
    ['Edge=TRUE', 'Edge=FALSE'],
  ])('with another value: %s, %s', (before, after) => expect(of(base.replace(before, after))).not.toBe(of(base)));

  test('one more address, port or profile counts', () => {
    for (const more of ['RA4=1.2.3.5|', 'LPort=81|', 'Profile=Public|']) expect(of(base + more)).not.toBe(of(base));
  });
});

test('an order and spelling at random never changes the meaning', () => {
  const address = fc.nat(0xffffffff).map((value) => {
    const text = [24, 16, 8, 0].map((shift) => (value >>> shift) & 255).join('.');
    return [text, `${text}/32`, `${text}/255.255.255.255`, `${text}-${text}`];
  });
  const form = fc.tuple(address, fc.nat(3), fc.nat(3)).map(([forms, a, b]) => [`RA4=${forms[a]}`, `RA4=${forms[b]}`]);
  const port = fc.nat(65_535).map((value) => [`LPort=${value}`, `LPort2_10=${value}-${value}`]);
  const version = fc.constantFrom('v2.10', 'v2.31', 'v2.33');
  const rule = fc.tuple(
    fc.array(form, { maxLength: 5 }),
    fc.array(port, { maxLength: 5 }),
    fc.uuid(),
    version,
    version,
  );
  fc.assert(
    fc.property(rule, fc.infiniteStream(fc.nat()), ([addresses, ports, name, v1, v2], random) => {
      const pairs = [...addresses, ...ports, [`Name=${name}`, `NAME=${name}`], ['Active=TRUE', 'active=true']];
      const shuffled = pairs
        .map((pair) => ({ pair, key: random.next().value as number }))
        .sort((a, b) => a.key - b.key)
        .map(({ pair }) => pair);
      const first = `${v1}|Protocol=6|${pairs.map(([one]) => `${one}|`).join('')}`;
      const second = `${v2}|Protocol=6|${shuffled.map(([, other]) => `${other}|`).join('')}`;
      expect(of(second)).toBe(of(first));
    }),
  );
});

test('rules that are not understood compare by their fields, in any order', () => {
  expect(of('v2.31|RA4=1.2.3.4,5|Action=Odd|')).toBe(of('v2.30|Action=ODD|RA4=1.2.3.4,5|'));
  expect(of('v2.31|RA4=1.2.3.4,5|')).not.toBe(of('v2.31|RA4=1.2.3.4,6|'));
  expect(addressText(readAddressItem('DNS', 4) ?? { family: 4, keyword: '' })).toBe('dns');
});
