import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { property, assert as propertyHolds, uint8Array } from 'fast-check';
import { readDhcpServers, readDhcpUsers } from '../../../src/firewall/linux/dhcp-clients';

const folder = mkdtempSync(join(tmpdir(), 'dhcp-'));
const leases = join(folder, 'leases');
const noRoutes = join(folder, 'no-routes');
beforeEach(() => mkdirSync(leases));
afterEach(() => rmSync(leases, { recursive: true }));
afterAll(() => rmSync(folder, { recursive: true }));

const servers = (routes = noRoutes): string[] => readDhcpServers([leases], routes).map(({ text }) => text);
const lease = (name: string, content: string | Buffer): void => writeFileSync(join(leases, name), content);

/** A server's message as dhcpcd keeps it: 236 bytes, the cookie, then options (RFC 2131, 2132). */
const message = (...options: number[]): Buffer =>
  Buffer.concat([Buffer.alloc(236), Buffer.from([99, 130, 83, 99, ...options])]);

test.each<[string, string, string | Buffer]>([
  ['systemd-networkd', '2', '# This is private data.\nADDRESS=10.0.0.7\nSERVER_ADDRESS=10.0.0.1\nT1=1800\n'],
  ['NetworkManager', 'internal-0b1c-eth0.lease', 'ADDRESS=10.0.0.7\nSERVER_ADDRESS=10.0.0.1\n'],
  [
    'dhclient, the newest of its leases',
    'dhclient.eth0.leases',
    'lease {\n  option dhcp-server-identifier 10.9.9.9;\n}\nlease {\n  option dhcp-server-identifier 10.0.0.1;\n}\n',
  ],
  ['dhcpcd', 'eth0.lease', message(53, 1, 5, 0, 54, 4, 10, 0, 0, 1, 255)],
])('the server is the one in the lease of %s', (_client, name, content) => {
  lease(name, content);
  expect(servers()).toEqual(['10.0.0.1']);
});

test.each<[string, string | Buffer]>([
  ['no server', 'ADDRESS=10.0.0.7\n'],
  ['everybody', 'SERVER_ADDRESS=255.255.255.255\n'],
  ['rubbish', 'SERVER_ADDRESS=10.0.0.1;accept\n'],
  ['an option that is cut short', message(54, 4, 10, 0)],
  ['options behind their end', message(255, 54, 4, 10, 0, 0, 1)],
])('a lease with %s names nobody', (_what, content) => {
  lease('eth0.lease', content);
  expect(servers()).toEqual([]);
});

test('whatever stands in a lease, nobody comes in but a host', () => {
  propertyHolds(
    property(uint8Array({ maxLength: 64 }), (options) => {
      lease('eth0.lease', message(...options));
      for (const text of servers()) expect(text).toMatch(/^(?!0|127|22[4-9]|2[345]\d)\d+\.\d+\.\d+\.\d+$/);
    }),
  );
});

test('a pipe or a link in the place of a lease holds nobody and is not followed', () => {
  writeFileSync(join(folder, 'elsewhere'), 'SERVER_ADDRESS=10.6.6.6\n');
  symlinkSync(join(folder, 'elsewhere'), join(leases, 'link.lease'));
  execFileSync('mkfifo', [join(leases, 'pipe.lease')]);
  expect(servers()).toEqual([]);
});

test('where no lease says who gave it, the gateways of the default routes are asked', () => {
  const routes = join(folder, 'routes');
  const lines = [
    'Iface\tDestination\tGateway \tFlags',
    'eth0\t00000000\t0101000A\t0003',
    'eth0\t0001000A\t00000000\t0001',
  ];
  writeFileSync(routes, `${lines.join('\n')}\n`);
  expect(servers(routes)).toEqual(['10.0.1.1']);
  lease('2', 'SERVER_ADDRESS=10.0.0.1\n');
  expect(servers(routes)).toEqual(['10.0.0.1']);
});

test('root asks for leases, and those accounts that are there for it', () => {
  const file = join(folder, 'passwd');
  const lines = [
    'root:x:0:0::/root:/bin/sh',
    'dhcpcd:x:103:65534:::',
    'www-data:x:33:33:::',
    'systemd-network:x:998:998:::',
  ];
  writeFileSync(file, `${lines.join('\n')}\ndhcp-attacker:x:1000:1000:::\n_dhcp:x:none:1:::\n`);
  expect(readDhcpUsers([file, join(folder, 'none')])).toEqual([0, 103, 998]);
  expect(readDhcpUsers([])).toEqual([0]);
});
