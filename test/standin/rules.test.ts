import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { emptyHost, typicalHost } from '../../fixtures/standin/hosts';
import { randomFrom } from '../../fixtures/standin/random';
import { meaningOf, parseRule, writeAgain } from '../../fixtures/standin/rule-text';
import { addRule, firewall, netsh, newMachine, removeMachines } from './bench';

afterEach(removeMachines);

const ok = 'Ok.\r\n\r\n';
const noMatch = '\r\nNo rules match the specified criteria.\r\n\r\n';

const meanings = (rules: Record<string, string>): string[] => Object.values(rules).map(meaningOf);

test('an added rule is stored with all that was asked, under a GUID, and says Ok', () => {
  const machine = newMachine(emptyHost());
  const added = firewall(
    ...([machine, 'add', 'rule', 'name=My rule', 'dir=out', 'remoteport=1514', 'localport=any'] as const),
    ...['remoteip=192.0.2.1/32', 'protocol=udp', 'service=dnscache', 'description=Why', 'action=allow'],
  );
  expect(added).toMatchObject({ exitCode: 0, text: ok, errors: '' });
  const [[id, text] = ['', '']] = Object.entries(machine.rules());
  expect(id).toMatch(/^\{[\dA-F]{8}(-[\dA-F]{4}){3}-[\dA-F]{12}\}$/);
  expect(text).toMatch(/^v2\.3\d\|(\w+=[^|]*\|)+$/);
  expect(meaningOf(text)).toBe(
    'Action=Allow|Active=TRUE|Desc=Why|Dir=Out|Name=My rule|Protocol=17|RA4=192.0.2.1/32|RPort=1514|Svc=dnscache',
  );
  expect(machine.calls()).toMatchObject([{ tool: 'netsh', exitCode: 0, effect: 'added 1' }]);
});

test('keywords and ICMP types are stored as Windows stores them', () => {
  const machine = newMachine(emptyHost());
  firewall(machine, 'add', 'rule', 'name=dns', 'dir=out', 'remoteip=DNS', 'protocol=tcp', 'action=allow');
  firewall(machine, 'add', 'rule', 'name=nd', 'dir=in', 'protocol=icmpv6:135,any', 'action=allow');
  firewall(machine, 'add', 'rule', 'name=ping', 'dir=in', 'protocol=icmpv4', 'action=allow');
  expect(meanings(machine.rules()).sort()).toEqual([
    'Action=Allow|Active=TRUE|Dir=In|ICMP6=135:*|Name=nd|Protocol=58',
    'Action=Allow|Active=TRUE|Dir=In|Name=ping|Protocol=1',
    'Action=Allow|Active=TRUE|Dir=Out|Name=dns|Protocol=6|RA4=DNS|RA6=DNS'.replaceAll('=DNS', '=dns'),
  ]);
});

test('the same rule added twice is there twice', () => {
  const machine = newMachine(emptyHost());
  addRule(machine, 'Twin');
  addRule(machine, 'Twin');
  expect(machine.activeNames()).toEqual(['Twin', 'Twin']);
});

test('set rule all disables every local rule and none of a policy', () => {
  const machine = newMachine(typicalHost());
  machine.addRule('policy', 'v2.31|Action=Allow|Active=TRUE|Dir=In|Name=Policy|', 'gpo');
  const before = machine.registry();
  const set = firewall(machine, 'set', 'rule', 'all', 'new', 'enable=no');
  expect(set).toMatchObject({ exitCode: 0, text: `\r\nUpdated 300 rule(s).\r\n${ok}` });
  expect(machine.activeNames()).toEqual([]);
  expect(machine.activeNames('gpo')).toEqual(['Policy']);
  const restricted = (tree: typeof before): unknown[] =>
    Object.entries(tree.keys).filter(([key]) => key.includes('RestrictedServices'));
  expect(restricted(machine.registry())).toEqual(restricted(before));
});

test('no rules to set, or none of that name: exit 1, and nothing changes', () => {
  const machine = newMachine(emptyHost());
  const set = ['set', 'rule', 'all', 'new', 'enable=no'];
  expect(firewall(machine, ...set)).toMatchObject({ exitCode: 1, text: noMatch, errors: '' });
  addRule(machine, 'Here');
  const before = machine.rules();
  expect(firewall(machine, 'delete', 'rule', 'name=Her')).toMatchObject({ exitCode: 1, text: noMatch });
  expect(firewall(machine, 'set', 'rule', 'name=He*', 'new', 'enable=no')).toMatchObject({
    exitCode: 1,
    text: noMatch,
  });
  expect(machine.rules()).toEqual(before);
  expect(machine.calls().filter(({ refused }) => refused)).toEqual([]);
});

test('names are compared whole, in any case and script', () => {
  const machine = newMachine(emptyHost());
  for (const name of ['Удалённый помощник', 'УДАЛЁННЫЙ ПОМОЩНИК', 'Удалённый']) addRule(machine, name);
  const set = firewall(machine, 'set', 'rule', 'name=удалённый помощник', 'new', 'enable=no');
  expect(set.text).toBe(`\r\nUpdated 2 rule(s).\r\n${ok}`);
  expect(machine.activeNames()).toEqual(['Удалённый']);
});

test.each([
  ['dir=in', 5],
  ['dir=out', 1],
  ['protocol=udp', 1],
  ['remoteip=192.0.2.1', 2],
  ['remoteip=192.0.2.1/32', 2],
  ['remoteip=192.0.2.1/255.255.255.255', 2],
  ['remoteip=192.0.2.0/24', 0],
  ['remoteip=2001:DB8:0::1', 1],
  ['remoteip=2001:db8::1/128', 1],
  ['remoteip=2001:db8::1/32', 1],
  ['remoteip=any', 1],
  ['remoteip=dns', 1],
])('of six rules of one name, the filter %s chooses %i', (filter, count) => {
  const machine = newMachine(emptyHost());
  const script = join(machine.folder, 'script.txt');
  const rules = [
    'dir=in protocol=tcp remoteip=192.0.2.1/32',
    'dir=out protocol=udp remoteip=192.0.2.1',
    'dir=in protocol=tcp remoteip=2001:db8::1/128',
    'dir=in protocol=tcp remoteip=2001:db8::1/32',
    'dir=in protocol=tcp remoteip=dns',
    'dir=in protocol=tcp',
  ];
  writeFileSync(script, rules.map((rule) => `advfirewall firewall add rule name=N ${rule} action=allow`).join('\r\n'));
  netsh(machine, '-f', script);
  const deleted = firewall(machine, 'delete', 'rule', 'name=n', filter);
  expect(deleted.text).toBe(count === 0 ? noMatch : `\r\nDeleted ${count} rule(s).\r\n${ok}`);
  expect(Object.keys(machine.rules())).toHaveLength(6 - count);
});

test('state and policy are set in all three local profiles, and nothing else is', () => {
  const machine = newMachine(emptyHost());
  netsh(machine, 'advfirewall', 'set', 'allprofiles', 'state', 'on');
  netsh(machine, 'advfirewall', 'set', 'allprofiles', 'firewallpolicy', 'blockinbound,blockoutbound');
  expect(machine.policyFingerprint().split('\n')).toEqual(
    ['DomainProfile', 'PublicProfile', 'StandardProfile'].flatMap((profile) => [
      `${profile} DefaultInboundAction: 1`,
      `${profile} DefaultOutboundAction: 1`,
      `${profile} DoNotAllowExceptions: 0`,
      `${profile} EnableFirewall: 1`,
    ]),
  );
});

describe('who may not, or cannot', () => {
  test('not elevated: the elevation text, exit 1, no effect', () => {
    const machine = newMachine({ ...emptyHost(), settings: { elevated: false } });
    const set = netsh(machine, 'advfirewall', 'set', 'allprofiles', 'state', 'on');
    const text = 'The requested operation requires elevation (Run as administrator).\r\n\r\n';
    expect(set).toMatchObject({ exitCode: 1, text });
    expect(machine.policyFingerprint()).toBe('');
  });

  test('service stopped: its text with the two blanks, exit 1, no effect', () => {
    const machine = newMachine({ ...emptyHost(), settings: { serviceRunning: false } });
    const added = addRule(machine, 'N');
    expect(added.exitCode).toBe(1);
    expect(added.text).toContain('attempting to contact the  Windows Defender Firewall service.');
    expect(machine.rules()).toEqual({});
  });
});

describe('rules are written anew', () => {
  const field = fc.tuple(
    fc.constantFrom('LPort', 'RPort', 'Profile', 'App', 'Svc', 'Edge'),
    fc.stringMatching(/^[^|=]{1,9}$/),
  );
  const address = fc.tuple(fc.constantFrom('RA4', 'LA4'), fc.ipV4());
  const address6 = fc.tuple(fc.constantFrom('RA6', 'LA6'), fc.ipV6());
  const rule = fc
    .array(fc.oneof(field, address, address6), { maxLength: 8 })
    .map((fields) => `v2.10|${[...fields, ['Protocol', '6'], ['Name', 'N']].map(([k, v]) => `${k}=${v}|`).join('')}`);

  test('with the same meaning, whatever the form', () => {
    fc.assert(
      fc.property(rule, fc.string(), (text, seed) => {
        expect(meaningOf(writeAgain(parseRule(text), randomFrom(seed)))).toBe(meaningOf(text));
      }),
    );
  });

  test('a protocol stands before the ports that need it', () => {
    fc.assert(
      fc.property(rule, fc.string(), (text, seed) => {
        const again = writeAgain(parseRule(text), randomFrom(seed));
        expect(again.search(/\|[LR]Port=.*\|Protocol=/)).toBe(-1);
      }),
    );
  });

  test('in other versions, orders and address forms', () => {
    const text = 'v2.10|Action=Allow|Active=TRUE|Dir=In|Protocol=6|RA4=192.0.2.1|RA6=2001:db8::1|Name=N|';
    const seen = Array.from({ length: 100 }, (_, seed) => writeAgain(parseRule(text), randomFrom(`${seed}`)));
    const distinct = (pattern: RegExp): number => new Set(seen.map((again) => pattern.exec(again)?.[0])).size;
    expect(distinct(/^v[\d.]+/)).toBe(4);
    expect(distinct(/RA4=[^|]+/)).toBe(3);
    expect(distinct(/RA6=[^|]+/)).toBe(2);
    expect(distinct(/(?<=\|)\w+=[^|]*\|$/)).toBeGreaterThan(3);
  });
});
