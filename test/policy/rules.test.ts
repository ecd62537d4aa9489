import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { batchScriptCommands } from '../../src/firewall/windows/batch-script';
import { addRule } from '../../src/firewall/windows/netsh';
import { type Address, isRefusal, parseHost } from '../../src/policy/address';
import type { AllowEntry } from '../../src/policy/allow-entry';
import type { AllowList, Server } from '../../src/policy/allow-list';
import { portsOf } from '../../src/policy/ports';
import { rulesOf } from '../../src/policy/rules';

const transcript = readFileSync(join(__dirname, '../../fixtures/contain-me.transcript.txt'), 'utf8')
  .split('\n')
  .filter((line) => line !== '' && !line.startsWith('#'));
const scriptRules = transcript.filter((line) => line.includes('add rule'));

const address = (text: string): Address => {
  const parsed = parseHost(text);
  if (isRefusal(parsed)) throw new Error(parsed.refused);
  return parsed;
};
const server = (text: string, protocols: Server['protocols'] = ['udp'], port = 1514): Server => ({
  address: address(text),
  port,
  protocols,
});
const allowList = (servers: Server[], handlers: string[], needsDns = false): AllowList => ({
  servers,
  handlers: handlers.map(address),
  needsDns,
});
const lines = (wanted: AllowList): string[] =>
  rulesOf(wanted).map((rule) =>
    addRule(rule)
      .map((word) => (word.includes(' ') ? word.replace('=', '="').concat('"') : word))
      .join(' '),
  );

test('the plan starts with the eight rules of the batch script, name by name and parameter by parameter', () => {
  expect(lines(allowList([server('10.0.0.5')], ['192.0.2.50'])).slice(0, 8)).toEqual(scriptRules);
});

test('--original gives the batch script command by command', () => {
  const commands = batchScriptCommands('add', '%OSSECPATH%', '10.0.0.5', '192.0.2.50').map(([, ...args]) =>
    args
      .map((word) =>
        /[ %]/.test(word) ? (word.includes('=') ? word.replace('=', '="') : `"${word}`).concat('"') : word,
      )
      .join(' '),
  );
  expect(commands).toEqual(transcript);
});

test('the server is reached from an ephemeral port, and over UDP may speak first', () => {
  expect(lines(allowList([server('10.0.0.5', ['udp'], 1520)], []))).toEqual(
    expect.arrayContaining([
      'advfirewall firewall add rule name="contain-host: server out udp" dir=out remoteport=1520 remoteip=10.0.0.5/32 protocol=udp action=allow',
      'advfirewall firewall add rule name="contain-host: server in udp" dir=in remoteport=1520 remoteip=10.0.0.5/32 protocol=udp action=allow',
    ]),
  );
});

test('a TCP server needs no way in', () => {
  const names = rulesOf(allowList([server('10.0.0.5', ['tcp'])], [])).map(({ name }) => name);
  expect(names).toContain('contain-host: server out tcp');
  expect(names).not.toContain('contain-host: server in udp');
});

test('DHCP is always kept', () => {
  const dhcp = lines(allowList([server('10.0.0.5')], [])).filter((line) => line.includes('DHCP'));
  expect(dhcp).toEqual([
    'advfirewall firewall add rule name="contain-host: DHCP in" dir=in localport=68 remoteport=67 protocol=udp service=dhcp action=allow',
    'advfirewall firewall add rule name="contain-host: DHCP out" dir=out localport=68 remoteport=67 protocol=udp service=dhcp action=allow',
  ]);
});

test.each([
  ['a server', allowList([server('2001:db8::5')], [])],
  ['a handler', allowList([server('10.0.0.5')], ['2001:db8::50'])],
])('neighbour discovery is kept when %s is IPv6', (_who, wanted) => {
  const kept = lines(wanted);
  for (const type of [133, 134, 135, 136, 137, 2]) {
    for (const direction of ['in', 'out']) {
      expect(kept).toContain(
        `advfirewall firewall add rule name="contain-host: ICMPv6 ${type} ${direction}" dir=${direction} protocol=icmpv6:${type},any action=allow`,
      );
    }
  }
  expect(kept.join('\n')).toContain('localport=546 remoteport=547');
  expect(kept.join('\n')).toMatch(/remoteip=2001:db8::50?\/128/);
});

test('an IPv4 host gets no IPv6 rule', () => {
  expect(lines(allowList([server('10.0.0.5')], ['192.0.2.50'])).join('\n')).not.toMatch(/icmpv6|546|:\//i);
});

test('name servers are reachable only where a server is a name', () => {
  const dns = (needsDns: boolean): string[] =>
    lines(allowList([server('10.0.0.5')], [], needsDns)).filter((line) => line.includes('=53'));
  expect(dns(false)).toEqual([]);
  expect(dns(true)).toEqual([
    'advfirewall firewall add rule name="contain-host: DNS out udp" dir=out remoteport=53 remoteip=dns protocol=udp service=dnscache action=allow',
    'advfirewall firewall add rule name="contain-host: DNS out tcp" dir=out remoteport=53 remoteip=dns protocol=tcp service=dnscache action=allow',
  ]);
});

test('every server and every handler gets its rules, in order', () => {
  const all = lines(allowList([server('10.0.0.5'), server('10.0.0.6')], ['192.0.2.50', '192.0.2.51']));
  const remotes = all.slice(2, 14).map((line) => /remoteip=([^/]+)/.exec(line)?.[1]);
  const two = (text: string): string[] => [text, text];
  expect(remotes).toEqual([
    ...[...two('10.0.0.5'), ...two('10.0.0.6')],
    ...[...two('192.0.2.50'), ...two('192.0.2.50'), ...two('192.0.2.51'), ...two('192.0.2.51')],
  ]);
});

test('an entry of the settings is let through so far as it says, after the eight rules', () => {
  const entries: AllowEntry[] = [
    { address: address('203.0.113.7'), direction: 'out', protocol: 'udp', ports: portsOf(500, 4500) },
    { address: address('203.0.113.7'), direction: 'both', protocol: 50, ports: [] },
    { address: address('2001:db8::7'), direction: 'in', protocol: 'icmp', ports: [] },
    { address: address('203.0.113.8'), direction: 'in', protocol: 'tcp', ports: portsOf({ first: 8000, last: 8010 }) },
  ];
  const all = lines({ ...allowList([server('10.0.0.5')], ['192.0.2.50']), entries });
  expect(all.slice(0, 8)).toEqual(scriptRules);
  const add = 'advfirewall firewall add rule name="contain-host: allow';
  expect(all.filter((line) => line.startsWith(add)).map((line) => line.slice(add.length + 1))).toEqual([
    'out udp" dir=out remoteport=500,4500 remoteip=203.0.113.7/32 protocol=udp action=allow',
    'in 50" dir=in remoteip=203.0.113.7/32 protocol=50 action=allow',
    'out 50" dir=out remoteip=203.0.113.7/32 protocol=50 action=allow',
    'in icmpv6" dir=in remoteip=2001:db8::7/128 protocol=icmpv6 action=allow',
    'in tcp" dir=in localport=8000-8010 remoteip=203.0.113.8/32 protocol=tcp action=allow',
  ]);
});

test('every rule allows, and none but ping, DHCP and neighbour discovery is open to everybody', () => {
  const rules = rulesOf(allowList([server('2001:db8::5', ['tcp', 'udp'])], ['192.0.2.50'], true));
  expect(rules.map(({ action }) => action)).toEqual(rules.map(() => 'allow'));
  for (const rule of rules.filter(({ remote }) => remote === undefined)) {
    expect(String(rule.protocol).startsWith('icmp') || rule.service === 'dhcp').toBe(true);
  }
});
