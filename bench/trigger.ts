import { execFileSync } from 'node:child_process';
import { createSocket, type Socket } from 'node:dgram';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { type AddressInfo, createServer, type Server } from 'node:net';
import { networkInterfaces, tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import type { Endpoint } from '../fixtures/endpoint';
import { watchedExecutable } from './made';
import type { Table } from './report';
import { interleave, ratio, show } from './samples';
import { type Case, fromServer, onNewPc, regMs, runBatchScript, runCommand, type Timing } from './windows-pc';
import { WinePc } from './wine';

const pc: Case = { rules: 300, callMs: 100, importMs: 100 };

/** What the agent's configuration names, and how that behaves. */
interface Kind {
  readonly server: string;
  readonly settings?: object;
  /** For a name: the answer of the name server comes after so many milliseconds; absent: never. */
  readonly lookUpMs?: number;
  readonly isName?: true;
  /** The agent's own log knows the address. */
  readonly isKnown?: true;
}

const server = (address: string, port: number, protocol: string): string =>
  `<server><address>${address}</address><port>${port}</port><protocol>${protocol}</protocol></server>`;

const name = 'ossec.bench.example';
const byName = { server: server(name, 1514, 'udp'), isName: true } as const;

/** From the start of the process to the end of the call that blocks, whatever the server and its name server do. */
export async function triggerToBlock(runs: number): Promise<Table> {
  const own = ownAddress();
  const [talkative, mute] = [createServer((socket) => socket.destroy()), createServer(() => {})];
  for (const listener of [talkative, mute])
    await new Promise<void>((resolve) => listener.listen(0, '0.0.0.0', resolve));
  const kinds: Readonly<Record<string, Kind>> = {
    [pair.with]: udp,
    'TCP, answers': { server: server(own, portOf(talkative), 'tcp') },
    'TCP, refuses': { server: server(own, 1, 'tcp') },
    'TCP, takes the connection and is silent': { server: server(own, portOf(mute), 'tcp') },
    'TCP, a firewall drops it': { server: server('203.0.113.5', 1514, 'tcp') },
    'UDP and TCP, as OSSEC has it': { server: '<server-ip>203.0.113.5</server-ip>' },
    'name, found at once': { ...byName, lookUpMs: 0 },
    'name, found after 2 s': { ...byName, lookUpMs: 2000 },
    'name, found after 2 s, in the log': { ...byName, lookUpMs: 2000, isKnown: true },
    'name, never found, in the log': { ...byName, isKnown: true },
    sealed: { ...udp, settings: { seal: 'always' } },
    'sealed where needed, and nothing is': { ...udp, settings: { seal: 'where-needed' } },
    [pair.without]: { ...udp, settings: { evidence: 'none' } },
  };
  const order = (kind: Kind) => () => onNewPc(pc, (one) => runOurs(one, kind));
  const script = (): Promise<Timing> => onNewPc(pc, (one) => runBatchScript(one, 'add'));
  const contenders = Object.fromEntries(Object.entries(kinds).map(([what, kind]) => [what, order(kind)]));
  const found = await interleave({ 'batch script': script, ...contenders }, runs);
  talkative.close();
  mute.close();
  const cold = await interleave(
    {
      'batch script, cold file cache': () => afterEmptyingFileCache(script),
      'UDP only, cold file cache': () => afterEmptyingFileCache(order(udp)),
    },
    Math.min(runs, 3),
  );
  return {
    title: 'From the start of the process to the block',
    note: 'Milliseconds, with 300 rules, 100 ms a netsh call and 20 a call of reg, to the end of the call that blocks; the executable is started as an OSSEC agent starts it. Under Wine it is the one that ships, all but netsh and reg is Wine\'s, and the batch script runs in its cmd.exe. On the stand-in it is the one for Linux that takes this machine for Windows. What the servers and the name servers do is played by this machine; in the rows "in the log" the agent\'s own log knows the address. A snapshot of evidence is taken beside each order but those that say so. "x" is the ratio to the batch script above, from the same rounds; in the row "with a snapshot to without" it is the ratio of that pair.',
    columns: [
      '',
      '',
      'netsh begins',
      'rules begin',
      'block in force',
      'x',
      'old rules off, no block',
      'x',
      'processes',
    ],
    rows: [...rowsOf('Wine', await underWine(runs)), ...rowsOf('stand-in', found), ...rowsOf('stand-in', cold)],
  };
}

/** The same order with a snapshot of evidence beside it, and without. */
const pair = { with: 'UDP only', without: 'UDP only, no snapshot of evidence' } as const;

const udp: Kind = { server: server('10.0.0.5', 1514, 'udp') };

function rowsOf(where: string, found: Readonly<Record<string, readonly Timing[]>>): string[][] {
  const [batch = []] = Object.values(found);
  const rows = Object.entries(found).map(([what, timings]) => [
    where,
    what,
    show(of(timings, 'begun')),
    show(of(timings, 'rules')),
    show(of(timings, 'effect')),
    ratio(of(timings, 'effect'), of(batch, 'effect')),
    show(of(timings, 'exposure')),
    ratio(of(timings, 'exposure'), of(batch, 'exposure')),
    String(timings[0]?.processes),
  ]);
  const { [pair.with]: withOne, [pair.without]: without } = found;
  if (withOne === undefined || without === undefined) return rows;
  const compare = (what: keyof Timing): string => ratio(of(withOne, what), of(without, what));
  return [...rows, [where, 'with a snapshot to without', '', '', '', compare('effect'), '', compare('exposure'), '']];
}

/** The executable that ships beside the script that it replaces, in a Windows of Wine. */
async function underWine(runs: number): Promise<Record<string, Timing[]>> {
  const pcUnderWine = await new WinePc({ netsh: pc.callMs, import: pc.importMs, reg: regMs }).start();
  try {
    return await interleave(
      {
        'batch script': () => pcUnderWine.runBatchScript(),
        [pair.with]: () => pcUnderWine.runOurs(server('10.0.0.5', 1514, 'udp')),
        'a firewall drops TCP': () => pcUnderWine.runOurs(server('203.0.113.5', 1514, 'tcp')),
        'UDP, and a firewall drops TCP, as most OSSEC sites have it': () =>
          pcUnderWine.runOurs('<server-ip>203.0.113.5</server-ip>'),
        'UDP only, sealed': () => pcUnderWine.runOurs(server('10.0.0.5', 1514, 'udp'), { seal: 'always' }),
        [pair.without]: () => pcUnderWine.runOurs(server('10.0.0.5', 1514, 'udp'), { evidence: 'none' }),
      },
      runs,
    );
  } finally {
    pcUnderWine.close();
  }
}

/** As on a PC that has not run the program for long: nothing of its files is in memory. Needs root. */
async function afterEmptyingFileCache(work: () => Promise<Timing>): Promise<Timing> {
  execFileSync('sync');
  writeFileSync('/proc/sys/vm/drop_caches', '3');
  return work();
}

const of = (timings: readonly Timing[], what: keyof Timing): number[] => timings.map((timing) => timing[what]);

async function runOurs(one: Endpoint, kind: Kind): Promise<Timing> {
  one.configure(`<ossec_config><client>${kind.server}</client></ossec_config>\n`);
  one.setSettings(kind.settings ?? {});
  if (kind.isKnown) {
    const line = `2026/11/30 07:00:00 ossec-agent: INFO: Connected to ${name} at address 10.0.0.5, port 1514\n`;
    writeFileSync(join(one.home, 'ossec.log'), line);
  }
  const env = { ...one.environment({ dns: 5000 }), OSSECPATH: one.home, WATCH_FILE: join(one.folder, 'watched') };
  const order = [watchedExecutable, 'add', '-', '192.0.2.50', ...fromServer];
  if (kind.isName === undefined) return runCommand(one, order, env);
  const folder = mkdtempSync(join(tmpdir(), 'bench-names-'));
  const resolver = playNameServer(kind.lookUpMs);
  try {
    const file = join(folder, 'resolv.conf');
    writeFileSync(file, 'nameserver 127.0.0.53\noptions timeout:30 attempts:1\n');
    // A mount namespace of its own, so that only this order asks there.
    const script = 'mount --bind "$1" /etc/resolv.conf && shift && exec "$@"';
    return await runCommand(one, ['unshare', '--mount', 'sh', '-c', script, 'sh', file, ...order], env);
  } finally {
    resolver.close();
    rmSync(folder, { recursive: true });
  }
}

/** Answers each question for an IPv4 address with 10.0.0.5, and any other with nothing (RFC 1035, section 4). */
function playNameServer(afterMs: number | undefined): Socket {
  const socket = createSocket('udp4');
  let isOpen = true;
  socket.on('close', () => {
    isOpen = false;
  });
  socket.on('message', async (query, { address, port }) => {
    if (afterMs === undefined) return;
    await wait(afterMs);
    const end = query.indexOf(0, 12) + 5;
    const isForIpv4 = query.readUInt16BE(end - 4) === 1;
    const header = Buffer.from(query.subarray(0, 12));
    header.writeUInt16BE(0x8180, 2);
    header.writeUInt16BE(isForIpv4 ? 1 : 0, 6);
    header.writeUInt32BE(0, 8);
    const answer = Buffer.from([0xc0, 12, 0, 1, 0, 1, 0, 0, 0, 60, 0, 4, 10, 0, 0, 5]);
    const reply = Buffer.concat([header, query.subarray(12, end), ...(isForIpv4 ? [answer] : [])]);
    // Whoever asked may have gone on without it.
    if (isOpen) socket.send(reply, port, address, () => {});
  });
  socket.bind(53, '127.0.0.53');
  return socket;
}

const portOf = (listener: Server): number => (listener.address() as AddressInfo).port;

function ownAddress(): string {
  const entries = Object.values(networkInterfaces()).flatMap((found) => found ?? []);
  const own = entries.find(({ family, internal }) => family === 'IPv4' && !internal);
  if (own === undefined) throw new Error('This needs a machine with an address besides loopback.');
  return own.address;
}
