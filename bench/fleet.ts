import { spawnSync } from 'node:child_process';
import { appendFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { gzipSync } from 'node:zlib';
import { fileOf, orderLine, statusLine, wazuhJson } from '../fixtures/fleet/alerts';
import type { Table } from './report';
import { interleave, show } from './samples';

/** A server whose agents have said so much. */
export interface Fleet {
  readonly agents: number;
  /** Of all alerts, unpacked. */
  readonly bytes: number;
}

/** Finished days, which are compressed; today's file is as large as one of them. */
const days = 9;
const day = 24 * 3600 * 1000;
const mebibyte = 1024 * 1024;
/** What 10,000 agents and 5 GB may take; of time they may take a minute. */
const mostMebibytes = 200;

/** `fleet status` on a Wazuh server. Throws where it takes more memory than it may. */
export async function fleetStatus(fleets: readonly Fleet[], runs: number): Promise<Table> {
  const rows: string[][] = [];
  for (const fleet of fleets) {
    const home = mkdtempSync(join(tmpdir(), 'fleet-bench-'));
    try {
      makeAlerts(home, fleet);
      const results = await interleave(
        {
          'zcat and grep -c': () =>
            measure(home, ['sh', '-c', 'zcat -f "$0"/logs/alerts/*/*/* | grep -c contain-host', home]),
          'fleet status --json': () => measureStatus(home, fleet.agents),
        },
        runs,
      );
      for (const [name, samples] of Object.entries(results))
        rows.push([
          ...[String(fleet.agents), (fleet.bytes / 1e9).toFixed(1), name],
          show(samples.map(({ ms }) => ms)),
          name.startsWith('fleet') ? show(samples.map(({ mebibytes }) => mebibytes)) : '',
        ]);
    } finally {
      rmSync(home, { recursive: true });
    }
  }
  return {
    title: 'Who is contained, from all alerts',
    note: `Milliseconds and MiB at the most. Nine compressed days and one that is not; each agent has ${days + 1} orders with an outcome, and ten status lines a day. The limits are 60000 and ${mostMebibytes}.`,
    columns: ['agents', 'GB', '', 'time', 'memory'],
    rows,
  };
}

interface Taken {
  readonly ms: number;
  readonly mebibytes: number;
}

async function measureStatus(home: string, agents: number): Promise<Taken> {
  const program = resolve('dist', 'contain-host.js');
  const out = join(home, 'status.json');
  // A process begins with the memory of whoever started it as its peak, so a small one does.
  const command = ['"$0" --require "$1" "$2" fleet status --json > "$3"', process.execPath, resolve('bench/peak.cjs')];
  const taken = measure(home, ['sh', '-c', ...command, program, out]);
  const hosts = JSON.parse(readFileSync(out, 'utf8')) as { readonly state: string }[];
  if (hosts.length !== agents || hosts.some(({ state }) => state !== 'contained'))
    throw new Error(`fleet status found ${hosts.length} hosts`);
  if (taken.mebibytes > mostMebibytes) throw new Error(`fleet status took ${taken.mebibytes} MiB`);
  return taken;
}

function measure(home: string, [program = '', ...args]: readonly string[]): Taken {
  const peak = join(home, 'peak');
  writeFileSync(peak, '0');
  const before = performance.now();
  const { status, error } = spawnSync(program, args, {
    stdio: ['ignore', 'ignore', 'inherit'],
    env: { ...process.env, OSSECPATH: home, PEAK_FILE: peak },
  });
  if (status !== 0) throw error ?? new Error(`${program} ended with ${status}`);
  return { ms: performance.now() - before, mebibytes: Number(readFileSync(peak, 'utf8')) / 1024 };
}

/** The alerts of ten days, among them our own, spread over each day. */
function makeAlerts(home: string, { agents, bytes }: Fleet): void {
  const today = Date.now();
  const perDay = bytes / (days + 1);
  const others = otherAlerts(Math.min(perDay, 32 * mebibyte));
  for (let back = days; back >= 0; back--) {
    const at = new Date(today - back * day);
    const file = join(home, 'logs', 'alerts', fileOf(at, back === 0 ? '.json' : '.json.gz'));
    mkdirSync(dirname(file), { recursive: true });
    const pack = (text: Buffer): Buffer => (back === 0 ? text : gzipSync(text, { level: 1 }));
    // A compressed file may have many parts, so what repeats is compressed once.
    const packed = pack(others);
    const rounds = Math.max(1, Math.round(perDay / others.length));
    for (let round = 0; round < rounds; round++) {
      appendFileSync(file, packed);
      const own = ownAlerts(at, Math.floor((agents * round) / rounds), Math.floor((agents * (round + 1)) / rounds));
      if (own.length > 0) appendFileSync(file, pack(own));
    }
  }
}

/** What agents with these numbers say in a day. */
function ownAlerts(at: Date, from: number, to: number): Buffer {
  const texts: string[] = [];
  for (let number = from; number < to; number++) {
    const agent = { id: String(number + 1).padStart(3, '0'), name: `pc-${number + 1}` };
    const since = new Date(at.getTime() - (number % 1000) * 1000);
    for (const said of ['add-started', 'add'])
      texts.push(wazuhJson(since, agent, orderLine(since, `${said} - 192.0.2.50 1795576680.0 0 case=${number % 50}`)));
    const status = statusLine({ state: 'contained', since: since.toISOString(), case: String(number % 50) });
    for (let hour = 0; hour < 10; hour++) texts.push(wazuhJson(at, agent, status, 'contain-host'));
  }
  return Buffer.from(texts.join(''));
}

/** Alerts of others, which differ from each other as real ones do. */
function otherAlerts(bytes: number): Buffer {
  const texts: string[] = [];
  for (let length = 0, count = 0; length < bytes; count++) {
    const port = (count * 7919) % 65536;
    const agent = { id: String(count % 10_000).padStart(3, '0'), name: `pc-${count % 10_000}` };
    const text = `Nov 30 03:18:${count % 60} web sshd[${port}]: Failed password for invalid user admin${count} from 203.0.113.${count % 256} port ${port} ssh2`;
    const alert = wazuhJson(new Date(1764485000000 + count * 37), agent, text, '/var/log/auth.log').replace(
      /contain-host/g,
      'sshd',
    );
    texts.push(alert);
    length += alert.length;
  }
  return Buffer.from(texts.join(''));
}
