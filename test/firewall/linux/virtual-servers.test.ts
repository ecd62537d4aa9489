import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { property, assert as propertyHolds, string } from 'fast-check';
import { acceptRules } from '../../../src/firewall/linux/rules';
import { readVirtualServers } from '../../../src/firewall/linux/virtual-servers';
import type { Server } from '../../../src/policy/allow-list';
import { address } from '../windows/read/policies';

const folder = mkdtempSync(join(tmpdir(), 'ipvs-'));
afterAll(() => rmSync(folder, { recursive: true }));

/** As the kernel writes /proc/net/ip_vs. */
function listed(...lines: string[]): string {
  const head = [
    'IP Virtual Server version 1.2.1 (size=4096)',
    'Prot LocalAddress:Port Scheduler Flags',
    '  -> RemoteAddress:Port Forward Weight ActiveConn InActConn',
  ];
  const file = join(folder, 'ip_vs');
  writeFileSync(file, `${[...head, ...lines].join('\n')}\n`);
  return file;
}
const service: Server = { address: address('10.96.0.10'), port: 1514, protocols: ['tcp', 'udp'] };
const found = (server: Server, ...lines: string[]): string[] =>
  readVirtualServers([server], listed(...lines)).map(
    ({ real }) => `${real.address.text} ${real.port} ${real.protocols.join()}`,
  );
const real = (place: string): string => `  -> ${place}      Masq    1      0          0         `;

test('a server that IPVS plays goes to its real servers, each with its protocol', () => {
  const lines = [
    ...['UDP  0A600001:0035 rr ', real('0A000099:0035')],
    ...['TCP  0A60000A:05EA rr ', real('0A000005:05EB'), real('0A000006:05EB')],
    ...['UDP  0A60000A:05EA rr ', real('0A000007:05EA')],
    ...['FWM  00000001 rr ', real('0A000098:05EA')],
  ];
  expect(found(service, ...lines)).toEqual(['10.0.0.5 1515 tcp', '10.0.0.6 1515 tcp', '10.0.0.7 1514 udp']);
  expect(found({ ...service, protocols: ['udp'] }, ...lines)).toEqual(['10.0.0.7 1514 udp']);
  expect(found({ ...service, port: 1515 }, ...lines)).toEqual([]);
});

test('by IPv6 too', () => {
  const six: Server = { ...service, address: address('fd00::a') };
  const place = (last: string): string => `[fd00:0000:0000:0000:0000:0000:0000:${last}]:05EA`;
  expect(found(six, `TCP  ${place('000a')} wlc `, real(place('0005')))).toEqual(['fd00::5 1514 tcp']);
});

test('the real servers are let in as the server is', () => {
  const virtual = readVirtualServers([service], listed('UDP  0A60000A:05EA rr ', real('0A000007:05EA')));
  const around = {
    resolvers: [],
    dhcpUsers: [0],
    dhcpServers: [],
    ownIp6: [],
    onLink: [],
    byIpv6Neighbour: 'no' as const,
  };
  const surroundings = { ...around, rewritten: [], virtual, lost: [] };
  const rules = acceptRules({ servers: [service], handlers: [], needsDns: false }, surroundings);
  const chains = (text: string): string[] =>
    rules
      .filter(({ matches }) => matches.some(({ values }) => values.includes(text)))
      .map(({ chain, comment }) => `${chain} ${comment}`);
  const ways = (word: string): string[] => ['input', 'output', 'postrouting'].map((chain) => `${chain} server ${word}`);
  expect(chains('10.0.0.7').sort()).toEqual(ways('udp'));
  expect(chains('10.96.0.10').sort()).toEqual([...ways('tcp'), ...ways('udp')].sort());
});

test('whatever stands there, there is an answer', () => {
  propertyHolds(property(string(), (text) => Array.isArray(readVirtualServers([service], listed(text)))));
  expect(readVirtualServers([service], join(folder, 'missing'))).toEqual([]);
});
