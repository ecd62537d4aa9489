import { type ChildProcessByStdio, spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import type { Readable, Writable } from 'node:stream';
import type { Order, Probe, Ran } from './protocol';

/** One host of the lab, told what to do. */
export class LabHost {
  private readonly child: ChildProcessByStdio<Writable, Readable, null>;
  private readonly waiting = new Map<number, (answer: { result?: unknown; error?: string }) => void>();
  private lastId = 0;

  constructor(
    readonly name: string,
    [program = '', ...args]: readonly string[],
  ) {
    this.child = spawn(program, args, { stdio: ['pipe', 'pipe', 'inherit'] });
    createInterface({ input: this.child.stdout }).on('line', (line) => {
      const { id, ...answer } = JSON.parse(line) as { id: number; result?: unknown; error?: string };
      this.waiting.get(id)?.(answer);
      this.waiting.delete(id);
    });
    this.child.on('exit', () => {
      for (const answer of this.waiting.values()) answer({ error: 'the host is gone' });
    });
  }

  get pid(): number {
    return this.child.pid ?? 0;
  }

  serve(tcp: readonly number[], udp: readonly number[]): Promise<void> {
    return this.order({ do: 'serve', tcp, udp });
  }

  probe(probe: Probe, waitMs: number): Promise<boolean> {
    return this.order({ do: 'probe', waitMs, ...probe });
  }

  /** Datagrams and connections that came in, by sender. */
  received(): Promise<Record<string, number>> {
    return this.order({ do: 'received' });
  }

  run(...command: readonly string[]): Promise<Ran> {
    return this.order({ do: 'run', command });
  }

  order<T>(order: Order): Promise<T> {
    const id = ++this.lastId;
    return new Promise((resolve, reject) => {
      this.waiting.set(id, ({ result, error }) =>
        error === undefined ? resolve(result as T) : reject(new Error(`${this.name}: ${error}`)),
      );
      this.child.stdin.write(`${JSON.stringify({ id, order })}\n`);
    });
  }

  stop(): void {
    this.child.stdin.end();
    this.child.kill('SIGKILL');
  }
}
