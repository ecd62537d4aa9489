import { array, constantFrom, oneof, property, assert as propertyHolds, string } from 'fast-check';
import { type Packet, readPolicies, type Wrapping, wrappingOf } from '../../src/agent/ipsec-policies';
import { address } from '../firewall/windows/read/policies';

const packet: Packet = {
  ...{ to: address('10.0.0.5'), protocol: 'udp', port: 1514 },
  ...{ from: ['192.0.2.10'], devices: ['eth0'] },
};
const bare: Wrapping = { ends: [], mayBeBare: true };
const wrapped: Wrapping = { ends: ['203.0.113.7'], mayBeBare: false };
const perhaps: Wrapping = { ends: ['203.0.113.7'], mayBeBare: true };

/** As `ip xfrm policy list dir out` prints them, of iproute2 6.1. */
const tunnel = (selector: string, dir = 'dir out priority 9 ptype main', more = ''): string =>
  `${selector} \n\t${dir} \n\ttmpl src 192.0.2.10 dst 203.0.113.7\n\t\tproto esp reqid 1 mode tunnel\n${more}`;
const plain = (selector: string, dir: string): string => `${selector} \n\t${dir} \n`;
const all = 'src 0.0.0.0/0 dst 0.0.0.0/0';
const of = (...texts: readonly string[]): Wrapping => wrappingOf(packet, readPolicies(texts.join('')));

test.each<[string, string, Wrapping]>([
  ['everybody', tunnel(all), wrapped],
  ['its network', tunnel('src 0.0.0.0/0 dst 10.0.0.0/24'), wrapped],
  ['its address alone, from ours', tunnel('src 192.0.2.10/32 dst 10.0.0.5/32'), wrapped],
  ['its protocol and port', tunnel(`${all} proto udp dport 1514`), wrapped],
  ['its protocol by number', tunnel(`${all} proto 17`), wrapped],
  ['another network', tunnel('src 0.0.0.0/0 dst 172.16.0.0/12'), bare],
  ['what a guest of ours sends', tunnel('src 10.9.0.0/24 dst 10.0.0.0/24'), bare],
  ['another port', tunnel(`${all} proto udp dport 53`), bare],
  ['another protocol', tunnel(`${all} proto tcp dport 1514`), bare],
  ['GRE', tunnel(`${all} proto gre key 5`), bare],
  ['IPv6', tunnel('src ::/0 dst ::/0'), bare],
  ['what comes in', tunnel(all, 'dir in priority 9 ptype main'), bare],
  ['a socket of somebody', tunnel(all, 'socket out priority 0 ptype main'), bare],
  ['a device of the kind xfrm', tunnel(all, undefined, '\tif_id 0x7\n'), bare],
  ['another device', tunnel(`${all} dev wlan0`), bare],
  ['its device', tunnel(`${all} dev eth0`), perhaps],
  ['one of our ports', tunnel(`${all} proto udp sport 500 dport 1514`), perhaps],
  ['packets that somebody marked', tunnel(all, undefined, '\tmark 0x1/0xff\n'), perhaps],
  ['packets that nobody marked', tunnel(all, undefined, '\tmark 0/0xff\n'), wrapped],
  ['what is not known here', tunnel(`${all} uid 33`), perhaps],
  ['where it can be negotiated', tunnel(all, undefined, '\t\tlevel use \n'), perhaps],
])('a policy for %s', (_whom, text, expected) => {
  expect(of(text)).toEqual(expected);
});

test('the policy with the lowest priority decides', () => {
  const around = 'src 0.0.0.0/0 dst 10.0.0.0/24';
  expect(of(tunnel(all), plain(around, 'dir out priority 8 ptype main'))).toEqual(bare);
  expect(of(tunnel(all), plain(around, 'dir out priority 10 ptype main'))).toEqual(wrapped);
  expect(of(tunnel(all), plain(around, 'dir out action block priority 8 ptype main'))).toEqual({
    ...bare,
    mayBeBare: false,
  });
});

test('of equal policies the oldest decides, which stands last', () => {
  expect(of(tunnel(all), plain(all, 'dir out priority 9 ptype main'))).toEqual(bare);
  expect(of(plain(all, 'dir out priority 9 ptype main'), tunnel(all))).toEqual(wrapped);
});

test('in transport mode the other end is the server itself; of several wrappings the outer tunnel counts', () => {
  const transport = '\ttmpl src 0.0.0.0 dst 0.0.0.0\n\t\tproto esp reqid 0 mode transport\n';
  expect(of(plain(all, 'dir out priority 1 ptype main') + transport)).toEqual({ ...wrapped, ends: ['10.0.0.5'] });
  const tunnelThenTransport = tunnel(all) + transport.replace('esp', 'ah');
  expect(of(tunnelThenTransport)).toEqual(wrapped);
});

test('with another address of ours a policy for one of them is for the packet perhaps', () => {
  const policies = readPolicies(tunnel('src 192.0.2.10/32 dst 10.0.0.0/24'));
  expect(wrappingOf({ ...packet, from: ['192.0.2.10', '192.0.2.11'] }, policies)).toEqual(perhaps);
  expect(wrappingOf({ ...packet, from: [] }, policies)).toEqual(perhaps);
});

test('whatever is printed, there is an answer', () => {
  const word = constantFrom(
    'src',
    'dst',
    '10.0.0.0/8',
    '::/0',
    '1.2.3/99',
    '\n\tdir out priority 5',
    'proto',
    '\n\ttmpl',
  );
  const text = oneof(
    string(),
    array(word).map((words) => words.join(' ')),
  );
  propertyHolds(property(text, (printed) => typeof of(`src ${printed}`).mayBeBare === 'boolean'));
});
