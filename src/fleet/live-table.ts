import { isatty, WriteStream } from 'node:tty';
import type { Host } from '../host';
import { say } from '../outcome/output/say';
import type { Row } from './carry-out';
import { describeRow } from './words';

/** The rows of an order: redrawn in place on a terminal, elsewhere a line for each change. */
export class LiveTable {
  /** Only asked for its size: what is written goes out at once. */
  private readonly terminal: WriteStream | undefined;
  private drawn = 0;
  private readonly said = new Map<Row, string>();

  constructor({ env }: Host) {
    this.terminal = isatty(1) && env.TERM !== 'dumb' ? new WriteStream(1) : undefined;
  }

  show(rows: readonly Row[], changed: Row | undefined): void {
    if (this.terminal !== undefined) {
      if (rows.length > 0) this.draw(rows);
    } else if (changed !== undefined) this.tell(changed);
  }

  /** The last state of every row stays. */
  end(rows: readonly Row[]): void {
    if (this.terminal !== undefined) this.draw(rows);
    else for (const row of rows) this.tell(row);
  }

  private draw(rows: readonly Row[]): void {
    const height = Math.max(1, (this.terminal?.rows || 24) - 1);
    const width = this.terminal?.columns || 80;
    const lines = rows.length <= height ? rows.map(describeRow) : summary(rows);
    const up = this.drawn === 0 ? '' : `\u001b[${this.drawn}A`;
    say(`${up}${lines.map((line) => `\u001b[2K${line.slice(0, width - 1)}\n`).join('')}\u001b[0J`);
    this.drawn = lines.length;
  }

  private tell(row: Row): void {
    const text = describeRow(row);
    if (this.said.get(row) === text) return;
    this.said.set(row, text);
    say(`${text}\n`);
  }
}

/** For more rows than the terminal has: only counts. At the end, those that did not confirm are listed. */
function summary(rows: readonly Row[]): string[] {
  const count = (of: (row: Row) => boolean): number => rows.filter(of).length;
  return [
    `${rows.length} agents: ${count(({ outcome }) => outcome !== undefined)} ended, ${count(
      ({ outcome, begunAfterMs }) => outcome === undefined && begunAfterMs !== undefined,
    )} begun, ${count(({ refusal }) => refusal !== undefined)} not sent`,
  ];
}
