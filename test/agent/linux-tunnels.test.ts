import type { Link } from '../../src/agent/iproute';
import { readPolicies } from '../../src/agent/ipsec-policies';
import { type Network, type Tunnel, tunnelsIn } from '../../src/agent/linux-tunnels';
import type { Way } from '../../src/agent/routes';
import type { AllowEntry } from '../../src/policy/allow-entry';
import type { AllowList, Server } from '../../src/policy/allow-list';
import { address } from '../firewall/windows/read/policies';

const server: Server = { address: address('10.0.0.5'), port: 1514, protocols: ['udp'] };
const allowList: AllowList = { servers: [server], handlers: [address('192.0.2.50')], needsDns: false };
const link = (name: string, more: Partial<Link> = {}): Link => ({
  ...{ name, index: 1, type: 'ether', hasXdp: false },
  ...more,
});
const by = (device: string): Way => ({ device, nextHop: '10.0.0.1' });
const network = (
  links: readonly Link[],
  usual: readonly Way[],
  { possible = [], ...more }: Partial<Network> & { possible?: readonly Way[] } = {},
): Network => ({
  ways: new Map([[server, { usual, possible, sources: ['192.0.2.10'] }]]),
  entryDevices: new Map([
    ['203.0.113.7', 'eth0'],
    ['10.0.0.9', 'x'],
  ]),
  ...{ links, policies: [], ports: new Map() },
  ...more,
});
const behind = (device: string, links: readonly Link[], more: Partial<Network> = {}): Network =>
  network(links, [by(device)], more);
const lost = (seen: Network, change: Partial<AllowList> = {}): readonly Tunnel[] =>
  tunnelsIn({ ...allowList, ...change }, seen);
const devices = (seen: Network, change: Partial<AllowList> = {}): string[] =>
  lost(seen, change).map(({ device, isPossible }) => (isPossible ? `perhaps ${device}` : device));
const allow = (text: string, direction: AllowEntry['direction'] = 'out'): Partial<AllowList> => ({
  entries: [{ address: address(text), direction, protocol: 'udp', ports: [] }],
});

test.each(['vxlan', 'wireguard', 'gre', 'gretap', 'ipip', 'sit', 'ip6tnl', 'tun', 'xfrm', 'vti', 'geneve'])(
  'a server behind a device of the kind %s is behind a tunnel, with or without a hardware address',
  (kind) => {
    expect(devices(behind('x', [link('x', { kind })]))).toEqual(['x']);
    expect(devices(behind('x', [link('x', { kind, type: 'none' })]))).toEqual(['x']);
  },
);

test.each<[string, readonly Link[]]>([
  ['a card', [link('x')]],
  ['a modem that carries bare packets', [link('x', { type: 'none' })]],
  ['PPP, as over DSL, where the frames below are none of IP', [link('x', { kind: 'ppp', type: 'ppp' })]],
  ['a VLAN on a card', [link('x', { kind: 'vlan', below: 'eth0' }), link('eth0')]],
  ['a bond of cards', [link('x', { kind: 'bond' }), link('eth0', { master: 'x' }), link('eth1', { master: 'x' })]],
  [
    'a bridge with a card and the taps of its guests',
    [link('x', { kind: 'bridge' }), link('eth0', { master: 'x' }), link('tap0', { kind: 'tun', master: 'x' })],
  ],
  [
    'a container that shares a bridge, beside an overlay',
    [link('x', { kind: 'veth', below: 'vxlan0' }), link('vxlan0', { kind: 'vxlan' })],
  ],
  ['a device that is gone', []],
])('a server behind %s is not behind a tunnel', (_what, links) => {
  expect(devices(behind('x', links))).toEqual([]);
});

test.each<[string, readonly Link[]]>([
  ['a VLAN on a tunnel', [link('x', { kind: 'vlan', below: 't' }), link('t', { kind: 'gretap' })]],
  ['a bond of tunnels', [link('x', { kind: 'bond' }), link('t', { kind: 'vxlan', master: 'x' })]],
  ['a bridge that leads nowhere else', [link('x', { kind: 'bridge' }), link('t', { kind: 'vxlan', master: 'x' })]],
])('a server behind %s is behind that tunnel', (_what, links) => {
  expect(devices(behind('x', links))).toEqual(['t']);
});

test('of a bridge with a card and a tunnel, the port of the next hop counts', () => {
  const links = [
    link('x', { kind: 'bridge' }),
    link('eth0', { master: 'x' }),
    link('t', { kind: 'vxlan', master: 'x' }),
  ];
  const at = (port: string): string[] => devices(behind('x', links, { ports: new Map([['x 10.0.0.1', port]]) }));
  expect(at('t')).toEqual(['t']);
  expect(at('eth0')).toEqual([]);
});

test('devices that stand on each other in a circle end the search', () => {
  const links = [link('x', { kind: 'vlan', below: 'y' }), link('y', { kind: 'vlan', below: 'x' })];
  expect(devices(behind('x', links))).toEqual([]);
});

test('whoever lets the other end of a tunnel through keeps his server', () => {
  const known = behind('x', [link('x', { kind: 'vxlan', remote: '203.0.113.7' })]);
  expect(devices(known, allow('203.0.113.7'))).toEqual([]);
  expect(devices(known, { handlers: [address('203.0.113.7')] })).toEqual([]);
  expect(devices(known, allow('203.0.113.7', 'in'))).toEqual(['x']);
  expect(devices(known, allow('203.0.113.8'))).toEqual(['x']);
});

test('where the other end is not known, an entry counts whose own way is another one', () => {
  const unknown = behind('x', [link('x', { kind: 'wireguard', type: 'none' })]);
  expect(devices(unknown, allow('203.0.113.7'))).toEqual([]);
  expect(devices(unknown, allow('10.0.0.9'))).toEqual(['x']);
});

describe('where several ways lead to the server', () => {
  const links = [link('eth0'), link('t', { kind: 'wireguard' }), link('u', { kind: 'vxlan', remote: '203.0.113.7' })];

  test('it may be lost where one of them is a tunnel, and is where all are', () => {
    expect(devices(network(links, [by('eth0'), by('t')]))).toEqual(['perhaps t']);
    expect(devices(network(links, [by('t'), by('u')]))).toEqual(['t']);
    expect(devices(network(links, [by('u'), by('t')], {}), allow('203.0.113.7', 'out'))).toEqual([]);
  });

  test('it may be lost where packets that rules marked go by a tunnel, and is kept by none that do not', () => {
    expect(devices(network(links, [by('eth0')], { possible: [by('t')] }))).toEqual(['perhaps t']);
    expect(devices(network(links, [by('t')], { possible: [by('eth0')] }))).toEqual(['t']);
    expect(devices(network(links, [by('eth0')], { possible: [by('eth0')] }))).toEqual([]);
  });
});

test('an entry without a route is no other end of a tunnel', () => {
  expect(devices(behind('x', [link('x', { kind: 'wireguard' })]), allow('198.51.100.1'))).toEqual(['x']);
});

const policy = (
  selector: string,
  more = '\ttmpl src 192.0.2.10 dst 203.0.113.7\n\t\tproto esp mode tunnel\n',
): string => `${selector} \n\tdir out priority 5 ptype main \n${more}`;

test('a policy of IPsec for the server is a tunnel, whatever the route', () => {
  const seen = behind('eth0', [link('eth0')], { policies: readPolicies(policy('src 0.0.0.0/0 dst 10.0.0.0/24')) });
  expect(devices(seen)).toEqual(['IPsec']);
  expect(devices(seen, allow('203.0.113.7'))).toEqual([]);
  expect(devices({ ...seen, policies: [] })).toEqual([]);
});

test('a policy of IPsec that may be for the server is a tunnel perhaps', () => {
  const policies = readPolicies(policy('src 0.0.0.0/0 dst 10.0.0.0/24 proto udp sport 500'));
  expect(devices(behind('eth0', [link('eth0')], { policies }))).toEqual(['perhaps IPsec']);
});

test('a server by a tunnel whose packets IPsec blocks is not said to be behind that tunnel', () => {
  const blocked = 'src 0.0.0.0/0 dst 10.0.0.0/24 \n\tdir out action block priority 0 ptype main \n';
  const seen = behind('t', [link('t', { kind: 'gre' })], { policies: readPolicies(blocked) });
  expect(devices(seen)).toEqual([]);
});
