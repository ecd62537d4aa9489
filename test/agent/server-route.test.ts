import { type NetworkInterfaceInfo, networkInterfaces } from 'node:os';
import { findTunnels, lostTunnels, tunnelAt } from '../../src/agent/server-route';
import { type Host, timeouts } from '../../src/host';
import { address } from '../firewall/windows/read/policies';

const host = (platform: Host['platform']): Host => ({
  ...{ platform, env: {}, program: '', command: [''], name: 'contain-host', timeouts },
});
const entry = (text: string, mac: string, internal = false): NetworkInterfaceInfo => ({
  ...{ address: text, netmask: '255.255.255.0', family: 'IPv4', mac, internal, cidr: `${text}/24` },
});
const none = '00:00:00:00:00:00';
const interfaces = {
  'Loopback Pseudo-Interface 1': [entry('127.0.0.1', none, true)],
  Ethernet: [entry('192.0.2.10', '00:15:5d:01:02:03'), entry('192.0.2.11', '00:15:5d:01:02:03')],
  'Firmen-VPN': [entry('10.8.0.2', none)],
};

test.each([
  ['10.8.0.2', 'Firmen-VPN'],
  ['192.0.2.11', undefined],
  ['127.0.0.1', undefined],
  ['203.0.113.1', undefined],
  [undefined, undefined],
])('the adapter with the address %s is the tunnel %s', (local, tunnel) => {
  expect(tunnelAt(local, interfaces)).toBe(tunnel);
});

test('who lets somebody through by another adapter keeps the server behind a VPN', () => {
  const server = { address: address('10.8.0.5'), port: 1514, protocols: ['udp'] as const };
  const lost = (...ways: (string | undefined)[]): string[] =>
    lostTunnels([{ server, device: 'Firmen-VPN' }], ways).map(({ device }) => device);
  expect(lost()).toEqual(['Firmen-VPN']);
  expect(lost('Firmen-VPN', undefined)).toEqual(['Firmen-VPN']);
  expect(lost('Firmen-VPN', 'Ethernet')).toEqual([]);
});

test('a server behind a card, or behind nothing, is not behind a tunnel', async () => {
  const cards = Object.values(networkInterfaces())
    .flatMap((entries) => entries ?? [])
    .filter(({ mac, family }) => mac !== none && family === 'IPv4');
  const servers = [...cards.map((card) => card.address), '2001:db8::1'].map((text) => ({
    ...{ address: address(text), port: 1514, protocols: ['udp'] as const },
  }));
  expect(await findTunnels(host('linux'), undefined, { servers, handlers: [], needsDns: false })).toEqual({
    gaps: [],
    areAllLost: false,
    devices: [],
    warnings: [],
  });
  // There is no reg.exe here, and then a card may be the adapter of a VPN.
  expect(await findTunnels(host('windows'), undefined, { servers, handlers: [], needsDns: false })).toEqual({
    gaps: [],
    areAllLost: false,
    devices: [],
    warnings: [expect.stringMatching(/not known whether the way to the server is the tunnel of a VPN/)],
  });
});
