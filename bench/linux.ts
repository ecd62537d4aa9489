import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { copyFileSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { waitUntilIdle } from '../fixtures/idle';
import type { Table } from './report';
import { interleave, ratio, show, timed } from './samples';
import { fromServer } from './windows-pc';

/** A network and a state folder of its own: nothing that is done in it touches this machine's firewall. */
export class Namespace {
  private readonly holder: ChildProcess;
  readonly home = mkdtempSync(join(tmpdir(), 'bench-home-'));

  constructor() {
    mkdirSync(join(this.home, 'etc', 'shared'), { recursive: true });
    mkdirSync(join(this.home, 'logs'));
    this.configure('udp');
    mkdirSync('/var/lib/contain-host', { recursive: true });
    // With the unit as a package leaves it: without one a containment has a gap, and another exit code.
    const units = join(this.home, 'systemd');
    mkdirSync(join(units, 'sysinit.target.wants'), { recursive: true });
    copyFileSync(resolve('scripts', 'linux', 'contain-host.service'), join(units, 'contain-host.service'));
    symlinkSync('../contain-host.service', join(units, 'sysinit.target.wants', 'contain-host.service'));
    const script = [
      'mount -t tmpfs none /var/lib',
      `mount --bind ${units} /etc/systemd/system`,
      // A card behind which nobody is: what is sent to the server goes out, and no answer comes.
      'ip link add card type veth peer name nobody',
      'ip address add 10.0.0.1/24 dev card',
      'ip link set card up',
      'ip link set nobody up',
      'ip neighbour add 10.0.0.5 lladdr 02:00:00:00:00:05 dev card',
      'echo',
      'cat',
    ].join(' && ');
    this.holder = spawn('unshare', ['--net', '--mount', 'sh', '-c', script], {
      stdio: ['pipe', 'pipe', 'inherit'],
    });
  }

  /** The agent's server, by its protocol. */
  configure(protocol: 'udp' | 'tcp'): void {
    const server = `<server><address>10.0.0.5</address><protocol>${protocol}</protocol></server>`;
    writeFileSync(join(this.home, 'etc', 'ossec.conf'), `<ossec_config><client>${server}</client></ossec_config>\n`);
  }

  async ready(): Promise<this> {
    await new Promise((done) => this.holder.stdout?.once('data', done));
    return this;
  }

  /** Returns what the program wrote on standard output. */
  run(program: string, ...args: readonly string[]): string {
    const enter = [
      '-t',
      String(this.holder.pid),
      '--net',
      '--mount',
      'env',
      `OSSECPATH=${this.home}`,
      program,
      ...args,
    ];
    const { status, stdout, stderr, error } = spawnSync('nsenter', enter, { encoding: 'utf8' });
    if (status !== 0) throw error ?? new Error(`${program} ${args.join(' ')} ended with ${status}: ${stdout}${stderr}`);
    return stdout;
  }

  setSettings(settings: object): void {
    writeFileSync(join(this.home, 'etc', 'shared', 'contain-host.json'), JSON.stringify(settings));
  }

  /** Waits for what outlives an order, and would compete with the next one. */
  async settle(): Promise<void> {
    await waitUntilIdle(`OSSECPATH=${this.home}`);
  }

  close(): void {
    this.holder.stdin?.end();
    rmSync(this.home, { recursive: true });
  }
}

/** When the last transaction was done, in milliseconds since 1970, by the case's journal. */
function blockedAt(journal: string): number {
  const [, orderedAt, blockMs] = /"orderedAt":(\d+),"blockMs":(\d+)/.exec(journal) ?? [];
  return Number(orderedAt) + Number(blockMs);
}

/** The program against an administrator who has the finished rules at hand. */
export async function linux(runs: number): Promise<Table> {
  const program = resolve('dist', 'contain-host');
  const rules = '/var/lib/contain-host/contained.nft';
  const there = await new Namespace().ready();
  const byHand = join(there.home, 'by-hand.nft');
  try {
    there.run(program, 'ADD', '-', '192.0.2.50');
    there.run('cp', rules, byHand);
    there.run(program, 'DELETE', '-', '-');
    const forget = (): void => {
      for (const family of ['inet', 'bridge']) there.run('nft', 'delete', 'table', family, 'contain_host');
    };
    const orders = (protocol: 'udp' | 'tcp', evidence: 'snapshot' | 'none') => async () => {
      there.configure(protocol);
      there.setSettings({ evidence });
      const startedAt = Date.now();
      const add = await timed(() => there.run(program, 'ADD', '-', '192.0.2.50', ...fromServer));
      const block = blockedAt(there.run('cat', '/var/lib/contain-host/journal.jsonl')) - startedAt;
      const remove = await timed(() => there.run(program, 'DELETE', '-', '-'));
      await there.settle();
      return { add, block, remove };
    };
    const results = await interleave(
      {
        hand: async () => {
          const add = await timed(() => there.run('nft', '-f', byHand));
          return { add, block: add, remove: await timed(forget) };
        },
        udp: orders('udp', 'snapshot'),
        alone: orders('udp', 'none'),
        tcp: orders('tcp', 'snapshot'),
      },
      runs,
    );
    const of = (who: keyof typeof results, what: 'add' | 'block' | 'remove'): number[] =>
      results[who].map((result) => result[what]);
    const rows = [
      ['hand', 'hand', 'nft by hand'],
      ['udp', 'hand', 'contain-host, a server by UDP'],
      ['alone', 'hand', 'contain-host, a server by UDP, no snapshot of evidence'],
      ['udp', 'alone', 'the same with a snapshot and without'],
      ['tcp', 'hand', 'contain-host, a server by TCP that is silent'],
    ] as const;
    return {
      title: 'Linux',
      note: 'Milliseconds from the start to the last transaction and to the end of the call: the same rules by `nft -f` and `nft delete table`, and by the program, which starts twice, resolves, backs up, reads back and judges. "x" is the ratio to the first row; in the row "the same with a snapshot and without" it is that of this pair.',
      columns: ['', 'last transaction', 'x', 'contain', 'x', 'release', 'x'],
      rows: rows.map(([who, other, name]) => [
        name,
        ...(['block', 'add', 'remove'] as const).flatMap((what) => [
          other === 'alone' ? '' : show(of(who, what)),
          ratio(of(who, what), of(other, what)),
        ]),
      ]),
    };
  } finally {
    there.close();
  }
}
