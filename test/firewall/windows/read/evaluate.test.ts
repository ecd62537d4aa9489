import { effectiveProfile } from '../../../../src/firewall/windows/read/effective';
import { decide } from '../../../../src/firewall/windows/read/evaluate';
import type { Flow } from '../../../../src/firewall/windows/read/flow';
import { allowListOf, blocking } from './policies';

const flow: Flow = {
  direction: 'out',
  protocol: 6,
  localPort: { first: 49_152, last: 65_535 },
  remotePort: 443,
  remote: '198.51.100.7',
  services: ['OssecSvc'],
  programs: ['C:\\Program Files (x86)\\ossec-agent\\ossec-agent.exe'],
};
const inbound: Flow = { direction: 'in', protocol: 6, localPort: 445, remotePort: 50_000, remote: '198.51.100.7' };

const allow = 'Action=Allow|Active=TRUE|Dir=Out|';
const block = 'Action=Block|Active=TRUE|Dir=Out|';

function verdict(
  rules: readonly string[],
  wanted: Flow = flow,
  settings: Record<string, number | string> = blocking,
): string {
  return decide(effectiveProfile('public', allowListOf('local', settings, rules), []), wanted).verdict;
}

describe('bypass, then block, then allow, then the default', () => {
  test.each([
    [[], 'blocked'],
    [['A'], 'allowed'],
    [['B'], 'blocked'],
    [['A', 'B'], 'blocked'],
    [['B', 'A'], 'blocked'],
    [['P'], 'unknown'],
    [['P', 'B'], 'unknown'],
    [['P', 'A'], 'allowed'],
    [['P', 'A', 'B'], 'unknown'],
    [['a'], 'unknown'],
    [['b'], 'blocked'],
    [['a', 'b'], 'unknown'],
    [['A', 'b'], 'unknown'],
    [['a', 'B'], 'blocked'],
    [['a', 'A'], 'allowed'],
    [['b', 'B'], 'blocked'],
    [['n'], 'blocked'],
  ])('%j gives %s where the default is to block', (kinds, expected) => {
    expect(verdict(kinds.map((kind) => kindsOfRule[kind] ?? ''))).toBe(expected);
  });

  test.each([
    [[], 'allowed'],
    [['B'], 'blocked'],
    [['b'], 'unknown'],
    [['A', 'b'], 'unknown'],
    [['a', 'B'], 'blocked'],
    [['P', 'B'], 'unknown'],
  ])('%j gives %s where the default is to allow', (kinds, expected) => {
    const open = { ...blocking, DefaultOutboundAction: 0 };
    expect(
      verdict(
        kinds.map((kind) => kindsOfRule[kind] ?? ''),
        flow,
        open,
      ),
    ).toBe(expected);
  });

  /**
   * Upper case: surely for the flow. Lower case: perhaps, by a word that only Windows knows. P: bypass. n: for others.
   */
  const kindsOfRule: Record<string, string> = {
    A: `${allow}Name=A`,
    a: `${allow}RA4=LocalSubnet|Name=a`,
    B: `${block}Name=B`,
    b: `${block}RA4=IntErnet|Name=b`,
    P: 'Action=ByPass|Active=TRUE|Dir=Out|Security=Authenticate|Name=P',
    n: `${allow}RA4=203.0.113.1|Name=n`,
  };

  test('the rule that decides is named, and none where a setting decides', () => {
    const profile = (rules: string[]) => effectiveProfile('domain', allowListOf('local', blocking, rules), []);
    expect(decide(profile([`${allow}Name=A`, `${block}Name=B`]), flow).rule?.rule.name).toBe('B');
    expect(decide(profile([`${allow}RA4=DNS|Name=perhaps`, `${allow}Name=A`]), flow).rule?.rule.name).toBe('A');
    expect(decide(profile([`${allow}RA4=DNS|Name=perhaps`]), flow).rule?.rule.name).toBe('perhaps');
    expect(decide(profile([]), flow)).toEqual({ verdict: 'blocked' });
  });
});

describe('settings of the profile', () => {
  test('off means that nothing is blocked', () => {
    expect(verdict([`${block}Name=B`], flow, { ...blocking, EnableFirewall: 0 })).toBe('allowed');
  });

  test('loopback is filtered by block rules alone', () => {
    expect(verdict([], { ...flow, remote: '127.0.0.1' })).toBe('allowed');
    expect(verdict([`${block}RA4=LocalSubnet|Name=B`], { ...flow, remote: '127.0.0.1' })).toBe('unknown');
    expect(verdict([`${block}Name=B`], { ...flow, remote: '127.0.0.1' })).toBe('blocked');
    expect(verdict([], { ...inbound, remote: '::1' }, { ...blocking, DoNotAllowExceptions: 1 })).toBe('allowed');
  });

  test('with shields up inbound rules do not count, outbound ones do', () => {
    const up = { ...blocking, DoNotAllowExceptions: 1 };
    expect(verdict(['Action=Allow|Active=TRUE|Dir=In|Name=A'], inbound, up)).toBe('blocked');
    expect(verdict([], inbound, { ...up, DefaultInboundAction: 0 })).toBe('blocked');
    expect(verdict([`${allow}Name=A`], flow, up)).toBe('allowed');
  });

  test('an interface that is left out makes every block doubtful', () => {
    const out = { ...blocking, DisabledInterfaces: '{6E5A1C1B-0000-0000-0000-000000000000}' };
    expect(verdict([], flow, out)).toBe('unknown');
    expect(verdict([`${block}Name=B`], flow, out)).toBe('unknown');
    expect(verdict([`${allow}Name=A`], flow, out)).toBe('allowed');
  });
});

describe('an allow rule is for the flow', () => {
  const cases: [string, 'allowed' | 'blocked' | 'unknown'][] = [
    ['', 'allowed'],
    ['Protocol=6|', 'allowed'],
    ['Protocol=17|', 'blocked'],
    ['Protocol=6|RPort=443|', 'allowed'],
    ['Protocol=6|RPort=80|RPort2_10=400-500|', 'allowed'],
    ['Protocol=6|RPort=80|', 'blocked'],
    ['Protocol=6|RPort2_10=IPHTTPSOut|', 'unknown'],
    ['Protocol=6|LPort=1514|', 'blocked'],
    ['Protocol=6|LPort=50000|', 'unknown'],
    ['Protocol=6|LPort2_10=1024-65535|', 'allowed'],
    ['Protocol=6|LPort=RPC|', 'unknown'],
    ['RA4=198.51.100.7|', 'allowed'],
    ['RA4=198.51.100.0/24|', 'allowed'],
    ['RA4=198.51.100.0/255.255.255.0|', 'allowed'],
    ['RA4=198.51.100.1-198.51.100.9|', 'allowed'],
    ['RA4=203.0.113.1|RA4=198.51.100.7|', 'allowed'],
    ['RA4=198.51.100.8|', 'blocked'],
    ['RA6=2001:db8::/32|', 'blocked'],
    ['RA6=LocalSubnet|', 'blocked'],
    ['RA4=LocalSubnet|', 'unknown'],
    ['RA4=DNS|', 'unknown'],
    ['RA4=DHCP|', 'unknown'],
    ['RA4=WINS|', 'unknown'],
    ['RA4=DefaultGateway|', 'unknown'],
    ['RA42=IntrAnet|', 'unknown'],
    ['RA4=198.51.100.7,198.51.100.8|', 'unknown'],
    ['LA4=10.0.0.1|', 'unknown'],
    ['IFType=Wireless|', 'unknown'],
    ['IF={6E5A}|', 'unknown'],
    ['LUAuth=O:LSD:(A;;CC;;;WD)|', 'unknown'],
    ['Security=Authenticate|', 'unknown'],
    ['Shiny=1|', 'unknown'],
    ['Edge=TRUE|Desc=d|EmbedCtxt=e|LOM=FALSE|', 'allowed'],
    ['Svc=ossecsvc|', 'allowed'],
    ['Svc=*|', 'allowed'],
    ['Svc=dhcp|', 'blocked'],
    ['App=c:\\program files (x86)\\ossec-agent\\OSSEC-AGENT.exe|', 'allowed'],
    ['App=%ProgramFiles(x86)%\\ossec-agent\\ossec-agent.exe|', 'unknown'],
    ['App=C:\\PROGRA~2\\OSSEC-~1\\OSSEC-~1.EXE|', 'unknown'],
    ['App=%SystemRoot%\\system32\\svchost.exe|', 'blocked'],
    ['App=System|', 'blocked'],
  ];
  test.each(cases)('%s: %s', (fields, expected) => expect(verdict([`${allow}${fields}Name=A`])).toBe(expected));

  test('inbound and outbound are not mixed up, but a rule without a direction may be either', () => {
    expect(verdict([`${allow}Name=A`], inbound)).toBe('blocked');
    expect(verdict(['Action=Allow|Active=TRUE|Name=A'], inbound)).toBe('unknown');
    expect(verdict(['Action=Allow|Active=TRUE|Name=A'], flow)).toBe('unknown');
    expect(verdict(['Action=Allow|Active=TRUE|Dir=In|RA4=x,y|Name=A'], flow)).toBe('blocked');
  });

  test('what is not known of a flow makes a rule doubtful', () => {
    const { localPort: _, remotePort: __, services: ___, programs: ____, ...bare } = flow;
    for (const fields of ['Protocol=6|RPort=443|', 'Protocol=6|LPort=1|', 'Svc=dhcp|', 'Svc=*|', 'App=a.exe|']) {
      expect(verdict([`${allow}${fields}Name=A`], bare)).toBe('unknown');
    }
  });

  test('an ordinary program is no service, and a program that no rule names is none that one names', () => {
    const plain = { ...flow, services: [], programs: [] };
    expect(verdict([`${allow}Svc=*|Name=A`], plain)).toBe('blocked');
    expect(verdict([`${allow}App=C:\\a~1.exe|Name=A`], plain)).toBe('blocked');
  });

  test('one of several programs or services makes a rule doubtful', () => {
    const several = { ...flow, services: ['OssecSvc', 'WazuhSvc'], programs: ['ossec-agent.exe', 'wazuh-agent.exe'] };
    expect(verdict([`${allow}Svc=WazuhSvc|Name=A`], several)).toBe('unknown');
    expect(verdict([`${allow}Svc=*|Name=A`], several)).toBe('allowed');
    expect(verdict([`${allow}App=C:\\x\\wazuh-agent.exe|Name=A`], several)).toBe('unknown');
    expect(verdict([`${allow}App=C:\\x\\other.exe|Name=A`], several)).toBe('blocked');
  });

  test('part of a network makes a rule doubtful', () => {
    const network = { ...flow, remote: '198.51.100.0/24' };
    expect(verdict([`${allow}RA4=198.51.100.0/25|Name=A`], network)).toBe('unknown');
    expect(verdict([`${allow}RA4=198.51.0.0/16|Name=A`], network)).toBe('allowed');
    expect(verdict([`${allow}RA4=198.52.0.0/16|Name=A`], network)).toBe('blocked');
  });

  test('IPv6 is matched by IPv6', () => {
    const six = { ...flow, remote: '2001:db8::7' };
    expect(verdict([`${allow}RA6=2001:db8::/64|Name=A`], six)).toBe('allowed');
    expect(verdict([`${allow}RA6=2001:db8::1-2001:db8::6|Name=A`], six)).toBe('blocked');
    expect(verdict([`${allow}RA4=198.51.100.7|Name=A`], six)).toBe('blocked');
    expect(verdict([`${allow}Name=A`], six)).toBe('allowed');
  });

  test('ICMP is matched by type and code', () => {
    const ping: Flow = { direction: 'in', protocol: 1, icmpType: 8, remote: '198.51.100.7' };
    const rule = (fields: string): string[] => [`Action=Allow|Active=TRUE|Dir=In|Protocol=1|${fields}Name=A`];
    expect(verdict(rule(''), ping)).toBe('allowed');
    expect(verdict(rule('ICMP4=8:*|'), ping)).toBe('allowed');
    expect(verdict(rule('ICMP4=8:0|'), ping)).toBe('unknown');
    expect(verdict(rule('ICMP4=3:4|'), ping)).toBe('blocked');
    expect(verdict(rule('ICMP4=3:4|'), { ...ping, icmpType: 3 })).toBe('unknown');
  });
});

test('of two rules with the same name each counts for itself', () => {
  expect(verdict([`${allow}RA4=203.0.113.1|Name=A`, `${allow}RA4=198.51.100.7|Name=A`])).toBe('allowed');
});
