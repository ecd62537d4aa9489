import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { type HostName, hosts, Lab } from './lab/lab';
import type { Probe, Ran } from './lab/protocol';
import { executable } from './package/built';

/** Networks that are not flat: the agent keeps its server, or is told beforehand that it would not. */
const lab = new Lab();
afterAll(() => lab.remove());

const endpoint = () => lab.host('endpoint');
const containHost = (...args: readonly string[]): Promise<Ran> =>
  endpoint().run('env', `OSSECPATH=${lab.home}`, executable, ...args);
const add = async (): Promise<number | null> => (await containHost('ADD', '-', hosts.handler.ip4)).exitCode;
const release = async (): Promise<number | null> => (await containHost('DELETE', '-', '-')).exitCode;
interface Told {
  readonly state: string;
  readonly gaps: readonly { readonly code: string; readonly detail: string }[];
}
const status = async (): Promise<Told> => JSON.parse((await containHost('status', '--json')).output) as Told;

function configure(address: string, protocol?: 'tcp' | 'udp'): void {
  const server =
    protocol === undefined
      ? `<server-ip>${address}</server-ip>`
      : `<server><address>${address}</address><port>1514</port><protocol>${protocol}</protocol></server>`;
  writeFileSync(join(lab.home, 'etc', 'ossec.conf'), `<ossec_config><client>${server}</client></ossec_config>\n`);
}

const set = (settings: object): void =>
  writeFileSync(join(lab.home, 'etc', 'shared', 'contain-host.json'), JSON.stringify(settings));

const reaches = (protocol: Probe['protocol'], address: string, port = 1514, waitMs = 20_000): Promise<boolean> =>
  endpoint().probe({ protocol, address, port }, waitMs);
const ip = (name: HostName | 'router', ...commands: readonly string[]): void => {
  for (const command of commands) lab.inside(name, ['ip', ...command.split(' ')]);
};
const linkLocalOf = (name: HostName | 'router', device: string): string => {
  const text = lab.inside(name, ['ip', '-6', '-o', 'address', 'show', 'dev', device, 'scope', 'link']);
  return /inet6 (fe80:[0-9a-f:]+)/.exec(text)?.[1] ?? '';
};

beforeAll(async () => {
  lab.start();
  const names = ['endpoint', 'handler', 'server', 'attacker', 'internet', 'neighbour'] as const;
  await Promise.all(names.map((name) => lab.host(name).serve([22, 1514], [53, 1514, 5000])));
});
beforeEach(() => set({}));
afterEach(async () => {
  expect(await release()).toBe(0);
});

/**
 * Who sends a service address on to the server: nft, iptables by nft, as Docker and kube-proxy use it, or the iptables
 * from before it, which nft does not list.
 */
const service = '192.0.2.200';
const iptables = (kind: 'legacy' | 'nft', verb: string, protocol: string): string[] =>
  `iptables-${kind} -t nat ${verb} OUTPUT -d ${service} -p ${protocol} --dport 1514 -j DNAT --to-destination ${hosts.server.ip4}`.split(
    ' ',
  );
const forwarders = {
  nft: [
    () =>
      lab.nft(
        'endpoint',
        `table ip services {
  chain output {
    type nat hook output priority -100; policy accept;
    ip daddr ${service} th dport 1514 jump forwarded
  }
  chain forwarded {
    meta l4proto tcp dnat to ${hosts.server.ip4}
    meta l4proto udp dnat to ${hosts.server.ip4}
  }
}
`,
      ),
    () => lab.nft('endpoint', 'delete table ip services\n'),
  ],
  'iptables by nft': [
    () => ['tcp', 'udp'].map((protocol) => lab.inside('endpoint', iptables('nft', '-A', protocol))),
    () => lab.nft('endpoint', 'delete table ip nat\n'),
  ],
  'the iptables from before nft': [
    () => ['tcp', 'udp'].map((protocol) => lab.inside('endpoint', iptables('legacy', '-A', protocol))),
    () => ['tcp', 'udp'].map((protocol) => lab.inside('endpoint', iptables('legacy', '-D', protocol))),
  ],
} as const;

describe.each(Object.entries(forwarders))(
  'a server behind a service address, as Kubernetes makes them with %s',
  (_with, [forward, stop]) => {
    beforeAll(() => {
      forward();
    });
    afterAll(() => {
      stop();
    });

    test('over TCP it is contained, and the agent talks on', async () => {
      configure(service, 'tcp');
      expect(await reaches('tcp', service)).toBe(true);
      expect(await add()).toBe(0);
      expect(await reaches('tcp', service)).toBe(true);
      expect(await reaches('tcp', hosts.attacker.ip4, 22, 600)).toBe(false);
      expect(await reaches('udp', service, 1514, 600)).toBe(false);
      expect(await reaches('tcp', hosts.server.ip4, 1514, 600)).toBe(false);
      expect(await status()).toMatchObject({ state: 'contained', gaps: [] });
    });

    test('over UDP it is contained, the agent talks on, and what is lost after a silence is told', async () => {
      configure(service, 'udp');
      expect(await add()).toBe(6);
      expect(await reaches('udp', service)).toBe(true);
      expect(await reaches('udp', service, 5000, 600)).toBe(false);
      expect(await status()).toMatchObject({ state: 'degraded', gaps: [{ code: 'server-behind-nat' }] });
    });

    test('a server of another address has nothing to do with it', async () => {
      configure(hosts.server.ip4, 'udp');
      expect(await add()).toBe(0);
      expect(await reaches('udp', hosts.server.ip4)).toBe(true);
    });
  },
);

describe.each([
  [
    'by chance',
    `meta l4proto tcp dnat to numgen random mod 2 map { 0 : ${hosts.server.ip4}, 1 : ${hosts.server.ip4} }`,
  ],
  ['by a range', `dnat to ip daddr map { 192.0.2.100-192.0.2.220 : ${hosts.server.ip4} }`],
  ['by networks', `ip daddr vmap { 192.0.2.0/24 : jump forwarded, 198.51.100.0/24 : accept }`],
  ['by intervals of several fields', `ip daddr . tcp dport vmap { 192.0.2.0/24 . 1500-1600 : jump forwarded }`],
])('a server that NAT sends on %s', (_how, rule) => {
  test('over TCP it is contained, and the agent talks on', async () => {
    lab.nft(
      'endpoint',
      `table ip services {
  chain forwarded {
    dnat to ${hosts.server.ip4}
  }
  chain output {
    type nat hook output priority -100; policy accept;
    ${rule}
  }
}
`,
    );
    configure(service, 'tcp');
    expect(await reaches('tcp', service)).toBe(true);
    expect(await add()).toBe(0);
    expect(await reaches('tcp', service)).toBe(true);
    expect(await reaches('tcp', hosts.attacker.ip4, 22, 600)).toBe(false);
    lab.nft('endpoint', 'delete table ip services\n');
  });
});

describe.each([
  'type route hook output priority -150',
  'type filter hook output priority 0',
  'type filter hook postrouting priority 150',
])('a server whose address is set packet by packet, without NAT (%s)', (place) => {
  const setTo = (address: string): void => {
    lab.nft(
      'endpoint',
      `table ip redirected {
  chain output {
    ${place}; policy accept;
    ip daddr ${service} tcp dport 1514 ip daddr set ${address}
  }
  chain back {
    type filter hook prerouting priority -400; policy accept;
    ip saddr ${hosts.server.ip4} tcp sport 1514 ip saddr set ${service}
  }
}
`,
    );
  };
  beforeEach(() => configure(service, 'tcp'));
  afterEach(() => {
    lab.nft('endpoint', 'delete table ip redirected\n');
  });

  test('to one that stands in the rule: the agent talks on', async () => {
    setTo(hosts.server.ip4);
    expect(await reaches('tcp', service)).toBe(true);
    expect(await add()).toBe(0);
    expect(await reaches('tcp', service)).toBe(true);
    expect(await reaches('tcp', hosts.attacker.ip4, 22, 600)).toBe(false);
  });

  test('to one by chance: it is told that the server may be lost', async () => {
    setTo(`numgen random mod 2 map { 0 : ${hosts.server.ip4}, 1 : ${hosts.server.ip4} }`);
    expect(await reaches('tcp', service)).toBe(true);
    expect(await add()).toBe(6);
    const { state, gaps } = await status();
    expect([state, ...gaps.map(({ code }) => code)]).toEqual(['degraded', 'server-blocked', 'server-silent']);
  });
});

test('an IPv4 way by an IPv6 neighbour: the neighbour is found again and again', async () => {
  configure(hosts.server.ip4);
  const neighbour = linkLocalOf('router', 'eth0');
  ip('endpoint', `-4 route replace default via inet6 ${neighbour} dev br0`);
  expect(await add()).toBe(0);
  ip('endpoint', '-6 neigh flush all', 'neigh flush all');
  expect(await reaches('tcp', hosts.server.ip4)).toBe(true);
  expect(await reaches('udp', hosts.server.ip4)).toBe(true);
  expect(await reaches('udp', hosts.attacker.ip6, 5000, 600)).toBe(false);
  ip('endpoint', '-4 route replace default via 10.1.0.1');
});

test('an IPv4 way by an IPv6 neighbour that is taken when another is gone', async () => {
  configure(hosts.server.ip4);
  ip('endpoint', `-4 route add default via inet6 ${linkLocalOf('router', 'eth0')} dev br0 metric 100`);
  expect(await add()).toBe(0);
  ip('endpoint', 'route delete default via 10.1.0.1', '-6 neigh flush all', 'neigh flush all');
  expect(await reaches('tcp', hosts.server.ip4)).toBe(true);
  expect(await reaches('udp', hosts.server.ip4)).toBe(true);
  ip('endpoint', '-4 route delete default', 'route add default via 10.1.0.1');
});

test('a server by its link-local address, which the configuration gives without a zone', async () => {
  const server = linkLocalOf('neighbour', 'eth0');
  configure(server);
  expect(await add()).toBe(0);
  ip('endpoint', '-6 neigh flush all');
  expect(await reaches('tcp', `${server}%br0`)).toBe(true);
  expect(await reaches('udp', `${server}%br0`)).toBe(true);
  expect(await reaches('udp', `${server}%br0`, 5000, 600)).toBe(false);
});

test('a host without IPv4 keeps its server and its way there', async () => {
  configure(hosts.server.ip6);
  ip('endpoint', '-4 address flush dev br0');
  expect((await containHost('ADD', '-', hosts.handler.ip6)).exitCode).toBe(0);
  ip('endpoint', '-6 neigh flush all');
  expect(await reaches('tcp', hosts.server.ip6)).toBe(true);
  expect(await reaches('udp', hosts.server.ip6)).toBe(true);
  ip('endpoint', `address add ${hosts.endpoint.ip4}/24 dev br0`, 'route add default via 10.1.0.1');
});

test('a server on the own link, by a global address: it is kept while neighbours are asked whether they are still there', async () => {
  configure(hosts.neighbour.ip6);
  expect(await add()).toBe(0);
  // Whoever was heard of before is believed for as long as was usual then.
  setNeighbours('base_reachable_time_ms=300', 'delay_first_probe_time=1');
  for (const name of ['endpoint', 'neighbour'] as const) ip(name, '-6 neigh flush all');
  expect(await reaches('udp', hosts.neighbour.ip6)).toBe(true);
  // From here on nobody is looked for in a group any more: whoever is not asked and answered at that address is lost.
  setNeighbours('mcast_solicit=0');
  try {
    for (let round = 0; round < 3; round++) {
      expect([round, await reaches('udp', hosts.neighbour.ip6, 1514, 2000)]).toEqual([round, true]);
      // Longer than it takes to doubt a neighbour, to wait, and to ask it three times in vain.
      await wait(5500);
    }
  } finally {
    setNeighbours('mcast_solicit=3');
  }
});

/** How the endpoint and its neighbour keep track of each other: settings of ip-sysctl, neigh/. */
function setNeighbours(...settings: readonly string[]): void {
  for (const [name, device] of [
    ['endpoint', 'br0'],
    ['neighbour', 'eth0'],
  ] as const)
    lab.inside(name, ['sysctl', '-q', '-w', ...settings.map((setting) => `net.ipv6.neigh.${device}.${setting}`)]);
}

describe('a UDP server behind a VXLAN device', () => {
  const server = '10.77.0.5';
  beforeAll(() => {
    ip(
      'endpoint',
      `link add overlay type vxlan id 7 local ${hosts.endpoint.ip4} remote ${hosts.internet.ip4} dstport 4789`,
      'address add 10.77.0.10/24 dev overlay',
      'link set overlay up',
    );
    ip(
      'internet',
      `link add overlay type vxlan id 7 local ${hosts.internet.ip4} remote ${hosts.endpoint.ip4} dstport 4789`,
      `address add ${server}/24 dev overlay`,
      'link set overlay up',
    );
    configure(server, 'udp');
  });
  afterAll(() => {
    for (const name of ['endpoint', 'internet'] as const) ip(name, 'link delete overlay');
  });

  test('an ADD is refused before any change, and doctor says so', async () => {
    expect(await reaches('udp', server)).toBe(true);
    const { exitCode, output } = await containHost('ADD', '-', hosts.handler.ip4);
    expect([exitCode, output]).toEqual([2, expect.stringMatching(/overlay[\s\S]*Nothing was changed/)]);
    expect(await status()).toMatchObject({ state: 'not-contained' });
    expect(await reaches('udp', hosts.attacker.ip4, 5000)).toBe(true);
    expect((await containHost('doctor')).output).toMatch(/overlay[\s\S]*An ADD is refused/);
  });

  describe('whoever is logged in through it', () => {
    const warning = `${server}. That session goes through the tunnel overlay, which a contained host loses`;
    /** As sshd: a process of that name holds the connection, and what is typed runs below it. */
    const sshd = '$0 = "sshd"; my $held = IO::Socket::INET->new(PeerAddr => shift) or die; exit(system(@ARGV) >> 8);';
    const type = (...words: readonly string[]): Promise<Ran> => {
      const session = ['perl', '-MIO::Socket::INET', '-e', sshd, `${server}:22`];
      return endpoint().run(...session, 'env', `OSSECPATH=${lab.home}`, executable, ...words);
    };

    test('is warned, although the order lets the other end of the session in', async () => {
      set({ whenServerLost: 'contain' });
      const { exitCode, output } = await type('contain', server);
      expect({ exitCode, output }).toEqual({
        exitCode: 6,
        output: expect.stringContaining(`WARNING: you are connected from ${warning}`),
      });
    });

    test('cannot keep that session, and nothing is changed', async () => {
      set({ whenServerLost: 'contain' });
      const { exitCode, output } = await type('contain', hosts.handler.ip4, '--keep-my-session');
      expect({ exitCode, output }).toEqual({
        exitCode: 1,
        output: expect.stringMatching(
          new RegExp(`^Your session comes from ${warning}.*allow.* in the settings\\. Nothing was changed\\.\\n`),
        ),
      });
      expect(await status()).toMatchObject({ state: 'not-contained' });
    });

    test('can keep it where the settings let the other end of the tunnel through', async () => {
      set({ allow: [{ address: hosts.internet.ip4, direction: 'both', protocol: 'udp', ports: [4789] }] });
      expect(await type('contain', hosts.handler.ip4, '--keep-my-session')).toMatchObject({ exitCode: 0 });
      expect(await reaches('tcp', server, 22)).toBe(true);
    });
  });

  test('whoever wants it contained all the same gets that, with the gap', async () => {
    set({ whenServerLost: 'contain' });
    expect(await add()).toBe(6);
    expect(await status()).toMatchObject({ state: 'degraded', gaps: [{ code: 'server-by-tunnel' }] });
    expect(await reaches('udp', hosts.attacker.ip4, 5000, 600)).toBe(false);
  });

  test('whoever lets the other end through keeps the server, and nothing is missing', async () => {
    set({ allow: [{ address: hosts.internet.ip4, direction: 'both', protocol: 'udp', ports: [4789] }] });
    expect(await add()).toBe(0);
    expect(await reaches('udp', server)).toBe(true);
    expect(await reaches('udp', server, 5000, 600)).toBe(false);
    expect(await reaches('udp', hosts.internet.ip4, 5000, 600)).toBe(false);
  });
});

describe('ways past every hook are named, by their device', () => {
  beforeEach(() => configure(hosts.server.ip4));
  const paths = async (): Promise<string> => {
    const { gaps } = await status();
    return gaps.map(({ code, detail }) => `${code} ${detail}`).join('\n');
  };

  test('a guest that shares the card', async () => {
    ip(
      'endpoint',
      'link add link br0 name guest1 type macvlan mode bridge',
      `link set guest1 netns ${lab.pidOf('routed')}`,
    );
    ip('routed', 'link set guest1 up');
    expect(await add()).toBe(6);
    expect(await paths()).toMatch(/unseen-path .*br0 \(macvlan guest\)/);
    ip('routed', 'link delete guest1');
    expect(await paths()).toBe('');
  });

  test('a chain at a card that sends frames on to another one', async () => {
    lab.nft(
      'endpoint',
      `table netdev shortcut {
  chain in {
    type filter hook ingress device "container" priority 0; policy accept;
    ip protocol 253 fwd to "eth0"
  }
}
`,
    );
    expect(await add()).toBe(6);
    expect(await paths()).toMatch(/unseen-path .*eth0 \(netdev chain\)/);
    lab.nft('endpoint', 'delete table netdev shortcut\n');
  });

  const setsAddress = (family: string, hook: string): string => `table ${family} elsewhere {
  chain other {
    type filter hook ${hook}; policy accept;
    ip daddr ${hosts.server.ip4} udp dport 9 ip daddr set ${hosts.attacker.ip4}
  }
}
`;
  test.each([
    [
      'a chain at a card, behind our last one',
      'netdev',
      'egress device "eth0" priority 0',
      /elsewhere other \(netdev chain\)/,
    ],
    [
      'a chain of a bridge, behind our last one',
      'bridge',
      'postrouting priority 0',
      /elsewhere other \(bridge chain\)/,
    ],
    [
      'a chain with our last priority',
      'ip',
      'postrouting priority 2147483647',
      /elsewhere other \(chain behind ours\)/,
    ],
  ])('%s, that sets an address', async (_what, family, hook, named) => {
    lab.nft('endpoint', setsAddress(family, hook));
    expect(await add()).toBe(6);
    expect(await paths()).toMatch(named);
    lab.nft('endpoint', `delete table ${family} elsewhere\n`);
    expect(await paths()).toBe('');
  });

  test('chains in which no packet goes elsewhere are not named', async () => {
    lab.nft(
      'endpoint',
      `table netdev counted {
  chain in {
    type filter hook ingress device "eth0" priority 0; policy accept;
    ip saddr 192.0.2.99 counter drop
    ip dscp set cs1
  }
}
table bridge marked {
  chain out {
    type filter hook postrouting priority 0; policy accept;
    meta mark set 7 accept
  }
}
`,
    );
    expect(await add()).toBe(0);
    lab.nft('endpoint', 'delete table netdev counted; delete table bridge marked\n');
  });

  test('a file that a namespace has left behind, as after a crash, is none', async () => {
    const file = `/run/netns/left-behind-${process.pid}`;
    writeFileSync(file, '');
    try {
      expect(await add()).toBe(0);
    } finally {
      rmSync(file);
    }
  });

  test('a socket of XDP', async () => {
    const open = 'socket(my $socket, 44, 3, 0) or die $!; $| = 1; print "ready\\n"; sleep 600';
    const socket = await lab.startInside('endpoint', ['perl', '-e', open]);
    expect(await add()).toBe(6);
    expect(await paths()).toMatch(/unseen-path .*XDP sockets \(1\)/);
    socket.stop();
    await socket.end();
    expect(await paths()).toBe('');
  });

  const tc = (text: string): string => lab.inside('endpoint', ['tc', ...text.split(' ')]);

  test('a filter of traffic control below a class', async () => {
    tc('qdisc add dev container root handle 1: htb');
    tc('class add dev container parent 1: classid 1:10 htb rate 1gbit');
    tc('qdisc add dev container parent 1:10 handle 10: htb');
    expect(await add()).toBe(0);
    tc('filter add dev container parent 10: protocol ip u32 match u32 0 0 action mirred egress redirect dev eth0');
    expect(await paths()).toMatch(/unseen-path .*container \(traffic control\)/);
    tc('qdisc delete dev container root');
  });

  test('a filter of traffic control that sends frames on', async () => {
    tc('qdisc add dev container clsact');
    tc('filter add dev container ingress protocol ip u32 match u32 0 0 action mirred egress redirect dev eth0');
    expect(await add()).toBe(6);
    expect(await paths()).toMatch(/unseen-path .*container \(traffic control\)/);
    tc('qdisc delete dev container clsact');
  });

  test('a guest that has a file in place of a card', async () => {
    ip('endpoint', 'link add link br0 name guest2 type macvtap mode bridge');
    expect(await add()).toBe(6);
    expect(await paths()).toMatch(/unseen-path .*guest2 \(macvtap\)/);
    ip('endpoint', 'link delete guest2');
    expect(await paths()).toBe('');
  });

  test('a program at a card, before the stack', async () => {
    const socket = await lab.startInside('endpoint', ['perl', join(__dirname, 'lab', 'attach-xdp.pl'), 'container']);
    expect(await add()).toBe(6);
    expect(await paths()).toMatch(/unseen-path .*container \(XDP\)/);
    socket.stop();
    await socket.end();
    ip('endpoint', 'link set dev container xdpgeneric off');
    expect(await paths()).toBe('');
  });

  test("a packet socket that is not root's", async () => {
    const send = join(__dirname, 'lab', 'send.pl');
    const account = ['setpriv', '--reuid=33', '--regid=33', '--clear-groups'];
    const rights = ['--inh-caps=+net_raw', '--ambient-caps=+net_raw'];
    const socket = await lab.startInside('endpoint', [...account, ...rights, 'perl', send, 'packet', 'FRAME', 'br0']);
    expect(await add()).toBe(6);
    expect(await paths()).toMatch(/unseen-path .*packet socket of user 33/);
    socket.stop();
    await socket.end();
    expect(await paths()).toBe('');
  });
});
