import fc from 'fast-check';
import { type Command, readCommand } from '../../fixtures/standin/grammar';
import { texts } from '../../fixtures/standin/texts';
import { Refusal } from '../../fixtures/standin/words';

const add = (...args: string[]): string[] => ['advfirewall', 'firewall', 'add', 'rule', ...args];
const good = ['name=N', 'dir=in', 'protocol=tcp', 'action=allow'];
const udp = ['name=N', 'dir=in', 'protocol=udp', 'action=allow'];
const ping = ['name=N', 'dir=in', 'protocol=icmpv4', 'action=allow'];

/** What netsh says to the arguments, or undefined where it takes them. */
function complaint(args: readonly string[]): string | undefined {
  try {
    readCommand(args);
    return undefined;
  } catch (error) {
    if (error instanceof Refusal) return error.message;
    throw error;
  }
}

describe('the forms that the product sends', () => {
  test.each<[string[], Command['phase']]>([
    [['advfirewall', 'export', 'C:\\x y.wfw'], 'export'],
    [['advfirewall', 'import', 'C:\\x y.wfw'], 'import'],
    [['advfirewall', 'set', 'allprofiles', 'state', 'on'], 'state'],
    [['advfirewall', 'set', 'allprofiles', 'firewallpolicy', 'blockinbound,blockoutbound'], 'policy'],
    [['advfirewall', 'firewall', 'set', 'rule', 'all', 'new', 'enable=no'], 'disable'],
    [['advfirewall', 'firewall', 'set', 'rule', 'name=all', 'new', 'enable=no'], 'disable'],
    [['advfirewall', 'firewall', 'set', 'rule', 'name=N', 'dir=out', 'new', 'enable=yes'], 'enable'],
    [['advfirewall', 'firewall', 'delete', 'rule', 'name=N', 'dir=in', 'remoteip=192.0.2.1/32'], 'delete'],
    [['-f', 'C:\\script.txt'], 'script'],
    [add(...good), 'add'],
    [add('action=allow', 'protocol=tcp', 'dir=in', 'name=N'), 'add'],
  ])('%j', (args, phase) => {
    expect(readCommand(args).phase).toBe(phase);
  });

  test.each([
    [['ADVFIREWALL', 'Export', 'f']],
    [['adv', 'exp', 'f']],
    [['adv', 'set', 'all', 'st', 'ON']],
    [['advf', 'fire', 'set', 'ru', 'ALL', 'NEW', 'ENABLE=NO']],
    [['advf', 'fire', 'del', 'ru', 'NAME=N', 'DIR=IN']],
    [add('NAME=N', 'Dir=IN', 'prot=TCP', 'ACTION=Allow', 'localp=ANY')],
  ])('words and tags in any case, and cut short: %j', (args) => {
    expect(complaint(args)).toBeUndefined();
  });
});

describe('values', () => {
  test.each([
    ['one host', ['remoteip=192.0.2.1']],
    ['one host with its prefix', ['remoteip=192.0.2.1/32']],
    ['a network', ['remoteip=192.0.2.0/24']],
    ['a network with its mask', ['remoteip=192.0.2.0/255.255.255.0']],
    ['an IPv6 host', ['remoteip=2001:db8::1/128']],
    ['an IPv6 network', ['remoteip=2001:db8::/32']],
    ['the name servers', ['remoteip=dns']],
    ['ports', ['localport=0', 'remoteport=65535']],
    ['any port', ['localport=any', 'remoteport=any']],
    ['lists of ports and ranges', ['localport=0-1513,1515-65535', 'remoteport=53,0-1']],
    ['a range of addresses', ['remoteip=0.0.0.0-192.0.2.49,192.0.2.51-255.255.255.255']],
    ['ranges of both families', ['remoteip=::2-2001:db8::,2001:db8::2/128,10.0.0.0-10.0.0.4']],
    ['a service', ['service=dhcp']],
    ['a description', ['description=why it is there']],
    ['the longest description', [`description=${'d'.repeat(9_999)}`]],
  ])('takes %s', (_, more) => {
    expect(complaint(add(...udp, ...more))).toBeUndefined();
  });

  test.each([
    ['a name is needed', add('dir=in', 'protocol=tcp', 'action=allow'), texts.missingTag],
    ['a direction is needed', add('name=N', 'protocol=tcp', 'action=allow'), texts.missingTag],
    ['an action is needed', add('name=N', 'dir=in', 'protocol=tcp'), texts.missingTag],
    ['the name is not all', add('name=ALL', ...good.slice(1)), texts.badValue],
    ['the name is not empty', add('name=', ...good.slice(1)), texts.badValue],
    ['no bar in a name', add('name=a|b', ...good.slice(1)), texts.badValue],
    ['no quote in a name', add('name=a"b', ...good.slice(1)), texts.badValue],
    ['a name has an end', add(`name=${'n'.repeat(10_000)}`, ...good.slice(1)), texts.badValue],
    ['a description has an end', add(...good, `description=${'d'.repeat(10_000)}`), texts.badValue],
    ['no bar in a description', add(...good, 'description=a|b'), texts.badValue],
    ['a direction is in or out', add('name=N', 'dir=inout', 'protocol=tcp', 'action=allow'), texts.badValue],
    ['a port is at most 65535', add(...good, 'localport=65536'), texts.badPort],
    ['a port is not negative', add(...good, 'localport=-1'), texts.badPort],
    ['a port is not hexadecimal', add(...good, 'localport=0x10'), texts.badPort],
    ['a port is there', add(...good, 'remoteport='), texts.badPort],
    ['no local port without TCP or UDP', add(...ping, 'localport=80'), texts.portsNeedProtocol],
    ['no port any either', add(...ping, 'remoteport=any'), texts.portsNeedProtocol],
    ['an unknown protocol', add('name=N', 'dir=in', 'protocol=tpc', 'action=allow'), texts.badProtocol],
    ['an ICMP type is a byte', add('name=N', 'dir=in', 'protocol=icmpv6:256,any', 'action=allow'), texts.badProtocol],
    ['an ICMP type has a code', add('name=N', 'dir=in', 'protocol=icmpv6:135', 'action=allow'), texts.badProtocol],
    ['no prefix 0', add(...good, 'remoteip=0.0.0.0/0'), texts.badPrefix],
    ['no IPv6 prefix 0', add(...good, 'remoteip=::/0'), texts.badPrefix],
    ['no range backwards', add(...good, 'remoteip=192.0.2.9-192.0.2.8'), texts.badAddress],
    ['no IPv6 range backwards', add(...good, 'remoteip=2001:db8::a-2001:db8::9'), texts.badAddress],
    ['no range across families', add(...good, 'remoteip=0.0.0.0-::2'), texts.badAddress],
    ['no range of networks', add(...good, 'remoteip=10.0.0.0/8-11.0.0.0/8'), texts.badAddress],
    ['no range of three', add(...good, 'remoteip=10.0.0.1-10.0.0.2-10.0.0.3'), texts.badAddress],
    ['no blank in a list', add(...good, 'remoteip=10.0.0.1, 10.0.0.2'), texts.badAddress],
    ['no loopback in a list', add(...good, 'remoteip=10.0.0.1,::1'), texts.badAddress],
    ['a list has an end', add(...good, `remoteip=${Array(1001).fill('10.0.0.1').join()}`), texts.badValue],
    ['no ports backwards', add(...good, 'localport=9-8'), texts.badPort],
    ['no empty item', add(...good, 'localport=9,'), texts.badPort],
    ['a protocol is a byte', add('name=N', 'dir=in', 'protocol=256', 'action=block'), texts.badProtocol],
    [
      'no ports with a tunnel',
      add('name=N', 'dir=in', 'protocol=47', 'localport=1', 'action=block'),
      texts.portsNeedProtocol,
    ],
    [
      'no IPv4 with ICMPv6',
      add('name=N', 'dir=in', 'protocol=icmpv6', 'remoteip=10.0.0.1', 'action=block'),
      texts.badValue,
    ],
    ['an action is one of three', add('name=N', 'dir=in', 'protocol=tcp', 'action=deny'), texts.badValue],
    ['no empty mask', add(...good, 'remoteip=10.0.0.0/0.0.0.0'), texts.badPrefix],
    ['no prefix beyond 32', add(...good, 'remoteip=192.0.2.1/33'), texts.badAddress],
    ['no prefix beyond 128', add(...good, 'remoteip=2001:db8::1/129'), texts.badAddress],
    ['no mask with holes', add(...good, 'remoteip=10.0.0.0/255.0.255.0'), texts.badAddress],
    ['no IPv6 loopback', add(...good, 'remoteip=::1'), texts.badAddress],
    ['nor with its prefix', add(...good, 'remoteip=::1/128'), texts.badAddress],
    ['nor written at length', add(...good, 'remoteip=0:0:0:0:0:0:0:1'), texts.badAddress],
    ['no zone', add(...good, 'remoteip=fe80::1%4'), texts.badAddress],
    ['no host name', add(...good, 'remoteip=siem.example.org'), texts.badAddress],
    ['no host name with a prefix', add(...good, 'remoteip=siem.example.org/32'), texts.badAddress],
    ['no leading zeros', add(...good, 'remoteip=192.000.002.001'), texts.badAddress],
    ['no short form', add(...good, 'remoteip=10.1'), texts.badAddress],
    ['no trailing blank', add(...good, 'remoteip=192.0.2.1 '), texts.badAddress],
    ['no address at all', add(...good, 'remoteip='), texts.badAddress],
    ['a tag twice', add(...good, 'dir=out'), texts.repeatedTag('dir')],
    ['a tag twice, once cut short', add(...good, 'act=allow'), texts.repeatedTag('action')],
    ['an ambiguous tag', add(...good, 'remote=192.0.2.1'), texts.badTag('remote')],
    ['an unknown tag', add(...good, 'group=x'), texts.badTag('group')],
    ['a stray word', add(...good, 'please'), texts.badValue],
    ['a blank after the equals sign makes two words', add('name=', 'N', ...good.slice(1)), texts.badValue],
    ['two paths', ['advfirewall', 'export', 'a', 'b'], texts.wrongCount],
    ['no path', ['advfirewall', 'import'], texts.wrongCount],
    ['the comma list in two words', ['advfirewall', 'set', 'all', 'firewallpolicy', 'a', 'b'], texts.wrongCount],
    ['an unknown command', ['firewall', 'set'], texts.unknownCommand('firewall set')],
    ['set without new', ['advfirewall', 'firewall', 'set', 'rule', 'all', 'enable=no'], texts.badValue],
    ['delete without a name', ['advfirewall', 'firewall', 'delete', 'rule', 'dir=in'], texts.missingTag],
  ])('refuses: %s', (_, args, text) => {
    expect(complaint(args)).toBe(text);
  });
});

test.each([
  [['advfirewall', 'reset']],
  [['advfirewall', 'show', 'allprofiles']],
  [['advfirewall', 'set', 'allprofiles', 'state', 'off']],
  [['advfirewall', 'set', 'domainprofile', 'state', 'on']],
  [['advfirewall', 'set', 'allprofiles', 'firewallpolicy', 'blockinbound,allowoutbound']],
  [['advfirewall', 'firewall', 'delete', 'rule', 'name=all']],
  [['advfirewall', 'firewall', 'show', 'rule', 'name=all']],
  [['advfirewall', 'firewall', 'set', 'rule', 'all', 'new', 'action=block']],
  [add('name=N', 'dir=in', 'protocol=tcp', 'action=bypass')],
  [add(...good, 'remoteip=128.0.0.0/1')],
  [add('name=N', 'dir=in', 'action=allow')],
  [add(...good, 'program=C:\\x.exe')],
  [add(...good, 'service=any')],
  [add(...good, 'profile=any')],
  [[]],
])('what netsh knows but the product never sends is refused loudly: %j', (args) => {
  expect(complaint(args)).toContain('STAND-IN REFUSES');
});

test('no arguments whatever end in anything but a command or a refusal', () => {
  const words = [
    'advfirewall',
    'firewall',
    'add',
    'set',
    'delete',
    'rule',
    'all',
    'new',
    'name=x',
    'dir=in',
    'enable=no',
  ];
  const word = fc.oneof(
    fc.constantFrom(...words),
    fc.string(),
    fc.string().map((value) => `remoteip=${value}`),
  );
  fc.assert(
    fc.property(fc.array(word, { maxLength: 9 }), (args) => {
      const said = complaint(args);
      expect(said === undefined || said.length > 0).toBe(true);
    }),
  );
});

test('an address is taken only if it is one', () => {
  const part = fc.oneof(
    fc.ipV4(),
    fc.ipV6(),
    fc.constantFrom('/', '%', ',', '-', ' ', '::', '0'),
    fc.nat(999).map(String),
  );
  fc.assert(
    fc.property(fc.array(part, { minLength: 2, maxLength: 3 }), (parts) => {
      const text = parts.join('');
      const taken = complaint(add(...good, `remoteip=${text}`)) === undefined;
      if (taken) expect(text).toMatch(/^[\da-f.:]+(\/[\d.]+)?([,-][\da-f.:]+(\/[\d.]+)?)*$/i);
    }),
  );
});
