import { closeSync, openSync, readSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import type { Host } from '../host';
import { complain } from '../outcome/output/say';
import { stateFolderOf } from '../state/folder';
import { isLocked } from '../state/lock';

const pollMs = 200;

/** Steps in the words of people; a step that is not listed is shown under its own name. */
const names: Readonly<Record<string, string>> = {
  backup: 'save the firewall policy',
  rules: 'set the rules',
  block: 'block everybody else',
  import: 'bring the saved policy back',
  'keep-present': 'save the present policy',
  load: 'set the rules',
  save: 'keep the rules for the next start',
  'delete-tables': 'take our rules away',
};

/** Shows the steps of the order that is at work, and returns when it is done. */
export async function followOrder(host: Host): Promise<void> {
  const stateFolder = stateFolderOf(host);
  if (!isLocked(stateFolder)) return;
  const progress = new Progress(host, true);
  while (isLocked(stateFolder)) {
    progress.show();
    await wait(5 * pollMs);
  }
  progress.show();
}

/**
 * Prints the steps of an order from the journal that it writes: one line a step, with the local time of its beginning.
 */
export class Progress {
  private readonly file: string;
  private offset: number;
  private isOver = false;
  private torn = '';

  /** `fromStart`: shows also what was written before. */
  constructor(host: Host, fromStart = false) {
    this.file = join(stateFolderOf(host), 'journal.jsonl');
    this.offset = fromStart ? 0 : (statSync(this.file, { throwIfNoEntry: false })?.size ?? 0);
  }

  /** Goes on until `stop` is called. */
  async run(): Promise<void> {
    while (!this.isOver) {
      this.show();
      await wait(pollMs, undefined, { ref: false });
    }
  }

  /** Shows what is new. */
  show(): void {
    const bytes = this.read(this.offset);
    this.offset += bytes.length;
    const lines = (this.torn + bytes.toString('utf8')).split('\n');
    this.torn = lines.pop() ?? '';
    for (const line of lines) this.print(line);
  }

  stop(): void {
    this.isOver = true;
  }

  private print(line: string): void {
    const [, time = '', step = ''] = /^\{"time":"([^"]+)","event":"step","step":"([\w -]+)"/.exec(line) ?? [];
    if (step === '') return;
    complain(`${new Date(time).toLocaleTimeString('en-GB')}  ${names[step] ?? step.replaceAll('-', ' ')}\n`);
  }

  /** A journal that is put aside or not there has nothing new. */
  private read(from: number): Buffer {
    let file: number;
    try {
      file = openSync(this.file, 'r');
    } catch {
      return Buffer.alloc(0);
    }
    try {
      const chunk = Buffer.alloc(1024 * 1024);
      return chunk.subarray(0, readSync(file, chunk, 0, chunk.length, from));
    } catch {
      return Buffer.alloc(0);
    } finally {
      closeSync(file);
    }
  }
}
