import type { Link } from '../../src/agent/iproute';
import { type Network, readPolicies, tunnelsIn } from '../../src/agent/linux-tunnels';
import type { AllowEntry } from '../../src/policy/allow-entry';
import type { AllowList } from '../../src/policy/allow-list';
import { address } from '../firewall/windows/read/policies';

const allowList: AllowList = {
  servers: [{ address: address('10.0.0.5'), port: 1514, protocols: ['udp'] }],
  handlers: [address('192.0.2.50')],
  needsDns: false,
};
const link = (name: string, more: Partial<Link> = {}): Link => ({
  ...{ name, index: 1, type: 'ether', hasXdp: false },
  ...more,
});
const behind = (device: string, links: readonly Link[], more: Partial<Network> = {}): Network => ({
  routes: new Map([
    ['10.0.0.5', { device, nextHop: '10.0.0.1' }],
    ['203.0.113.7', { device: 'eth0' }],
    ['10.0.0.9', { device }],
  ]),
  ...{ links, policies: [], ports: new Map() },
  ...more,
});
const devices = (network: Network, change: Partial<AllowList> = {}): string[] =>
  tunnelsIn({ ...allowList, ...change }, network).map(({ device }) => device);
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

const policies = `src 10.1.0.10/32 dst 10.0.0.0/24 
\tdir out priority 0 ptype main 
\ttmpl src 192.0.2.10 dst 203.0.113.7
\t\tproto esp spi 0x00000000 reqid 1 mode tunnel
src 0.0.0.0/0 dst 172.16.0.0/12 
\tdir out priority 0 ptype main 
\ttmpl src 192.0.2.10 dst 203.0.113.8
\t\tproto esp reqid 0 mode tunnel
`;

test('a policy of IPsec for the server is a tunnel, whatever the route', () => {
  const network = behind('eth0', [link('eth0')], { policies: readPolicies(policies) });
  expect(devices(network)).toEqual(['IPsec']);
  expect(devices(network, allow('203.0.113.7'))).toEqual([]);
  expect(devices({ ...network, policies: [] })).toEqual([]);
});
