import { BlockList, isIPv4 } from 'node:net';
import fc from 'fast-check';
import { addRule, fitsScript, scriptText } from '../../src/firewall/windows/netsh';
import { type Address, isRefusal, parseNetwork } from '../../src/policy/address';
import { type AllowEntry, parseEntry } from '../../src/policy/allow-entry';
import type { AllowList, Server } from '../../src/policy/allow-list';
import { isOurName, rulesOf } from '../../src/policy/rules';
import { isSealName, type Surroundings, sealRules } from '../../src/policy/seal';

const network = (text: string): Address => {
  const parsed = parseNetwork(text, 24, 64);
  if (isRefusal(parsed)) throw new Error(parsed.refused);
  return parsed;
};
const server = (text: string, port = 1514, protocols: Server['protocols'] = ['udp']): Server => ({
  address: network(text),
  port,
  protocols,
});
const entry = (given: unknown): AllowEntry => {
  const parsed = parseEntry(given);
  if ('refused' in parsed) throw new Error(parsed.refused);
  return parsed;
};
const home: Surroundings = { dhcpServers: [network('10.0.0.1')], resolvers: [network('10.0.0.53')] };
const linesOf = (allowList: AllowList, around = home): string[] =>
  sealRules(rulesOf(allowList), around).map((rule) => addRule(rule).join(' '));

/** What a line of the seal says, without its name. */
const bodies = (lines: readonly string[]): string[] => lines.map((line) => line.replace(/^.*?(dir=)/, '$1'));

const one: AllowList = { servers: [server('10.0.0.5')], handlers: [network('192.0.2.50')], needsDns: false };
const toAllSix = '::2-ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff';

test('TCP and UDP are blocked to and from all but the server and the handler', () => {
  const lines = bodies(linesOf(one)).filter((line) => /protocol=(tcp|udp)/.test(line));
  const big = ['0.0.0.0-126.255.255.255', '128.0.0.0-192.0.2.49', '192.0.2.51-255.255.255.255', toAllSix].join(',');
  const noDhcp = '0.0.0.0-10.0.0.0,10.0.0.2-10.0.0.4,10.0.0.6-126.255.255.255,128.0.0.0-192.0.2.49';
  const udp = [
    `remoteip=${noDhcp},192.0.2.51-255.255.255.254,${toAllSix} protocol=udp action=block`,
    'localport=0-67,69-65535 remoteip=10.0.0.1/32,255.255.255.255/32 protocol=udp action=block',
    'localport=68 remoteport=0-66,68-65535 remoteip=10.0.0.1/32,255.255.255.255/32 protocol=udp action=block',
    'localport=0-1513,1515-65535 remoteport=0-1513,1515-65535 remoteip=10.0.0.5/32 protocol=udp action=block',
  ];
  for (const way of ['out', 'in']) {
    const found = lines.filter((line) => line.startsWith(`dir=${way} `)).map((line) => line.slice(way.length + 5));
    expect(found.sort()).toEqual([`remoteip=${big} protocol=tcp action=block`, ...udp].sort());
  }
});

test('a TCP server is reached on its port; from there nobody gets in', () => {
  const lines = bodies(linesOf({ ...one, servers: [server('10.0.0.5', 1515, ['tcp'])] }));
  expect(lines).toContain('dir=out remoteport=0-1514,1516-65535 remoteip=10.0.0.5/32 protocol=tcp action=block');
  expect(lines.filter((line) => /dir=in.*protocol=tcp/.test(line))).toEqual([
    expect.stringContaining('0.0.0.0-126.255.255.255,128.0.0.0-192.0.2.49,192.0.2.51-255.255.255.255'),
  ]);
});

test('a server that is a handler too keeps every port', () => {
  const lines = linesOf({ ...one, handlers: [network('10.0.0.5')] });
  expect(lines.filter((line) => line.includes('10.0.0.5'))).toEqual([]);
});

test('echo of ICMPv6 and what carries other protocols is blocked; ICMPv4 and neighbour discovery are in no rule', () => {
  const lines = bodies(linesOf({ ...one, handlers: [network('2001:db8::50')] }));
  const carriers = [4, 41, 47, 50, 51, 115, 132, 136].map(String);
  for (const way of ['out', 'in']) {
    const protocols = lines.flatMap((line) => new RegExp(`^dir=${way} .*protocol=(\\S+)`).exec(line)?.[1] ?? []);
    const expected = ['tcp', 'udp', 'icmpv6:128,any', 'icmpv6:129,any', ...carriers];
    expect(new Set(protocols)).toEqual(new Set(expected));
  }
});

test('DHCPv6 and neighbour discovery are kept where something IPv6 is let through', () => {
  const lines = bodies(linesOf({ ...one, handlers: [network('2001:db8::50')] }));
  const linkScope = 'remoteip=fe80::/10,ff02::/16';
  expect(lines).toContain(`dir=out localport=0-545,547-65535 ${linkScope} protocol=udp action=block`);
  expect(lines).toContain(`dir=out localport=546 remoteport=0-546,548-65535 ${linkScope} protocol=udp action=block`);
});

test('where the DHCP servers are not known DHCP is left open to any', () => {
  const lines = bodies(linesOf(one, { dhcpServers: undefined, resolvers: [] }));
  expect(lines.some((line) => /dir=out localport=68 remoteport=0-66,68-65535 remoteip=0\.0\.0\.0-/.test(line))).toBe(
    true,
  );
});

test('an entry with a protocol of its own is left out of its rule', () => {
  const lines = bodies(
    linesOf({ ...one, entries: [entry({ address: '203.0.113.7', direction: 'out', protocol: 50 })] }),
  );
  expect(lines).toContain(
    `dir=out remoteip=0.0.0.0-126.255.255.255,128.0.0.0-203.0.113.6,203.0.113.8-255.255.255.255,${toAllSix} protocol=50 action=block`,
  );
  expect(lines).toContain(
    `dir=in remoteip=0.0.0.0-126.255.255.255,128.0.0.0-255.255.255.255,${toAllSix} protocol=50 action=block`,
  );
});

test('an entry for ICMP of IPv6 is left out of the rules for echo, which are for IPv6 alone', () => {
  const lines = bodies(
    linesOf({ ...one, entries: [entry({ address: '2001:db8::7', direction: 'out', protocol: 'icmp' })] }),
  ).filter((line) => line.includes('protocol=icmpv6:'));
  const beside = 'remoteip=::2-2001:db8::6,2001:db8::8-ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff';
  const all = `remoteip=${toAllSix}`;
  expect(lines).toEqual(
    [
      ['out', beside],
      ['in', all],
    ].flatMap(([way, remote]) =>
      [128, 129].map((type) => `dir=${way} ${remote} protocol=icmpv6:${type},any action=block`),
    ),
  );
});

test('another content has another name, and the same content the same', () => {
  const names = (allowList: AllowList): string[] => sealRules(rulesOf(allowList), home).map(({ name }) => name);
  const first = names(one);
  expect(new Set(first).size).toBe(first.length);
  expect(names(one)).toEqual(first);
  const other = names({ ...one, handlers: [network('192.0.2.51')] });
  const changed = first.filter((name) => !other.includes(name));
  expect(changed.map((name) => name.split(' ').slice(0, 4).join(' ')).sort()).toEqual(
    ['in tcp', 'in udp', 'out tcp', 'out udp'].map((kind) => `contain-host: seal ${kind}`),
  );
  expect(first.every((name) => isSealName(name) && isOurName(name))).toBe(true);
});

// What follows shares no code with the seal: it reads the lines that netsh is told, as Windows would.

interface Flow {
  readonly direction: 'in' | 'out';
  readonly protocol: string;
  readonly icmpType?: number;
  readonly local: number;
  readonly remote: number;
  readonly address: string;
}

function tagOf(line: string, tag: string): string | undefined {
  return new RegExp(`(?:^| )${tag}=("?)(.*?)\\1(?: |$)`).exec(line)?.[2];
}

function holdsPort(list: string | undefined, port: number): boolean {
  if (list === undefined || list === 'any') return true;
  return list.split(',').some((item) => {
    const [low = '', high = low] = item.split('-');
    return Number(low) <= port && port <= Number(high);
  });
}

/** The address ranges of a line, by Node's own reading. */
function addressesOf(list: string): BlockList {
  const found = new BlockList();
  for (const item of list.split(',')) {
    const [base = '', last] = item.split('-');
    const [host = '', prefix] = base.split('/');
    const family = isIPv4(host) ? 'ipv4' : 'ipv6';
    if (last !== undefined) found.addRange(host, last, family);
    else found.addSubnet(host, Number(prefix), family);
  }
  return found;
}

type Line = { readonly text: string; readonly addresses: BlockList | undefined };

function readLines(script: string): Line[] {
  return script
    .split('\r\n')
    .filter((line) => line !== '')
    .map((text) => {
      const remote = tagOf(text, 'remoteip');
      return { text, addresses: remote === undefined ? undefined : addressesOf(remote) };
    });
}

/** Loopback is no exception here: a block rule bites there. */
function isHit({ text, addresses }: Line, flow: Flow): boolean {
  const [protocol = '', type = ''] = (tagOf(text, 'protocol') ?? '').split(/[:,]/);
  return (
    tagOf(text, 'dir') === flow.direction &&
    protocol === flow.protocol &&
    (type === '' || Number(type) === flow.icmpType) &&
    holdsPort(tagOf(text, 'localport'), flow.local) &&
    holdsPort(tagOf(text, 'remoteport'), flow.remote) &&
    (addresses === undefined || addresses.check(flow.address, isIPv4(flow.address) ? 'ipv4' : 'ipv6'))
  );
}

const isLoopback = (text: string): boolean => text === '::1' || text === '::' || text.startsWith('127.');
const inNetwork = (text: string, { family, text: base, prefix }: Address): boolean => {
  const list = new BlockList();
  list.addSubnet(base, prefix, family === 4 ? 'ipv4' : 'ipv6');
  return list.check(text, isIPv4(text) ? 'ipv4' : 'ipv6');
};

/** What a contained host may do, as the contract has it, flow by flow. */
function isLetThrough(
  flow: Flow,
  { servers, handlers, entries = [], needsDns }: AllowList,
  around: Surroundings,
): boolean {
  const { direction, protocol, local, remote, address, icmpType } = flow;
  const isSix = address.includes(':');
  const lists = [...servers.map((one) => one.address), ...handlers, ...entries.map((one) => one.address)];
  const hasSix = lists.some(({ family }) => family === 6);
  const isEntry = entries.some(
    (one) =>
      inNetwork(address, one.address) &&
      (one.direction === 'both' || one.direction === direction) &&
      (one.protocol === 'icmp' ? (isSix ? 'icmpv6' : 'icmpv4') : String(one.protocol)) === protocol &&
      (one.ports.length === 0 ||
        one.ports.some(({ first, last }) => {
          const port = direction === 'out' ? remote : local;
          return first <= port && port <= last;
        })),
  );
  if (isLoopback(address) || isEntry || protocol === 'icmpv4') return true;
  if (protocol === 'icmpv6') return icmpType !== 128 && icmpType !== 129;
  if (protocol !== 'tcp' && protocol !== 'udp') return false;
  if (handlers.some((handler) => inNetwork(address, handler))) return true;
  const isServer = servers.some(
    (one) =>
      inNetwork(address, one.address) &&
      ((protocol === 'udp' && local === 1514) ||
        (one.protocols.includes(protocol) && remote === one.port && (direction === 'out' || protocol === 'udp'))),
  );
  if (isServer) return true;
  const isDns = direction === 'out' && remote === 53 && around.resolvers.some((one) => inNetwork(address, one));
  if (needsDns && isDns) return true;
  if (protocol !== 'udp') return false;
  const dhcp = [...(around.dhcpServers ?? []), { family: 4, text: '255.255.255.255', prefix: 32 } as const];
  if (local === 68 && remote === 67) return dhcp.some((one) => inNetwork(address, one));
  const isLink = /^(fe[89ab][0-9a-f]|ff02):/i.test(address);
  return hasSix && local === 546 && remote === 547 && isLink;
}

const octet = fc.integer({ min: 0, max: 40 });
const host4 = fc.tuple(octet, octet).map(([a, b]) => `10.${a % 3}.${b % 4}.${a + b}`);
const host6 = fc.tuple(octet, octet).map(([a, b]) => `2001:db8::${(a % 3).toString(16)}:${(a * b).toString(16)}`);
const host = fc.oneof(host4, host6);
const anyNetwork = fc.oneof(
  host,
  fc.tuple(host4, fc.integer({ min: 24, max: 32 })).map(([text, prefix]) => `${text}/${prefix}`),
  fc.tuple(host6, fc.integer({ min: 64, max: 128 })).map(([text, prefix]) => `${text}/${prefix}`),
);
const port = fc.constantFrom(1, 53, 67, 68, 443, 500, 546, 547, 1514, 1515, 4500, 49_152, 65_535);
const ports = fc.array(
  fc.oneof(
    port,
    fc.tuple(port, port).map(([a, b]) => `${Math.min(a, b)}-${Math.max(a, b)}`),
  ),
  { minLength: 1, maxLength: 4 },
);
const protocol = fc.constantFrom('tcp', 'udp', 'icmp', 47, 50, 51, 132, 99);
const anyEntry = fc
  .record({ address: anyNetwork, direction: fc.constantFrom('in', 'out', 'both'), protocol, ports })
  .map(({ ports: listed, ...rest }) =>
    entry(rest.protocol === 'tcp' || rest.protocol === 'udp' ? { ...rest, ports: listed } : rest),
  );
const protocols = fc.constantFrom<Server['protocols']>(['udp'], ['tcp'], ['tcp', 'udp']);
const anyList = fc.record({
  servers: fc.array(
    fc.tuple(host, port, protocols).map((given) => server(...given)),
    { minLength: 1, maxLength: 3 },
  ),
  handlers: fc.array(anyNetwork.map(network), { maxLength: 4 }),
  entries: fc.array(anyEntry, { maxLength: 5 }),
  needsDns: fc.boolean(),
});
const anySurroundings = fc.record({
  dhcpServers: fc.array(host4.map(network), { maxLength: 2 }),
  resolvers: fc.array(host.map(network), { maxLength: 2 }),
});

/** The addresses around every border of a list, one to either side, and some that are special. */
function borders(lines: readonly Line[]): string[] {
  const ends = lines.flatMap(({ text }) => tagOf(text, 'remoteip')?.split(/[,-]/) ?? []);
  const own = ends.map((end) => end.split('/')[0] ?? '').filter((end) => isIPv4(end));
  const beside = own.flatMap((end) => {
    const value = end.split('.').reduce((sum, part) => sum * 256 + Number(part), 0);
    return [value - 1, value, value + 1]
      .filter((near) => near >= 0 && near <= 0xffff_ffff)
      .map((near) => [24, 16, 8, 0].map((shift) => (near >>> shift) & 255).join('.'));
  });
  const six = ends
    .map((end) => end.split('/')[0] ?? '')
    .filter((end) => end.includes(':'))
    .flatMap((end) => {
      const last = Number.parseInt(/([0-9a-f]*)$/.exec(end)?.[1] || '0', 16);
      const head = end.replace(/[0-9a-f]*$/, '');
      return [last - 1, last, last + 1]
        .filter((near) => near >= 0 && near <= 0xffff)
        .map((near) => `${head}${near.toString(16)}`);
    });
  const special = ['0.0.0.0', '127.0.0.1', '126.255.255.255', '128.0.0.0', '255.255.255.255', '255.255.255.254'];
  return [
    ...new Set([...beside, ...six, ...special, '::1', '::2', 'fe80::1', 'febf::9', 'fec0::1', 'ff02::1:2', 'ff05::1']),
  ];
}

const samplePorts = [0, 52, 53, 66, 67, 68, 69, 442, 443, 444, 500, 546, 547, 1513, 1514, 1515, 4500, 65_535];
const sampleProtocols = ['tcp', 'udp', 'icmpv4', 'icmpv6', '4', '41', '47', '50', '51', '115', '132', '136'];

test('the seal blocks what is not let through and nothing else, to either side of every border', () => {
  fc.assert(
    fc.property(anyList, anySurroundings, fc.infiniteStream(fc.nat()), (allowList, around, random) => {
      const lines = readLines(scriptText(sealRules(rulesOf(allowList), around).map(addRule)));
      const pick = <T>(list: readonly T[]): T => list[(random.next().value ?? 0) % list.length] as T;
      const addresses = borders(lines);
      const listed = [...allowList.servers.map(({ address }) => address), ...allowList.handlers];
      const known = [...listed, ...(allowList.entries ?? []).map(({ address }) => address), ...around.resolvers];
      const targets = [
        ...addresses,
        ...known.map(({ text }) => text),
        ...(around.dhcpServers ?? []).map(({ text }) => text),
      ];
      for (const address of targets) {
        for (let count = 0; count < 6; count++) {
          const flow = {
            direction: pick(['in', 'out'] as const),
            protocol: pick([...sampleProtocols, 'tcp', 'udp', 'udp']),
            icmpType: pick([128, 129, 133, 134, 135, 136, 137, 2]),
            local: pick(samplePorts),
            remote: pick(samplePorts),
            address,
          };
          // A protocol is of one family.
          if (flow.protocol === (address.includes(':') ? 'icmpv4' : 'icmpv6')) continue;
          const isBlocked = lines.some((line) => isHit(line, flow));
          if (isBlocked === isLetThrough(flow, allowList, around)) throw new Error(JSON.stringify({ flow, isBlocked }));
        }
      }
    }),
    { numRuns: 80 },
  );
});

test('a hundred entries that touch, and as many that do not, fit lines of 20 ranges and 800 characters', () => {
  const rows = (step: number): AllowEntry[] =>
    Array.from({ length: 100 }, (_, index) =>
      entry({
        address: `203.0.${(index * step) >> 8}.${(index * step) & 255}`,
        protocol: 'tcp',
        ports: [443, 8443 + index],
      }),
    );
  const wide = Array.from({ length: 100 }, (_, index) =>
    entry({ address: `2001:db8:${index + 1}:aaaa::/64`, protocol: 'udp' }),
  );
  for (const entries of [rows(1), rows(2), wide]) {
    const commands = sealRules(rulesOf({ ...one, entries }), home).map(addRule);
    for (const command of commands) {
      expect(fitsScript(command)).toBe(true);
      expect(scriptText([command]).length).toBeLessThanOrEqual(800);
      const remote = command.find((word) => word.startsWith('remoteip=')) ?? '';
      expect(remote.split(',').length).toBeLessThanOrEqual(20);
    }
  }
  const touching = Array.from({ length: 100 }, (_, index) => entry({ address: `203.0.113.${index}`, protocol: 'tcp' }));
  const lines = bodies(linesOf({ ...one, entries: touching })).filter((line) => /dir=out.*protocol=tcp/.test(line));
  expect(lines.join()).toContain('192.0.2.51-203.0.112.255,203.0.113.100-255.255.255.255');
});
