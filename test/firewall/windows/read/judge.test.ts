import { judge, judgePlan } from '../../../../src/firewall/windows/read/judge';
import { parseRule } from '../../../../src/firewall/windows/read/parse-rule';
import { type Sources, serverLostProfiles, serverReach } from '../../../../src/firewall/windows/read/reach';
import type { StoredPolicy } from '../../../../src/firewall/windows/read/stored-policy';
import { codeOf } from '../../../../src/outcome/gaps';
import type { Judgement } from '../../../../src/outcome/states';
import type { AllowList } from '../../../../src/policy/allow-list';
import { address, allowListOf, asked, blocking, contained } from './policies';

const judgeAll = (sources: Sources, policy?: AllowList): Judgement => {
  const { state: found, gaps } = judge(sources, policy);
  return { state: found, gaps };
};
const judged = (local: StoredPolicy, managed: StoredPolicy[], policy: AllowList | 'unknown'): Judgement =>
  judgeAll({ local, managed }, policy === 'unknown' ? undefined : policy);
const codes = (local: StoredPolicy, managed: StoredPolicy[] = [], policy: AllowList | 'unknown' = asked): string[] =>
  judged(local, managed, policy).gaps.map(codeOf);
const detail = (local: StoredPolicy, managed: StoredPolicy[] = [], policy: AllowList | 'unknown' = asked): string =>
  judged(local, managed, policy)
    .gaps.map(({ detail: text }) => text)
    .join('\n');
const state = (local: StoredPolicy, managed: StoredPolicy[] = [], policy: AllowList | 'unknown' = asked): string =>
  judged(local, managed, policy).state;
const everywhere = (code: string): string[] => ['Domain', 'Private', 'Public'].map((name) => `${code}-on-${name}`);
const settingsOf = (local: StoredPolicy, settings: Record<string, number | string>): StoredPolicy => ({
  ...local,
  profiles: {
    domain: { ...local.profiles.domain, ...settings },
    private: { ...local.profiles.private, ...settings },
    public: { ...local.profiles.public, ...settings },
  },
});
const on = 'Action=Allow|Active=TRUE|';

test('a host that was brought to its policy is contained, with and without knowing the policy', () => {
  expect(judgeAll({ local: contained(), managed: [] }, asked)).toEqual({ state: 'contained', gaps: [] });
  expect(judgeAll({ local: contained(), managed: [] })).toEqual({ state: 'contained', gaps: [] });
  expect(state(contained(), [allowListOf('gpo', blocking), allowListOf('mdm', { EnableFirewall: 1 })])).toBe(
    'contained',
  );
});

describe('not contained at all', () => {
  test.each([
    ['the firewall is off', { EnableFirewall: 0 }, 'profile-off'],
    ['everything may go out', { DefaultOutboundAction: 0 }, 'outbound-allowed'],
    ['everything may come in', { DefaultInboundAction: 0 }, 'inbound-allowed'],
  ])('%s, locally or by policy', (_, settings, code) => {
    expect(codes(settingsOf(contained(), settings))).toEqual(everywhere(code));
    expect(state(settingsOf(contained(), settings))).toBe('ineffective');
    for (const source of ['gpo', 'mdm'] as const) {
      expect(codes(contained(), [allowListOf(source, settings)])).toEqual(everywhere(code));
      expect(codes(contained(), [allowListOf(source, { private: settings })])).toEqual([`${code}-on-Private`]);
      expect(state(contained(), [allowListOf(source, { private: settings })])).toBe('ineffective');
    }
  });

  test('policy puts right what is wrong locally', () => {
    const open = settingsOf(contained(), { EnableFirewall: 0, DefaultOutboundAction: 0 });
    expect(state(open, [allowListOf('gpo', blocking)])).toBe('contained');
  });

  test('an outbound default that was never set lets everything out', () => {
    const { DefaultOutboundAction: _, ...rest } = blocking;
    expect(state({ ...contained(), profiles: { domain: rest, private: blocking, public: blocking } })).toBe(
      'ineffective',
    );
  });

  test('two policies disagree, and one of them opens the host', () => {
    const open = allowListOf('mdm', { DefaultOutboundAction: 0 });
    expect(codes(contained(), [allowListOf('gpo', blocking), open])).toEqual(everywhere('outbound-allowed'));
    expect(codes(contained(), [open, allowListOf('gpo', blocking)])).toEqual(everywhere('outbound-allowed'));
  });

  test('local rules are ignored in every profile', () => {
    const found = codes(contained(), [allowListOf('gpo', { AllowLocalPolicyMerge: 0 })]);
    expect(found).toEqual(expect.arrayContaining(['local-rules-ignored', ...everywhere('server-lost')]));
    expect(state(contained(), [allowListOf('gpo', { AllowLocalPolicyMerge: 0 })])).toBe('ineffective');
  });

  const openRules = [
    'Dir=Out|Name=Open',
    'Dir=In|Name=Open',
    'Dir=Out|Protocol=6|Name=Open',
    'Dir=Out|Protocol=17|LPort2_10=0-65535|RPort2_10=1-65535|Name=Open',
    'Dir=Out|RA4=0.0.0.0-255.255.255.255|Name=Open',
    'Dir=Out|RA4=0.0.0.0/1|RA4=128.0.0.0/1|Name=Open',
    'Dir=Out|RA6=::/1|RA6=8000::/1|Name=Open',
    'Dir=Out|RA42=IntErnet|RA4=10.0.0.1|Name=Open',
    'Dir=Out|Protocol=256|Name=Open',
    'Dir=Out|Protocol=6|RPort=443|Name=Open',
    'Dir=In|Protocol=6|LPort=3389|Name=Open',
    'Dir=Out|Protocol=6|LPort=1514|Name=Open',
    'Dir=Out|Protocol=6|RPort=0-1023|RPort2_10=1024-65535|Name=Open',
    'Dir=Out|RA4=0.0.0.0-9.255.255.255|RA4=11.0.0.0-255.255.255.255|Name=Open',
    'Dir=Out|Profile=Public|Name=Open',
    'Dir=Out|IFType=Lan|LA4=10.0.0.5|LUAuth=O:LSD:(A;;CC;;;WD)|Edge=TRUE|Name=Open',
  ];
  test.each(openRules)('an unrestricted rule: %s', (fields) => {
    expect(codes(contained(asked, [on + fields]))).toEqual(['open-foreign-rule']);
    expect(codes(contained(), [allowListOf('gpo', {}, [on + fields])])).toEqual(['open-policy-rule']);
    expect(codes(contained(), [allowListOf('mdm', {}, [on + fields])])).toEqual(['open-policy-rule']);
    expect(state(contained(asked, [on + fields]))).toBe('ineffective');
    expect(state(contained(), [allowListOf('gpo', {}, [on + fields])])).toBe('ineffective');
  });
});

describe('contained, with gaps by name', () => {
  const restricted = [
    'Dir=In|Protocol=6|LPort=8081|RA4=10.20.0.5|Name=Door',
    'Dir=Out|App=C:\\a.exe|Name=Door',
    'Dir=Out|Svc=*|Name=Door',
    'Dir=Out|AppPkgId=S-1-15-2-1|Name=Door',
    'Dir=In|PFN=Microsoft.GamingApp_8wekyb3d8bbwe|Edge=TRUE|Name=Door',
    'Dir=Out|RA4=LocalSubnet|Name=Door',
    'Dir=Out|Protocol=47|Name=Door',
    'Dir=Out|RA4=0.0.0.0/1|Name=Door',
    'Dir=In|Security=Authenticate|RMauth=O:LSD:(A;;CC;;;S-1)|Name=Door',
  ];
  test.each(restricted)('a rule that lets something through: %s', (fields) => {
    expect(codes(contained(asked, [on + fields]))).toEqual(['foreign-rule']);
    expect(codes(contained(), [allowListOf('gpo', {}, [on + fields])])).toEqual(['policy-allow-rule']);
    expect(codes(contained(), [allowListOf('mdm', {}, [on + fields])], 'unknown')).toEqual(['policy-allow-rule']);
    expect(detail(contained(asked, [on + fields]))).toContain('"Door"');
    expect(state(contained(asked, [on + fields]))).toBe('degraded');
  });

  test('inactive rules, and rules that block somebody else, are no gaps', () => {
    const harmless = [
      'Action=Allow|Active=FALSE|Dir=Out|Name=Off',
      'Action=Block|Active=TRUE|Dir=Out|RA4=203.0.113.9|Name=B',
    ];
    expect(codes(contained(asked, harmless), [allowListOf('gpo', {}, harmless)])).toEqual([]);
  });

  test('a policy rule for those who are allowed anyway is no gap, one for more is', () => {
    const own = `${on}Dir=Out|Protocol=17|RPort=1514|RA4=192.0.2.1|Name=Server`;
    expect(codes(contained(), [allowListOf('gpo', {}, [own])])).toEqual([]);
    expect(codes(contained(), [allowListOf('gpo', {}, [`${own}|RA4=192.0.2.2`])])).toEqual(['policy-allow-rule']);
    expect(codes(contained(), [allowListOf('gpo', {}, [own])], 'unknown')).toEqual([]);
    expect(codes(contained(), [allowListOf('gpo', {}, [`${own}|RA4=192.0.2.2`])], 'unknown')).toEqual([
      'policy-allow-rule',
    ]);
  });

  test('local rules that policy ignores everywhere are not open', () => {
    const foreign = contained(asked, [`${on}Dir=Out|Name=Open`]);
    expect(codes(foreign, [allowListOf('gpo', { AllowLocalPolicyMerge: 0 })])).not.toContain('open-foreign-rule');
    expect(codes(foreign, [allowListOf('gpo', { public: { AllowLocalPolicyMerge: 0 } })])).toContain(
      'open-foreign-rule',
    );
  });

  test('a bypass rule is a door too', () => {
    const bypass = 'Action=ByPass|Active=TRUE|Dir=In|Security=Authenticate|RMauth=O:LSD:(A;;CC;;;S-1)|Name=Admins';
    expect(codes(contained(), [allowListOf('gpo', {}, [bypass])])).toEqual(['bypass-rule']);
  });

  test('a rule of ours under the name of the batch script with the address of an earlier handler is foreign', () => {
    const earlier = `${on}Dir=In|Protocol=6|RA4=192.0.2.51|Name=Allow OSSEC Server in/tcp`;
    expect(detail(contained(asked, [earlier]))).toContain('"Allow OSSEC Server in/tcp"');
    expect(codes(contained(asked, [earlier]))).toEqual(['foreign-rule']);
    expect(codes(contained(asked, [earlier]), [], 'unknown')).toEqual([]);
  });

  test('a rule that is not understood, wherever it is from and whatever it does', () => {
    for (const odd of [
      `${on}Dir=Out|RA4=1.2.3.4,5.6.7.8|Name=Odd`,
      'Action=Block|Active=TRUE|Dir=In|RA4=x/y|Name=Odd',
    ]) {
      expect(codes(contained(asked, [odd]))).toContain('rule-not-understood');
      expect(codes(contained(), [allowListOf('gpo', {}, [odd])])).toContain('rule-not-understood');
      expect(detail(contained(asked, [odd]))).toContain('not understood: "Odd"');
    }
    const nameless = { ...contained(), rules: [...contained().rules, parseRule('{the-id}', 'v9|Active=TRUE|')] };
    expect(detail(nameless)).toContain('"{the-id}"');
  });

  test('an interface is not filtered', () => {
    expect(codes(settingsOf(contained(), { DisabledInterfaces: '{A}' }))).toEqual(everywhere('interface-excluded'));
  });

  test('what the domain imposes could not be read', () => {
    const found = judgeAll({ local: contained(), managed: { unreadable: 'reg export failed' } }, asked);
    expect(found).toEqual({
      state: 'degraded',
      gaps: [{ code: 'domain-policy-unreadable', detail: expect.stringContaining('reg export failed') }],
    });
  });

  test('rules of ours are missing, or not as they should be', () => {
    const all = contained().rules;
    const without = { ...contained(), rules: all.filter(({ name }) => name !== 'contain-host: DHCP out') };
    expect(codes(without)).toEqual(['rule-missing']);
    expect(detail(without)).toContain('"contain-host: DHCP out"');
    expect(codes(without, [], 'unknown')).toEqual([]);
    const off = all.map((rule) =>
      rule.name === 'contain-host: DHCP out' ? parseRule(rule.id, rule.raw.replace('TRUE', 'FALSE')) : rule,
    );
    expect(codes({ ...contained(), rules: off })).toEqual(['rule-missing']);
    const narrowed = all.map((rule) =>
      rule.name === 'contain-host: DHCP out'
        ? parseRule(rule.id, rule.raw.replace('Name', 'Profile=Domain|Name'))
        : rule,
    );
    expect(codes({ ...contained(), rules: narrowed })).toEqual(['foreign-rule', 'rule-differs']);
  });
});

test('a value for "block all connections" that is neither 0 nor 1 closes nothing, and may keep the handler out', () => {
  const odd = allowListOf('gpo', { DoNotAllowExceptions: 2 }, [`${on}Dir=In|Protocol=6|LPort=3389|Name=Desktop`]);
  expect(state(contained(), [odd])).toBe('ineffective');
  expect(codes(contained(), [odd])).toContain('open-policy-rule');
  expect(codes(contained(), [odd])).toContain('inbound-exceptions-ignored-on-Domain');
});

describe('who is lost', () => {
  const ofServer = (found: string[]): string[] => found.filter((code) => code.startsWith('server-'));

  test('the server, where local rules are ignored and no policy rule lets it out', () => {
    const ignored = allowListOf('gpo', { public: { AllowLocalPolicyMerge: 0 } });
    expect(codes(contained(), [ignored])).toEqual(['server-lost-on-Public', 'handler-blocked-on-Public']);
    expect(state(contained(), [ignored])).toBe('degraded');
    const rescued = allowListOf('gpo', { public: { AllowLocalPolicyMerge: 0 } }, [
      `${on}Dir=Out|RA4=192.0.2.1|Name=Server`,
    ]);
    expect(codes(contained(), [rescued])).toEqual(['handler-blocked-on-Public']);
    const perhaps = allowListOf('gpo', { public: { AllowLocalPolicyMerge: 0 } }, [`${on}Dir=Out|RA4=IntrAnet|Name=In`]);
    expect(codes(contained(), [perhaps])).toEqual([
      'server-uncertain-on-Public',
      'handler-blocked-on-Public',
      'policy-allow-rule',
    ]);
  });

  test.each(['local', 'gpo', 'mdm'] as const)('the server, where a block rule of source %s hits it', (source) => {
    const block = 'Action=Block|Active=TRUE|Dir=Out|RA4=192.0.2.0/24|Name=B';
    const found =
      source === 'local' ? codes(contained(asked, [block])) : codes(contained(), [allowListOf(source, {}, [block])]);
    expect(ofServer(found)).toEqual(everywhere('server-lost'));
  });

  test('a block rule that may hit the server makes it uncertain, one for another program or port does not', () => {
    const blocked = (fields: string): string[] =>
      ofServer(codes(contained(), [allowListOf('gpo', {}, [`Action=Block|Active=TRUE|Dir=Out|${fields}Name=B`])]));
    expect(blocked('RA4=LocalSubnet|')).toEqual(everywhere('server-uncertain'));
    expect(blocked('App=C:\\Program Files (x86)\\ossec-agent\\ossec-agent.exe|')).toEqual(
      everywhere('server-uncertain'),
    );
    expect(blocked('App=C:\\game.exe|')).toEqual([]);
    expect(blocked('Protocol=6|RPort=25|')).toEqual([]);
    expect(blocked('Protocol=17|')).toEqual(everywhere('server-lost'));
  });

  test('the server is there while one server can be reached by one protocol', () => {
    const two: AllowList = {
      ...asked,
      servers: [
        { address: address('192.0.2.1'), port: 1514, protocols: ['udp', 'tcp'] },
        { address: address('2001:db8::1'), port: 1514, protocols: ['tcp'] },
      ],
    };
    const blocked = (...rules: string[]): string[] => {
      const fields = rules.map((one) => `Action=Block|Active=TRUE|Dir=Out|${one}Name=B`);
      return ofServer(codes(contained(two), [allowListOf('gpo', {}, fields)], two));
    };
    expect(blocked('Protocol=17|')).toEqual([]);
    expect(blocked('RA4=192.0.2.1|')).toEqual([]);
    expect(blocked('RA4=192.0.2.1|', 'RA6=2001:db8::/32|')).toEqual(everywhere('server-lost'));
    expect(blocked('Protocol=17|', 'Protocol=6|')).toEqual(everywhere('server-lost'));
  });

  test("the agent's near port is not the server's, so the batch script's rule alone lets nobody out", () => {
    const batch = contained().rules.filter(({ name }) => !name.startsWith('contain-host: server'));
    expect(codes({ ...contained(), rules: batch })).toEqual([...everywhere('server-lost'), 'rule-missing']);
  });

  test('the handler, by shields up or by a block rule, in the ways and on the ports that are named', () => {
    expect(codes(settingsOf(contained(), { DoNotAllowExceptions: 1 }))).toEqual(
      everywhere('inbound-exceptions-ignored'),
    );
    expect(codes(contained(), [allowListOf('mdm', { domain: { DoNotAllowExceptions: 1 } })])).toEqual([
      'inbound-exceptions-ignored-on-Domain',
    ]);
    const kept = (...rules: string[]): string[] => {
      const fields = rules.map((one) => `Action=Block|Active=TRUE|${one}|Name=B`);
      const { gaps } = judged(contained(), [allowListOf('gpo', {}, fields)], asked);
      const own = gaps.filter(({ code }) => code === 'handler-blocked');
      return [...new Set(own.map(({ detail: text }) => text.replace(/^.*?: /, '')))];
    };
    expect(kept('Dir=In')).toEqual(['192.0.2.50/32 in tcp; 192.0.2.50/32 in udp']);
    expect(kept('Dir=In', 'Dir=Out')).toEqual(['192.0.2.50/32']);
    expect(kept('Dir=In|Protocol=6|LPort=445|LPort=135-139')).toEqual(['192.0.2.50/32 in tcp 135-139,445']);
    expect(kept('Dir=In|Protocol=17')).toEqual(['192.0.2.50/32 in udp']);
    expect(kept('Dir=Out|Protocol=6|RA4=192.0.2.0/24')).toEqual(['192.0.2.50/32 out tcp']);
    expect(kept('Dir=Out|Protocol=6|LPort=49152-65535')).toEqual(['192.0.2.50/32 out tcp']);
    expect(kept('Dir=Out|Protocol=17|RA4=192.0.2.50|RPort=0-65535')).toEqual(['192.0.2.50/32 out udp']);
    for (const other of [
      'Dir=In|Protocol=6|LPort=445|RA4=192.0.2.51-192.0.2.60',
      'Dir=Out|Protocol=6|RPort=25',
      'Dir=In|Protocol=17|LPort=5355',
      'Dir=In|App=C:\\a.exe',
      'Dir=Out|Protocol=17|Svc=dnscache|RPort=5353',
      'Dir=Out|Protocol=1',
    ])
      expect([other, kept(other)]).toEqual([other, []]);
  });

  test('the handler, outward, where "block all connections" keeps everybody from coming in', () => {
    const shields = allowListOf('gpo', { DoNotAllowExceptions: 1 }, [
      'Action=Block|Active=TRUE|Dir=Out|Protocol=6|Name=B',
    ]);
    expect(detail(contained(), [shields])).toContain('192.0.2.50/32 out tcp');
    expect(detail(contained(), [shields])).not.toContain('192.0.2.50/32 in');
  });

  test('an entry, by a block rule that stops some of what it lets through', () => {
    const given: AllowList = {
      ...asked,
      entries: [
        { address: address('203.0.113.7'), direction: 'out', protocol: 'udp', ports: [{ first: 500, last: 500 }] },
        { address: address('203.0.113.8'), direction: 'both', protocol: 50, ports: [] },
      ],
    };
    const blocked = (fields: string) =>
      judge(
        {
          local: contained(given),
          managed: [allowListOf('gpo', {}, [`Action=Block|Active=TRUE|${fields}Profile=Domain|Name=B`])],
        },
        given,
      )
        .gaps.filter(({ code }) => code === 'entry-blocked')
        .map(({ detail: text }) => text.replace(/^.*?: /, ''));
    expect(blocked('Dir=Out|Protocol=17|RPort=400-600|')).toEqual(['203.0.113.7/32 out udp 500']);
    expect(blocked('Dir=In|Protocol=50|RA4=203.0.113.0/24|')).toEqual(['203.0.113.8/32 both 50']);
    expect(blocked('Dir=Out|Protocol=17|RPort=501|')).toEqual([]);
    expect(blocked('Dir=Out|Protocol=17|RPort=500|RA4=203.0.113.8|')).toEqual([]);
  });

  test('the handler, by a block rule over most ports, and the agent by none that is for a package', () => {
    const ports = 'LPort2_10=1-66|LPort2_10=69-55554|LPort2_10=55557-65535';
    const most = allowListOf('gpo', {}, [`Action=Block|Active=TRUE|Dir=In|Protocol=6|${ports}|Name=2`]);
    expect(codes(contained(), [most])).toEqual(everywhere('handler-blocked'));
    const others = allowListOf('gpo', {}, [
      `Action=Block|Active=TRUE|Dir=In|Protocol=6|${ports}|RA4=10.0.0.0/8|Name=2`,
    ]);
    expect(codes(contained(), [others])).toEqual([]);
    const packaged = ['AppPkgId=S-1-15-2-1', 'PFN=Microsoft.GamingApp_8wekyb3d8bbwe'].map(
      (field) => `Action=Block|Active=TRUE|Dir=Out|RA42=IntErnet|RA62=IntErnet|Name=x|${field}`,
    );
    expect(codes(contained(), [allowListOf('gpo', {}, packaged)])).toEqual([]);
  });
});

describe('the plan, before anything is changed', () => {
  const open = allowListOf('local', { DisabledInterfaces: '' }, [
    `${on}Dir=Out|Name=Everything`,
    'Action=Block|Active=TRUE|Dir=Out|Name=Nothing',
  ]);

  test('takes away what is local and leaves what is imposed', () => {
    expect(judgePlan({ local: open, managed: [] }, asked)).toMatchObject({ state: 'contained', gaps: [] });
    const gpo = allowListOf('gpo', { DefaultOutboundAction: 0 }, [`${on}Dir=In|Protocol=6|LPort=22|Name=SSH`]);
    expect(judgePlan({ local: open, managed: [gpo] }, asked)).toMatchObject({ state: 'ineffective' });
  });

  test('loses the server where group policy makes it so', () => {
    const lost = (gpo: StoredPolicy, ...more: StoredPolicy[]) =>
      serverLostProfiles({ local: open, managed: [gpo, ...more] }, asked);
    expect(lost(allowListOf('gpo'))).toEqual([]);
    expect(lost(allowListOf('gpo', { AllowLocalPolicyMerge: 0 }))).toEqual(['domain', 'private', 'public']);
    expect(lost(allowListOf('gpo', { public: { AllowLocalPolicyMerge: 0 } }))).toEqual(['public']);
    expect(lost(allowListOf('gpo', { AllowLocalPolicyMerge: 0, DefaultOutboundAction: 0 }))).toEqual([]);
    expect(lost(allowListOf('gpo', { AllowLocalPolicyMerge: 0, EnableFirewall: 0 }))).toEqual([]);
    expect(lost(allowListOf('gpo', { AllowLocalPolicyMerge: 0 }, [`${on}Dir=Out|RA4=192.0.2.1|Name=S`]))).toEqual([]);
    expect(lost(allowListOf('gpo', {}, ['Action=Block|Active=TRUE|Dir=Out|Profile=Domain|Name=B']))).toEqual([
      'domain',
    ]);
  });

  test('loses the server also where it only may: when it is not known which of two policies wins', () => {
    const [gpo, mdm] = [
      allowListOf('gpo', { AllowLocalPolicyMerge: 0, DefaultOutboundAction: 1 }),
      allowListOf('mdm', { AllowLocalPolicyMerge: 1, DefaultOutboundAction: 0 }),
    ];
    expect(serverLostProfiles({ local: open, managed: [gpo, mdm] }, asked)).toEqual(['domain', 'private', 'public']);
    expect(judgePlan({ local: open, managed: [gpo, mdm] }, asked).state).toBe('ineffective');
  });

  test('what could not be read counts as nothing', () => {
    expect(serverLostProfiles({ local: open, managed: { unreadable: 'x' } }, asked)).toEqual([]);
  });

  test('reach is told for each profile', () => {
    const gpo = allowListOf('gpo', { public: { AllowLocalPolicyMerge: 0 } }, [
      'Action=Block|Active=TRUE|Dir=Out|Profile=Private|RA4=LocalSubnet|Name=B',
    ]);
    expect(serverReach({ local: contained(), managed: [gpo] }, asked)).toEqual({
      domain: 'reachable',
      private: 'unknown',
      public: 'lost',
    });
  });
});

test('values of other types than Windows writes are named, and count as what is worse', () => {
  const odd = { name: 'public EnableFirewall', profile: 'public', setting: 'EnableFirewall' } as const;
  const found = (reading: number) =>
    judgeAll({ local: contained(), managed: [{ ...allowListOf('gpo'), odd: [{ ...odd, reading }] }] }, asked);
  expect(found(0)).toMatchObject({ state: 'ineffective' });
  expect(found(0).gaps.map(codeOf)).toEqual(['value-not-understood', 'profile-off-on-Public']);
  expect(found(1)).toMatchObject({ state: 'degraded', gaps: [{ code: 'value-not-understood' }] });
  expect(found(1).gaps[0]?.detail).toContain('"public EnableFirewall"');
});

test('a profile that may be the one from before Windows Vista is judged both ways', () => {
  const off = { domain: {}, private: { EnableFirewall: 0 }, public: {} };
  expect(codes(contained(), [{ ...allowListOf('gpo'), perhaps: off }])).toEqual(['profile-off-on-Private']);
  const on = { domain: {}, private: { EnableFirewall: 1 }, public: {} };
  expect(codes(contained(), [{ ...allowListOf('gpo'), perhaps: on }])).toEqual([]);
});

describe('names in a gap', () => {
  test('that stand for a text of Windows are followed by what the rule is for', () => {
    const builtIn =
      'Dir=In|Protocol=6|LPort=3389|RA4=LocalSubnet|App=%SystemRoot%\\system32\\svchost.exe|Svc=termservice|Name=@FirewallAPI.dll,-28775';
    expect(detail(contained(), [allowListOf('gpo', {}, [on + builtIn])])).toContain(
      '"@FirewallAPI.dll,-28775" ({gpo-0}: in, TCP 3389, %SystemRoot%\\system32\\svchost.exe, termservice)',
    );
  });

  const named = (...names: string[]): string =>
    detail(
      contained(
        asked,
        names.map((name) => `${on}Dir=Out|RA4=1.2.3.4|Name=${name}`),
      ),
    );

  test('stand on one line, quoted and printable', () => {
    expect(named('a\r\nb\u0000c\u202ed\u2028e"f')).toBe(`Local rules that are not ours are active: "a??b?c?d?e'f"`);
    expect(named('Größe Имя 規則 😀')).toContain('"Größe Имя 規則 😀"');
    expect(named('\ud800broken')).toContain('"?broken"');
  });

  test('are bounded in length and number', () => {
    expect(named('x'.repeat(9_999))).toContain(`"${'x'.repeat(100)}..."`);
    expect(named('😀'.repeat(100))).toContain(`"${'😀'.repeat(100)}"`);
    const many = named(...Array.from({ length: 3_000 }, (_, index) => `rule ${index}`));
    expect(many).toMatch(/"rule 9" and 2990 more$/);
    expect(many.length).toBeLessThan(300);
  });
});
