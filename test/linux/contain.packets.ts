import { writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { Dhcp } from './lab/dhcp';
import { type HostName, hosts, Lab } from './lab/lab';
import { type Ran, streamPort } from './lab/protocol';
import { allTalks, answered, type Talk, talks, unanswered } from './lab/scene';
import { Watch } from './lab/watch';

const program = resolve(__dirname, '../../dist/contain-host.js');
const strangers = ['attacker', 'internet', 'neighbour'] as const;
const guests = ['bridged', 'routed'] as const;
const shellPort = 4444;
const floodPort = 5001;
/** So many packets at least, or a flood proves nothing. */
const floodPackets = 30_000;
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
const dhcp = new Dhcp(lab);
afterAll(() => lab.remove());

const containHost = (...args: readonly string[]): Promise<Ran> =>
  lab.host('endpoint').run('env', `OSSECPATH=${lab.home}`, process.execPath, program, ...args);
const exitCode = async (...args: readonly string[]): Promise<number | null> => {
  const { exitCode: code, output } = await containHost(...args);
  if (code !== 0) console.error(output);
  return code;
};
/** An order whose worker dies when it starts its so many-th program: flock first, then nft again and again. */
const crash = async (killAt: number, ...args: readonly string[]): Promise<number | null> => {
  const command = ['env', `OSSECPATH=${lab.home}`, process.execPath, program, ...args];
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
const agentTalk = (): Talk[] =>
  (['ip4', 'ip6'] as const)
    .flatMap((family) => talks('endpoint', 'server', family))
    .filter(({ protocol, port }) => port === 1514 && protocol !== 'icmp');
/** The handler of the order is let in by IPv4, the configured one by IPv6. */
const family = (name: HostName, wanted: 'ip4' | 'ip6'): Talk[] => [
  ...talks('endpoint', name, wanted),
  ...talks(name, 'endpoint', wanted),
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

/** More than 10,000 packets a second in each direction while the work is done. */
async function underFlood<T>(work: () => Promise<T>): Promise<T> {
  const flood = (from: HostName, to: HostName): Promise<number> =>
    lab.host(from).order({ do: 'flood', address: hosts[to].ip4, port: floodPort });
  const floods = Promise.all([flood('attacker', 'endpoint'), flood('endpoint', 'attacker')]);
  await wait(1000);
  const result = await work();
  await Promise.all((['attacker', 'endpoint'] as const).map((name) => lab.host(name).order({ do: 'end-flood' })));
  const [inward, outward] = await floods;
  console.log(`${inward} packets/s to the endpoint, ${outward} from it`);
  return result;
}

beforeAll(async () => {
  lab.start();
  configure(hosts.server.ip4, hosts.server.ip6);
  setHandlers(hosts.handler.ip6);
  lab.nft('endpoint', somebodyElses);
  const names = Object.keys(hosts) as HostName[];
  await Promise.all(names.map((name) => lab.host(name).serve([22, 1514, streamPort], [53, 1514, 5000, floodPort])));
  await lab.host('attacker').order({ do: 'await-shell', port: shellPort });
  await dhcp.start();
});

test('before: everybody reaches everybody', async () => {
  expect(await unanswered(lab, [...withEndpoint(everybody), ...guestTalk()])).toEqual([]);
  startWatch('handler');
  expect(await unanswered(lab, talks('endpoint', 'attacker', 'ip4'))).toEqual([]);
  expect(watch.leaks()).not.toEqual([]);
  const before = await received();
  await underFlood(() => wait(3000));
  expect(await received()).toBeGreaterThan(before + floodPackets);
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

  expect(await exitCode('ADD', '-', hosts.handler.ip4)).toBe(0);
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

test('a flood of 10,000 packets a second, each way, while the handler is replaced: nothing leaks', async () => {
  const before = await received();
  const exitCodes = await underFlood(async () => [
    await exitCode('ADD', '-', hosts.second.ip4),
    await exitCode('ADD', '-', hosts.handler.ip4),
    await exitCode('ADD', '-', hosts.second.ip4),
  ]);
  expect(exitCodes).toEqual([0, 0, 0]);
  // The same transaction again and again: a window that lets one packet in a million through shows here.
  await underFlood(async () => {
    for (let times = 0; times < 100; times++) lab.nft('endpoint', '', '-f', join(lab.stateFolder, 'contained.nft'));
  });
  expect(await received()).toBe(before);
  expect(watch.leaks().filter((leak) => !leak.includes(hosts.second.ip4))).toEqual([]);
  expect(await unanswered(lab, [...agentTalk(), ...family('second', 'ip4'), ...family('handler', 'ip6')])).toEqual([]);
  expect(await answered(lab, [...family('handler', 'ip4'), ...family('second', 'ip6')])).toEqual([]);
});

test('a crash in the middle of an order leaves nothing open, and the next order puts it right', async () => {
  startWatch('handler', 'second');
  const before = await received();
  const crashes: (number | null)[] = [];
  const last = await underFlood(async () => {
    for (const killAt of [1, 2, 3, 4, 6, 8]) {
      crashes.push(await crash(killAt, 'ADD', '-', killAt % 2 === 0 ? hosts.handler.ip4 : hosts.second.ip4));
    }
    return exitCode('ADD', '-', hosts.second.ip4);
  });
  expect(crashes).toContain(died);
  expect(last).toBe(0);
  expect(await received()).toBe(before);
  expect(await unanswered(lab, [...agentTalk(), ...family('second', 'ip4')])).toEqual([]);
  expect(await answered(lab, [...family('handler', 'ip4'), ...withEndpoint(strangers)])).toEqual([]);
  expect(watch.leaks()).toEqual([]);
});

test('a restart: the saved rules contain the host again', async () => {
  lab.nft('endpoint', '', 'flush', 'ruleset');
  expect(await unanswered(lab, talks('endpoint', 'attacker', 'ip4'))).toEqual([]);
  lab.nft('endpoint', '', '-f', join(lab.stateFolder, 'contained.nft'));
  startWatch('handler', 'second');
  expect(await answered(lab, [...withEndpoint(strangers), ...guestTalk()])).toEqual([]);
  expect(await unanswered(lab, [...agentTalk(), ...family('second', 'ip4')])).toEqual([]);
  expect(watch.leaks()).toEqual([]);
});

test("DELETE: everybody reaches everybody again, and somebody else's rules are as they were", async () => {
  lab.nft('endpoint', somebodyElses);
  const theirs = lab.nft('endpoint', '', 'list', 'table', 'inet', 'somebody');
  expect(await exitCode('DELETE', '-', '-')).toBe(0);
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
    crashes.push(await crash(inAdd, 'ADD', '-', hosts.handler.ip4));
    expect(await halves()).toEqual([]);
    expect(await exitCode('ADD', '-', hosts.handler.ip4)).toBe(0);
    crashes.push(await crash(inDelete, 'DELETE', '-', '-'));
    expect(await halves()).toEqual([]);
    expect(await exitCode('DELETE', '-', '-')).toBe(0);
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

test('a server by name: the name servers of the host stay reachable, and no others', async () => {
  configure('ossec.server.test');
  expect(await exitCode('ADD', '-', hosts.handler.ip4)).toBe(0);
  const dns = (to: HostName): Talk[] => talks('endpoint', to, 'ip4').filter(({ protocol }) => protocol === 'dns');
  expect(await unanswered(lab, dns('internet'))).toEqual([]);
  expect(await answered(lab, dns('attacker'))).toEqual([]);
  expect(
    await answered(
      lab,
      talks('endpoint', 'internet', 'ip4').filter(({ protocol }) => protocol !== 'dns'),
    ),
  ).toEqual([]);
  expect(await exitCode('DELETE', '-', '-')).toBe(0);
});
