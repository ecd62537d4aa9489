import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { Dhcp } from './lab/dhcp';
import { type HostName, hosts, Lab } from './lab/lab';
import { type Fate, floodPort, Ledger } from './lab/ledger';
import { type Flooded, type Ran, streamPort } from './lab/protocol';
import { allTalks, answered, type Talk, talks, unanswered } from './lab/scene';
import { Watch } from './lab/watch';
import { executable } from './package/built';

const strangers = ['attacker', 'internet', 'neighbour'] as const;
const guests = ['bridged', 'routed'] as const;
const families = ['ip4', 'ip6'] as const;
type Family = (typeof families)[number];
const shellPort = 4444;
const floodScript = join(__dirname, 'lab', 'flood.pl');
/** So many packets a second at least, each way, or a flood proves nothing. */
const floodRate = 10_000;
/** Somebody else's firewall, which tracks connections and lets established ones through. */
const somebodyElses = `table inet somebody {
  chain input {
    type filter hook input priority filter; policy accept;
    ct state established,related accept
    tcp dport 9 drop
  }
  chain output {
    type filter hook output priority filter; policy accept;
    ct state established,related accept
  }
}
`;

const lab = new Lab();
const watch = new Watch(lab);
const ledger = new Ledger(lab);
const dhcp = new Dhcp(lab);
afterAll(() => lab.remove());

const containHost = (...args: readonly string[]): Promise<Ran> =>
  lab.host('endpoint').run('env', `OSSECPATH=${lab.home}`, executable, ...args);
const exitCode = async (...args: readonly string[]): Promise<number | null> => {
  const { exitCode: code, output } = await containHost(...args);
  if (code !== 0) console.error(output);
  return code;
};
/** An order whose worker dies when it starts its so many-th program: flock first, then nft again and again. */
const crash = async (killAt: number, ...args: readonly string[]): Promise<number | null> => {
  const command = ['env', `OSSECPATH=${lab.home}`, executable, ...args];
  return (await lab.host('endpoint').order<Ran>({ do: 'run', command, killAt })).exitCode;
};
/** How an order ends whose worker died. */
const died = 5;

function configure(...servers: readonly string[]): void {
  const lines = servers.map((server) => {
    const element = /^[0-9a-f:.]+$/.test(server) ? 'server-ip' : 'server-hostname';
    return `<${element}>${server}</${element}>`;
  });
  writeFileSync(
    join(lab.home, 'etc', 'ossec.conf'),
    `<ossec_config><client>${lines.join('')}</client></ossec_config>\n`,
  );
}

const setHandlers = (...handlers: readonly string[]): void =>
  writeFileSync(join(lab.home, 'etc', 'shared', 'contain-host.json'), JSON.stringify({ handlers }));

const everybody = [...strangers, 'server', 'handler', 'second'] as const;
const withEndpoint = (names: readonly HostName[]): Talk[] => names.flatMap((name) => allTalks('endpoint', name));
/** What the agent says to its server; both protocols, since this agent's version cannot be told. */
const agentTalk = (server: HostName = 'server', ...over: readonly Family[]): Talk[] =>
  (over.length === 0 ? families : over)
    .flatMap((family) => talks('endpoint', server, family))
    .filter(({ protocol, port }) => port === 1514 && protocol !== 'icmp');
/** The handler of the order is let in by IPv4, the configured one by IPv6. */
const talksBetween = (name: HostName, family: Family): Talk[] => [
  ...talks('endpoint', name, family),
  ...talks(name, 'endpoint', family),
];
const otherServerTalk = (): Talk[] =>
  allTalks('endpoint', 'server').filter(({ from, port }) => port !== 1514 || from === 'server');
const guestTalk = (): Talk[] =>
  guests.flatMap((guest) => [
    ...allTalks(guest, 'attacker'),
    ...allTalks(guest, 'neighbour'),
    ...allTalks(guest, 'handler'),
  ]);

/** Packets from people who must not get through that a program on the endpoint received. */
async function received(): Promise<number> {
  const counts = await lab.host('endpoint').received();
  const kept = strangers.flatMap((name) => [hosts[name].ip4, hosts[name].ip6]);
  return kept.reduce((sum, address) => sum + (counts[address] ?? 0), 0);
}

const startWatch = (...handlers: readonly HostName[]): void =>
  watch.start(
    { ip4: [hosts.server.ip4], ip6: [hosts.server.ip6] },
    { ip4: handlers.map((name) => hosts[name].ip4), ip6: handlers.map((name) => hosts[name].ip6) },
  );

/**
 * Numbered packets between attacker and endpoint, each way, while the work is done. What became of them, and of the
 * work.
 */
async function underFlood<T>(
  family: Family,
  work: () => Promise<T>,
): Promise<{ result: T; inward: Fate[]; outward: Fate[] }> {
  const flood = (from: HostName, to: HostName): Promise<Flooded> =>
    lab.host(from).order({ do: 'flood', script: floodScript, address: hosts[to][family], port: floodPort });
  ledger.open();
  try {
    const floods = Promise.all([flood('attacker', 'endpoint'), flood('endpoint', 'attacker')]);
    await wait(300);
    const result = await work();
    await wait(300);
    await endFloods();
    const [toEndpoint, fromEndpoint] = await floods;
    expect(Math.min(toEndpoint.perSecond, fromEndpoint.perSecond)).toBeGreaterThanOrEqual(floodRate);
    return { result, inward: ledger.inward(), outward: ledger.outward(fromEndpoint.turns) };
  } finally {
    await endFloods();
    ledger.close();
  }
}

const endFloods = (): Promise<unknown> =>
  Promise.all((['attacker', 'endpoint'] as const).map((name) => lab.host(name).order({ do: 'end-flood' })));

/** How a flood went that met these, one after the other, in both directions. */
const floodMet = (...fates: readonly Fate[]) => ({ inward: fates, outward: fates });

beforeAll(async () => {
  lab.start();
  configure(hosts.server.ip4, hosts.server.ip6);
  setHandlers(hosts.handler.ip6);
  lab.nft('endpoint', somebodyElses);
  const names = Object.keys(hosts) as HostName[];
  await Promise.all(names.map((name) => lab.host(name).serve([22, 1514, streamPort], [53, 1514, 5000])));
  await lab.host('attacker').order({ do: 'await-shell', port: shellPort });
  await dhcp.start();
});

test('before: everybody reaches everybody', async () => {
  expect(await received()).toBe(0);
  expect(await unanswered(lab, [...withEndpoint(everybody), ...guestTalk()])).toEqual([]);
  expect(await received()).toBeGreaterThan(0);
  startWatch('handler');
  expect(await unanswered(lab, talks('endpoint', 'attacker', 'ip4'))).toEqual([]);
  expect(watch.leaks()).not.toEqual([]);
  for (const family of families) {
    expect(await underFlood(family, () => wait(500))).toMatchObject(floodMet('passed'));
  }
});

test('ADD: only the server and the handlers are left, and what an attacker had open is dead', async () => {
  const endpoint = lab.host('endpoint');
  const attacker = lab.host('attacker');
  const { ip4, ip6 } = hosts.server;
  for (const [session, protocol, address] of [
    ['tcp4', 'tcp', ip4],
    ['tcp6', 'tcp', ip6],
    ['udp4', 'udp', ip4],
    ['udp6', 'udp', ip6],
  ] as const) {
    await endpoint.order({ do: 'open', session, protocol, address, port: 1514 });
    expect(await endpoint.order({ do: 'exchange', session, bytes: 100, waitMs: 8000 })).toBe(true);
  }
  await endpoint.order({ do: 'download', address: hosts.attacker.ip4, port: streamPort });
  await endpoint.order({ do: 'shell', address: hosts.attacker.ip6, port: shellPort });
  const answersOnce = await attacker.order<number>({ do: 'shell-answers' });
  const bytesOnce = await endpoint.order<number>({ do: 'downloaded' });
  await wait(500);
  expect(await attacker.order<number>({ do: 'shell-answers' })).toBeGreaterThan(answersOnce);
  expect(await endpoint.order<number>({ do: 'downloaded' })).toBeGreaterThan(bytesOnce);

  const add = await underFlood('ip4', () => exitCode('ADD', '-', hosts.handler.ip4));
  expect(add).toEqual({ result: 0, ...floodMet('passed', 'blocked') });
  startWatch('handler');
  const [bytes, answers, packets] = await Promise.all([
    endpoint.order<number>({ do: 'downloaded' }),
    attacker.order<number>({ do: 'shell-answers' }),
    received(),
  ]);
  expect(await answered(lab, [...withEndpoint(strangers), ...otherServerTalk(), ...guestTalk()])).toEqual([]);
  expect(await answered(lab, withEndpoint(['second']))).toEqual([]);
  expect(await unanswered(lab, [...agentTalk(), ...allTalks('endpoint', 'handler')])).toEqual([]);
  for (const session of ['tcp4', 'tcp6', 'udp4', 'udp6']) {
    expect([session, await endpoint.order({ do: 'exchange', session, bytes: 100, waitMs: 8000 })]).toEqual([
      session,
      true,
    ]);
  }
  expect(await endpoint.order<number>({ do: 'downloaded' })).toBe(bytes);
  expect(await attacker.order<number>({ do: 'shell-answers' })).toBe(answers);
  expect(await received()).toBe(packets);
  expect(watch.leaks()).toEqual([]);
});

test('long messages to and from the server come through in fragments, also where nobody puts them together', async () => {
  // Connection tracking would; without its rules the kernel does not track.
  lab.nft('endpoint', '', 'delete', 'table', 'inet', 'somebody');
  const endpoint = lab.host('endpoint');
  for (const session of ['udp4', 'udp6']) {
    expect([session, await endpoint.order({ do: 'exchange', session, bytes: 6000, waitMs: 8000 })]).toEqual([
      session,
      true,
    ]);
  }
});

test('DHCP: the lease is renewed', async () => {
  await dhcp.renew();
  expect(watch.leaks()).toEqual([]);
});

test('the handler is replaced under a flood: nothing leaks', async () => {
  const before = await received();
  const replaced = await underFlood('ip6', async () => [
    await exitCode('ADD', '-', hosts.second.ip4),
    await exitCode('ADD', '-', hosts.handler.ip4),
    await exitCode('ADD', '-', hosts.second.ip4),
  ]);
  expect(replaced).toEqual({ result: [0, 0, 0], ...floodMet('blocked') });
  // The same transaction again and again: a window that lets one packet in a million through shows here.
  const again = `for time in $(seq 50); do nft -f '${join(lab.stateFolder, 'contained.nft')}'; done`;
  const reloaded = await underFlood('ip4', () => lab.host('endpoint').run('sh', '-ec', again));
  expect(reloaded).toMatchObject({ result: { exitCode: 0 }, ...floodMet('blocked') });
  expect(await received()).toBe(before);
  expect(watch.leaks().filter((leak) => !leak.includes(hosts.second.ip4))).toEqual([]);
  expect(
    await unanswered(lab, [...agentTalk(), ...talksBetween('second', 'ip4'), ...talksBetween('handler', 'ip6')]),
  ).toEqual([]);
  expect(await answered(lab, [...talksBetween('handler', 'ip4'), ...talksBetween('second', 'ip6')])).toEqual([]);
});

test('a crash in the middle of an order leaves nothing open, and the next order puts it right', async () => {
  startWatch('handler', 'second');
  const before = await received();
  const crashed = await underFlood('ip4', async () => {
    const exitCodes: (number | null)[] = [];
    for (const killAt of [1, 2, 3, 4, 6, 8]) {
      exitCodes.push(await crash(killAt, 'ADD', '-', killAt % 2 === 0 ? hosts.handler.ip4 : hosts.second.ip4));
    }
    return [...exitCodes, await exitCode('ADD', '-', hosts.second.ip4)];
  });
  expect(crashed).toMatchObject(floodMet('blocked'));
  expect(crashed.result).toContain(died);
  expect(crashed.result.at(-1)).toBe(0);
  expect(await received()).toBe(before);
  expect(await unanswered(lab, [...agentTalk(), ...talksBetween('second', 'ip4')])).toEqual([]);
  expect(await answered(lab, [...talksBetween('handler', 'ip4'), ...withEndpoint(strangers)])).toEqual([]);
  expect(watch.leaks()).toEqual([]);
});

test('a restart: the saved rules contain the host again', async () => {
  lab.nft('endpoint', '', 'flush', 'ruleset');
  const { output } = await containHost('status', '--json');
  expect(JSON.parse(output)).toMatchObject({ state: 'not-contained', gaps: [{ code: 'containment-undone' }] });
  expect(await unanswered(lab, talks('endpoint', 'attacker', 'ip4'))).toEqual([]);
  lab.nft('endpoint', '', '-f', join(lab.stateFolder, 'contained.nft'));
  startWatch('handler', 'second');
  expect(await answered(lab, [...withEndpoint(strangers), ...guestTalk()])).toEqual([]);
  expect(await unanswered(lab, [...agentTalk(), ...talksBetween('second', 'ip4')])).toEqual([]);
  expect(watch.leaks()).toEqual([]);
});

test("DELETE: everybody reaches everybody again, and somebody else's rules are as they were", async () => {
  lab.nft('endpoint', somebodyElses);
  const theirs = lab.nft('endpoint', '', 'list', 'table', 'inet', 'somebody');
  const released = await underFlood('ip6', () => exitCode('DELETE', '-', '-'));
  expect(released).toEqual({ result: 0, ...floodMet('blocked', 'passed') });
  expect(lab.nft('endpoint', '', 'list', 'ruleset')).toBe(theirs);
  expect(await unanswered(lab, [...withEndpoint(everybody), ...guestTalk()])).toEqual([]);
});

test('a crash in the middle of the first ADD or of a DELETE leaves the host open or contained, never in between', async () => {
  const crashes: (number | null)[] = [];
  for (const [inAdd, inDelete] of [
    [1, 1],
    [4, 5],
    [5, 7],
    [6, 8],
  ] as const) {
    const cycle = await underFlood('ip4', async () => {
      crashes.push(await crash(inAdd, 'ADD', '-', hosts.handler.ip4));
      const between = await halves();
      const added = await exitCode('ADD', '-', hosts.handler.ip4);
      crashes.push(await crash(inDelete, 'DELETE', '-', '-'));
      return [...between, added, ...(await halves()), await exitCode('DELETE', '-', '-')];
    });
    expect(cycle).toEqual({ result: [0, 0], ...floodMet('passed', 'blocked', 'passed') });
    expect(await unanswered(lab, talks('endpoint', 'attacker', 'ip4'))).toEqual([]);
  }
  expect(crashes).toContain(died);
});

/** The strangers who get through although others do not; and whatever keeps the agent from its server. */
async function halves(): Promise<string[]> {
  const asked = withEndpoint(strangers);
  const attacker = { protocol: 'udp', address: hosts.attacker.ip4, port: 5000 } as const;
  const isOpen = await lab.host('endpoint').probe(attacker, 2000);
  return [...(await (isOpen ? unanswered : answered)(lab, asked)), ...(await unanswered(lab, agentTalk()))];
}

describe('a server by name', () => {
  const dns = (): Talk[] => talks('endpoint', 'internet', 'ip4').filter(({ protocol }) => protocol === 'dns');
  const found = async (): Promise<string[]> => {
    const { output } = await lab.host('endpoint').run('getent', 'ahosts', 'ossec.server.test');
    return [...new Set(output.split('\n').flatMap((line) => line.split(' ')[0] || []))];
  };
  const usual = '127.0.0.1 localhost';
  beforeEach(() => {
    configure('ossec.server.test');
    lab.setHosts(usual);
    const line = `INFO: Connected to ossec.server.test at address ${hosts.server.ip4}, port 1514`;
    writeFileSync(join(lab.home, 'logs', 'ossec.log'), `2026/11/24 10:00:00 ${line}\n`);
  });
  afterEach(() => {
    rmSync(join(lab.home, 'logs', 'ossec.log'));
    lab.nameServer(hosts.server.ip4);
  });

  test('is found again without DNS, which is shut; a later address is let in, and the one in use stays', async () => {
    expect(await exitCode('ADD', '-', hosts.handler.ip4)).toBe(0);
    expect(await found()).toEqual([hosts.server.ip4]);
    expect(await answered(lab, dns())).toEqual([]);
    // Somebody puts another file there, with what a name server that rotates would answer next.
    lab.nameServer(hosts.second.ip4);
    expect(await exitCode('ADD', '-', hosts.handler.ip4)).toBe(0);
    expect(await found()).toEqual([hosts.second.ip4, hosts.server.ip4]);
    expect(await unanswered(lab, [...agentTalk('second', 'ip4'), ...agentTalk('server', 'ip4')])).toEqual([]);
    expect(await exitCode('DELETE', '-', '-')).toBe(0);
    expect(lab.hostsText()).toBe(`${hosts.second.ip4} ossec.server.test\n`);
  });

  test('and the file comes back as it was, although it is a mount', async () => {
    expect(await exitCode('ADD', '-', hosts.handler.ip4)).toBe(0);
    expect(await exitCode('DELETE', '-', '-')).toBe(0);
    expect(lab.hostsText()).toBe(usual);
  });

  test('an agent in a chroot does not read that file: the name servers of the host stay reachable, no others, and that is told', async () => {
    writeFileSync(join(lab.home, 'etc', 'ossec-init.conf'), 'DIRECTORY="/var/ossec"\nVERSION="v2.9.4"\n');
    try {
      const { exitCode: code, output } = await containHost('ADD', '-', hosts.handler.ip4);
      expect({ code, output }).toMatchObject({ code: 6, output: expect.stringMatching(/chroot.*\[dns-open\]/) });
      expect(await unanswered(lab, dns())).toEqual([]);
      const others = talks('endpoint', 'attacker', 'ip4').filter(({ protocol }) => protocol === 'dns');
      expect(await answered(lab, others)).toEqual([]);
      expect(await exitCode('DELETE', '-', '-')).toBe(0);
      expect(lab.hostsText()).toBe(usual);
    } finally {
      rmSync(join(lab.home, 'etc', 'ossec-init.conf'));
    }
  });
});

/**
 * As Docker sets up a host: what comes for a published port goes on to a container, and everything else from there is
 * let out.
 */
const docker = `table ip docker {
  chain prerouting {
    type nat hook prerouting priority dstnat; policy accept;
    tcp dport 8443 dnat to ${hosts.routed.ip4}:22
  }
  chain postrouting {
    type nat hook postrouting priority srcnat; policy accept;
    ip saddr 10.9.0.0/24 masquerade
  }
  chain forward {
    type filter hook forward priority filter; policy accept;
    accept
  }
}
`;

test('two servers, IPv6 only, on a host with containers: neighbours are found anew, and published ports are shut', async () => {
  configure(hosts.server.ip6, hosts.second.ip6);
  setHandlers();
  lab.nft('endpoint', docker);
  const published = {
    from: 'attacker',
    to: 'endpoint',
    protocol: 'tcp',
    address: hosts.endpoint.ip4,
    port: 8443,
  } as const;
  expect(await unanswered(lab, [published])).toEqual([]);
  expect(await exitCode('ADD', '-', hosts.handler.ip6)).toBe(0);
  lab.inside('endpoint', ['ip', '-6', 'neighbour', 'flush', 'all']);
  expect(await unanswered(lab, [...agentTalk('server', 'ip6'), ...agentTalk('second', 'ip6')])).toEqual([]);
  expect(await unanswered(lab, talksBetween('handler', 'ip6'))).toEqual([]);
  expect(
    await answered(lab, [published, ...withEndpoint(strangers), ...guestTalk(), ...talksBetween('handler', 'ip4')]),
  ).toEqual([]);
  expect(await exitCode('DELETE', '-', '-')).toBe(0);
  expect(await unanswered(lab, [published])).toEqual([]);
});
