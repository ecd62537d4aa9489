import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { hosts, Lab } from './lab/lab';
import type { Ran } from './lab/protocol';
import { executable } from './package/built';

/**
 * Nobody on the endpoint who is not root gets a packet out or in. One line of the table below is one thing that they
 * try.
 */
const lab = new Lab();
afterAll(() => lab.remove());

const send = join(__dirname, 'lab', 'send.pl');
const capture = join(__dirname, 'lab', 'capture.pl');
/**
 * On the wire these are ours to find: an attacker's, and the last that is looked at. Eight bytes, so that a group's
 * name holds one.
 */
const [word, lastWord] = ['ATTACKER', 'LASTWORD'];
const group = `ff15::${Buffer.from(word)
  .toString('hex')
  .replace(/(....)(?=.)/g, '$1:')}`;

const ordinaryUser = [
  'setpriv',
  '--reuid=1000',
  '--regid=1000',
  '--clear-groups',
  '--inh-caps=-all',
  '--bounding-set=-all',
];
/** Runs as web servers and name servers do: no root, but ports below 1024. */
const serviceAccount = [
  ...['setpriv', '--reuid=33', '--regid=33', '--clear-groups'],
  ...['--inh-caps=+net_bind_service', '--ambient-caps=+net_bind_service'],
];

/** Runs as ping and some monitoring agents do: no root, but raw sockets. */
const rawAccount = [
  ...['setpriv', '--reuid=33', '--regid=33', '--clear-groups'],
  ...['--inh-caps=+net_raw', '--ambient-caps=+net_raw'],
];

/** NAT that sends to the attacker what goes to the endpoint itself, as somebody's forgotten port forwarding does. */
const forwarding = `table ip forwarding {
  chain output {
    type nat hook output priority -100; policy accept;
    ip daddr ${hosts.endpoint.ip4} udp dport 30080 dnat to ${hosts.attacker.ip4}:5000
    ip daddr ${hosts.endpoint.ip4} tcp dport 30080 dnat to ${hosts.attacker.ip4}:22
  }
}
table ip6 forwarding {
  chain output {
    type nat hook output priority -100; policy accept;
    ip6 daddr ${hosts.endpoint.ip6} udp dport 30080 dnat to [${hosts.attacker.ip6}]:5000
  }
}
`;
/** The server's machine in the attacker's hand: what he sends comes from the server's own port. */
const fromServerPort = `table inet disguise {
  chain postrouting {
    type nat hook postrouting priority srcnat; policy accept;
    meta nfproto ipv4 tcp dport 22 snat ip to ${hosts.server.ip4}:1514
    meta nfproto ipv6 tcp dport 22 snat ip6 to [${hosts.server.ip6}]:1514
  }
}
`;

const attacks: readonly (readonly [string, readonly string[], readonly string[]])[] = [
  ['an ordinary user sends a datagram to the attacker', ordinaryUser, ['udp', word, hosts.attacker.ip4, '5000']],
  ['the same by IPv6', ordinaryUser, ['udp', word, hosts.attacker.ip6, '5000']],
  ['an ordinary user sends one to a neighbour', ordinaryUser, ['udp', word, hosts.neighbour.ip4, '5000']],
  ['an ordinary user asks a name server of his own', ordinaryUser, ['udp', word, hosts.attacker.ip4, '53']],
  [
    'an ordinary user sends to everybody on the link',
    ordinaryUser,
    ['udp', word, '255.255.255.255', '5000', '0', 'br0'],
  ],
  ['an ordinary user sends to a group', ordinaryUser, ['udp', word, 'ff02::1', '5000', '0', 'br0']],
  ['an ordinary user joins a group whose name is his message', ordinaryUser, ['join', group, 'br0']],
  [
    'an ordinary user sends to the own address, which NAT sends on',
    ordinaryUser,
    ['udp', word, hosts.endpoint.ip4, '30080'],
  ],
  ['the same by IPv6', ordinaryUser, ['udp', word, hosts.endpoint.ip6, '30080']],
  ['an ordinary user sends to the port of DHCP', ordinaryUser, ['udp', word, hosts.attacker.ip4, '67']],
  ['a service account plays a DHCP client', serviceAccount, ['udp', word, hosts.attacker.ip4, '67', '68']],
  ['the same with the router', serviceAccount, ['udp', word, '10.1.0.1', '67', '68']],
  ['the same with everybody', serviceAccount, ['udp', word, '255.255.255.255', '67', '68', 'br0']],
  ['the same over IPv6', serviceAccount, ['udp', word, hosts.attacker.ip6, '547', '546']],
  ['the same with the group of all servers', serviceAccount, ['udp', word, 'ff02::1:2', '547', '546', 'br0']],
  [
    'a service account sends from the port of a time server',
    serviceAccount,
    ['udp', word, hosts.attacker.ip4, '123', '123'],
  ],
  [
    "a service account sends to the server's machine, another port",
    serviceAccount,
    ['udp', word, hosts.server.ip4, '514', '514'],
  ],
  ...[2, 133, 134, 135, 136, 137].flatMap((type) => [
    [
      `an account with raw sockets sends ICMPv6 ${type} to the attacker`,
      rawAccount,
      ['icmp6', word, String(type), hosts.attacker.ip6, '380'],
    ] as const,
    [
      `the same, ICMPv6 ${type}, as short as what the kernel sends`,
      rawAccount,
      ['icmp6', word, String(type), hosts.attacker.ip6, type === 133 ? '16' : '32'],
    ] as const,
    [
      `the same, ICMPv6 ${type}, to a neighbour, with a payload`,
      rawAccount,
      ['icmp6', word, String(type), hosts.neighbour.ip6, '380'],
    ] as const,
    [
      `the same, ICMPv6 ${type}, to everybody on the link`,
      rawAccount,
      ['icmp6', word, String(type), 'ff02::1', '380', 'br0'],
    ] as const,
  ]),
];

const endpoint = () => lab.host('endpoint');
const containHost = (...args: readonly string[]): Promise<Ran> =>
  endpoint().run('env', `OSSECPATH=${lab.home}`, executable, ...args);

/** What of an attack shows on the wire. The last word is the handler's to get, whoever else is shut out. */
async function onTheWire(who: readonly string[], args: readonly string[]): Promise<string[]> {
  const watching = await lab.startInside('wire', ['perl', capture, 'endpoint']);
  const { exitCode, output } = await endpoint().run(...who, 'perl', send, ...args);
  expect([exitCode, output.replace(/refused: .*/s, '')]).toEqual([0, '']);
  await endpoint().run('perl', send, 'udp', lastWord, hosts.handler.ip4, '5000');
  return watching.end();
}

/** Whoever answers to these from the attacker's side, inward. */
async function inward(): Promise<string[]> {
  const tried = (['ip4', 'ip6'] as const).map(async (family) => {
    const reached = await lab
      .host('server')
      .probe({ protocol: 'tcp', address: hosts.endpoint[family], port: 22 }, contained ? 600 : 20_000);
    return reached ? [`a connection from the server's port, ${family}`] : [];
  });
  return (await Promise.all(tried)).flat();
}
let contained = false;

beforeAll(async () => {
  lab.start();
  writeFileSync(
    join(lab.home, 'etc', 'ossec.conf'),
    `<ossec_config><client><server-ip>${hosts.server.ip4}</server-ip><server-ip>${hosts.server.ip6}</server-ip></client></ossec_config>\n`,
  );
  lab.nft('endpoint', forwarding);
  lab.nft('server', fromServerPort);
  await Promise.all(
    (['endpoint', 'handler', 'server', 'attacker', 'neighbour'] as const).map((name) =>
      lab.host(name).serve([22, 1514], [53, 1514, 5000]),
    ),
  );
});

describe('before, what is tried works', () => {
  test.each(attacks)('%s', async (_what, who, args) => {
    expect(await onTheWire(who, args)).not.toEqual([]);
  });

  test('the attacker comes in from the port of the server', async () => {
    expect(await inward()).toHaveLength(2);
  });

  test('an ordinary user connects to the own address, which NAT sends on', async () => {
    const way = { protocol: 'tcp', address: hosts.endpoint.ip4, port: 30080 } as const;
    expect(await endpoint().probe(way, 20_000)).toBe(true);
  });
});

describe('contained', () => {
  beforeAll(async () => {
    expect(await containHost('ADD', '-', hosts.handler.ip4)).toMatchObject({ exitCode: 0 });
    contained = true;
  });

  test.each(attacks)('%s: nothing leaves', async (_what, who, args) => {
    expect(await onTheWire(who, args)).toEqual([]);
  });

  test('the attacker comes in from the port of the server: he does not', async () => {
    expect(await inward()).toEqual([]);
  });

  test('the own address, which NAT sends on: nobody is reached', async () => {
    const way = { protocol: 'tcp', address: hosts.endpoint.ip4, port: 30080 } as const;
    expect(await endpoint().probe(way, 600)).toBe(false);
  });

  test('the agent talks to its server, and the host is contained as before', async () => {
    for (const protocol of ['tcp', 'udp'] as const) {
      for (const address of [hosts.server.ip4, hosts.server.ip6])
        expect(await endpoint().probe({ protocol, address, port: 1514 }, 20_000)).toBe(true);
    }
    const { output } = await containHost('status', '--json');
    expect(JSON.parse(output)).toMatchObject({ state: 'contained', gaps: [] });
  });
});
