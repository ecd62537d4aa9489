import { judge } from '../../../../src/firewall/windows/read/judge';
import { storedForm } from '../../../../src/firewall/windows/read/rule';
import type { StoredPolicy } from '../../../../src/firewall/windows/read/stored-policy';
import { codeOf } from '../../../../src/outcome/gaps';
import { addressSet } from '../../../../src/policy/address-set';
import type { AllowList } from '../../../../src/policy/allow-list';
import { rulesOf } from '../../../../src/policy/rules';
import { sealRules } from '../../../../src/policy/seal';
import { address, allowListOf, asked, contained } from './policies';

const around = { dhcpServers: [address('192.0.2.2')], resolvers: [] };
const seal = (allowList: AllowList = asked) => sealRules(rulesOf(allowList), around);

/** A contained host with the seal in the local store, of which some lines may be missing. */
function sealed(allowList: AllowList = asked, isThere: (line: string) => boolean = () => true): StoredPolicy {
  const { rules, ...rest } = contained(allowList);
  return {
    ...rest,
    rules: [
      ...rules,
      ...seal(allowList)
        .filter(({ name }) => isThere(name))
        .map(storedForm),
    ],
  };
}

const found = (local: StoredPolicy, managed: StoredPolicy[], allowList?: AllowList) => {
  const { state, gaps, openIn } = judge({ local, managed }, allowList);
  return { state, codes: gaps.map(codeOf), openIn };
};
const whole = { state: 'contained', codes: [], openIn: [] };
const on = 'Action=Allow|Active=TRUE|';
const outward = { EnableFirewall: 1, DefaultInboundAction: 1, DefaultOutboundAction: 0 };
const noMerge = { ...outward, AllowLocalPolicyMerge: 0 };

test.each([
  ['no list at hand', undefined],
  ['the list of the case', asked],
])('a host under a baseline that lets everything out is contained where local rules count: %s', (_, allowList) => {
  expect(found(sealed(), [allowListOf('gpo', outward)], allowList)).toEqual(whole);
  expect(found(sealed(), [allowListOf('gpo', { ...outward, DefaultInboundAction: 0 })], allowList)).toEqual(whole);
});

test('where policy ignores local rules the seal is none', () => {
  const gpo = allowListOf('gpo', { domain: outward, private: outward, public: noMerge });
  expect(found(sealed(), [gpo], asked)).toMatchObject({ state: 'ineffective', openIn: ['public'] });
  expect(found(sealed(), [gpo], asked).codes).toContain('outbound-allowed-on-Public');
});

describe('a profile that stays open counts as in force or not', () => {
  const gpo = allowListOf('gpo', { domain: outward, private: outward, public: noMerge }, [
    `${on}Dir=In|Protocol=6|LPort=3389|Profile=Public|Name=Help desk`,
  ]);
  const { weigh } = judge({ local: sealed(), managed: [gpo] }, asked);
  const codes = (...inForce: ('domain' | 'private' | 'public')[]) => weigh(inForce).gaps.map(codeOf);

  test('in force: not contained', () => {
    expect(weigh(['public', 'domain']).state).toBe('ineffective');
    expect(codes('public')).toEqual(expect.arrayContaining(['outbound-allowed-on-Public', 'open-policy-rule']));
  });

  test('not in force: besides who is lost there, one gap that names the profile, the reasons, and the two values of the policy', () => {
    const { state, gaps } = weigh(['domain']);
    expect(state).toBe('degraded');
    expect(codes('domain')).toEqual(['handler-blocked-on-Public', 'open-on-Public']);
    const open = gaps.find((gap) => codeOf(gap) === 'open-on-Public');
    expect(open).toMatchObject({ profile: 'public' });
    for (const words of [
      'OPEN, though not in force now, in the Public profile',
      'NOT CONTAINED',
      '"Help desk"',
      'AllowLocalPolicyMerge',
      'DefaultOutboundAction',
    ]) {
      expect(open?.detail).toContain(words);
    }
  });
});

test.each([
  'Dir=Out|Name=Everything',
  'Dir=In|Protocol=6|LPort=3389|Name=Remote desktop',
  'Dir=Out|Protocol=6|RPort=443|Name=Web',
  'Dir=In|Protocol=6|LPort=445|RA4=LocalSubnet|App=System|Name=Files',
  'Dir=Out|App=C:\\a.exe|RA42=IntErnet|Name=A',
  'Dir=Out|Protocol=47|Name=GRE',
  'Dir=In|Protocol=58|ICMP6=128:*|Name=Ping',
  'Dir=In|Protocol=6|LPort2_10=RPC|Name=RPC',
  'Dir=Out|Protocol=99999|Name=Nonsense',
])('the seal closes a rule of policy: %s', (fields) => {
  expect(found(sealed(), [allowListOf('gpo', {}, [on + fields])], asked)).toEqual(whole);
  expect(found(contained(), [allowListOf('gpo', {}, [on + fields])], asked).codes).not.toEqual([]);
});

test('what it does not close is named', () => {
  const bypass = 'Action=ByPass|Active=TRUE|Dir=In|Security=Authenticate|RMauth=O:LSD:(A;;CC;;;S-1)|Name=Admins';
  expect(found(sealed(), [allowListOf('gpo', {}, [bypass])], asked).codes).toEqual(['bypass-rule']);
  for (const out of ['', 'Protocol=quic|'])
    for (const flag of ['AuthByPassOut=TRUE', 'AuthByPassOut=maybe']) {
      const rule = `${on}Dir=Out|${out}Security=Authenticate|${flag}|Name=Over IPsec`;
      const code = out === '' ? 'bypass-rule' : 'rule-not-understood';
      expect(found(sealed(), [allowListOf('gpo', {}, [rule])], asked).codes).toEqual([code]);
    }
  const plain = `${on}Dir=Out|Security=Authenticate|AuthByPassOut=FALSE|Name=Over IPsec`;
  expect(found(sealed(), [allowListOf('gpo', {}, [plain])], asked)).toEqual(whole);
  const odd = 'Action=Maybe|Active=TRUE|Dir=In|Name=Odd';
  expect(found(sealed(), [allowListOf('gpo', {}, [odd])], asked).codes).toContain('rule-not-understood');
  const igmp = `${on}Dir=Out|Protocol=2|App=System|Name=IGMP`;
  expect(found(sealed(), [allowListOf('gpo', {}, [igmp])], asked).codes).toEqual(['policy-allow-rule']);
});

const text = (_key: string, value: unknown) => (typeof value === 'bigint' ? String(value) : value);

test('a seal of which a line is missing closes nothing that the line was for', () => {
  const gpo = [allowListOf('gpo', outward)];
  const server = addressSet([address('192.0.2.1')]);
  for (const { name, protocol, direction, remote } of seal()) {
    const { codes, state } = found(
      sealed(asked, (line) => line !== name),
      gpo,
      asked,
    );
    const isAboutServer = JSON.stringify(remote, text) === JSON.stringify(server, text);
    if (direction === 'in' || isAboutServer) expect(codes).toEqual([]);
    else if (protocol === 'tcp' || protocol === 'udp') expect(state).toBe('ineffective');
    else
      expect(codes).toEqual([
        'outbound-partly-allowed-on-Domain',
        'outbound-partly-allowed-on-Private',
        'outbound-partly-allowed-on-Public',
      ]);
  }
});

test('the seal of one list leaves what another permits, and no more', () => {
  const more: AllowList = { ...asked, handlers: [...asked.handlers, address('198.51.100.0')] };
  expect(found(sealed(more), [allowListOf('gpo', outward)], more)).toEqual(whole);
  expect(found(sealed(more), [allowListOf('gpo', outward)], asked).state).toBe('ineffective');
});

test('a policy of 5,000 rules takes no time to speak of', () => {
  const rules = Array.from(
    { length: 5000 },
    (_, n) => `${on}Dir=In|Protocol=6|LPort=${n + 1}|RA4=10.0.${n >> 8}.${n & 255}|Name=${n}`,
  );
  const gpo = [allowListOf('gpo', outward, rules)];
  expect(found(sealed(), gpo, asked)).toEqual(whole);
  expect(found(contained(), gpo, asked).codes).toContain('policy-allow-rule');
});

test('rules of policies that list all that a rule can hold are judged in a moment, on the safe side', () => {
  const list = (count: number, item: (n: number) => string) =>
    Array.from({ length: count }, (_, n) => item(n)).join('');
  const ports = list(500, (n) => `LPort=${2 * n}|RPort=${2 * n}|`);
  const addresses = list(500, (n) => `RA4=10.${n >> 8}.${n & 255}.0/24|`);
  const allow = `${on}Dir=In|Protocol=6|${ports}${addresses}Name=Much`;
  const block = Array.from(
    { length: 200 },
    (_, n) => `Action=Block|Active=TRUE|Dir=In|Protocol=6|${ports}RA4=10.0.${n}.0/24|Name=${n}`,
  );
  expect(found(sealed(), [allowListOf('gpo', {}, [allow, ...block])], asked)).toEqual(whole);
  expect(found(contained(), [allowListOf('gpo', {}, [allow, ...block])], asked).codes).toContain('policy-allow-rule');
});

test('a seal with 100 entries and 300 handlers is judged', () => {
  const many: AllowList = {
    ...asked,
    handlers: Array.from({ length: 300 }, (_, n) => address(`10.${n % 200}.${(n * 7) % 256}.${(n * 13) % 256}`)),
    entries: Array.from({ length: 100 }, (_, n) => ({
      address: address(`172.16.${n}.1`),
      direction: 'both' as const,
      protocol: n % 2 === 0 ? ('tcp' as const) : ('udp' as const),
      ports: [{ first: 1000 + n, last: 1010 + n }],
    })),
  };
  expect(found(sealed(many), [allowListOf('gpo', outward)], many)).toEqual(whole);
});
