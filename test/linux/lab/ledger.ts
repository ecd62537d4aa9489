import type { Lab } from './lab';

/**
 * What became of the packets of a numbered flood, in their order, a word for each stretch. One leaked packet is a
 * stretch.
 */
export type Fate = 'passed' | 'blocked';

export const floodPort = 5001;

/**
 * Takes down the numbers of the datagrams of a flood: of those that come to the endpoint and those that get past all
 * chains there, and of those that are on the wire. In the kernel, so that none is missed however busy this machine is.
 */
export class Ledger {
  constructor(private readonly lab: Lab) {}

  open(): void {
    this.lab.nft(
      'endpoint',
      `table inet ledger {
  ${set('arrived')}
  ${set('passed')}
  chain before {
    type filter hook prerouting priority raw; policy accept;
    udp dport ${floodPort} add @arrived { @th,64,32 }
  }
  chain after {
    type filter hook input priority 300; policy accept;
    udp dport ${floodPort} add @passed { @th,64,32 } drop
  }
}
`,
    );
    this.lab.nft(
      'wire',
      `table netdev ledger {
  ${set('sent')}
  chain wire {
    type filter hook ingress device "endpoint" priority 300; policy accept;
    udp dport ${floodPort} add @sent { @th,64,32 } drop
  }
}
`,
    );
  }

  close(): void {
    this.lab.nft('endpoint', 'delete table inet ledger\n');
    this.lab.nft('wire', 'delete table netdev ledger\n');
  }

  /** What became of the datagrams that came to the endpoint. */
  inward(): Fate[] {
    const passed = new Set(this.numbers('endpoint', 'inet', 'passed'));
    return stretches(
      this.numbers('endpoint', 'inet', 'arrived').sort((a, b) => a - b),
      (number) => passed.has(number),
    );
  }

  /**
   * What became of the datagrams from the endpoint, by their numbers at which the kernel said something else than
   * before.
   */
  outward(turns: readonly number[]): Fate[] {
    const told: Fate[] = turns.map((_, index) => (index % 2 === 0 ? 'blocked' : 'passed'));
    const leaked = this.numbers('wire', 'netdev', 'sent').filter(
      (number) => turns.filter((turn) => turn <= number).length % 2 === 1,
    );
    if (leaked.length > 0)
      throw new Error(`on the wire although the kernel said no: ${leaked.slice(0, 10).join(', ')}`);
    return turns[0] === 0 ? told : ['passed', ...told];
  }

  /**
   * What is in a set. A listing leaves numbers out while the kernel moves the set to a larger table, which it may do a
   * little after the last one came: two listings that say the same are believed.
   */
  private numbers(name: 'endpoint' | 'wire', family: string, of: string): number[] {
    let before = this.list(name, family, of);
    for (let attempt = 0; attempt < 20; attempt++) {
      const now = this.list(name, family, of);
      if (now.size === before.size && [...now].every((number) => before.has(number))) return [...now];
      before = now;
    }
    throw new Error(`the set ${of} is listed otherwise each time`);
  }

  private list(name: 'endpoint' | 'wire', family: string, of: string): ReadonlySet<number> {
    const listed = JSON.parse(this.lab.nft(name, '', '-j', 'list', 'set', family, 'ledger', of)) as {
      nftables: { set?: { elem?: number[] } }[];
    };
    return new Set(listed.nftables.flatMap(({ set: found }) => found?.elem ?? []));
  }
}

const set = (name: string): string => `set ${name} { typeof @th,64,32; flags dynamic; size 4000000; }`;

function stretches(numbers: readonly number[], hasPassed: (number: number) => boolean): Fate[] {
  const fates: Fate[] = [];
  for (const number of numbers) {
    const fate = hasPassed(number) ? 'passed' : 'blocked';
    if (fates.at(-1) !== fate) fates.push(fate);
  }
  return fates;
}
