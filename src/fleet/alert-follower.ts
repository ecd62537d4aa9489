import { closeSync, fstatSync, openSync, readSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { errorCode, errorText } from '../process/error-code';
import type { Report } from './alert';
import { AlertSplitter, type Form } from './alert-splitter';
import { FleetFailure } from './server';

/**
 * Follows the alerts from now on, over the change to a new day's file. Each form has its own file; both are followed:
 * a server may write only one of them. Throws `FleetFailure` where they may not be read: nobody could be heard.
 */
export class AlertFollower {
  private readonly tails: Tail[];

  constructor(home: string) {
    const folder = join(home, 'logs', 'alerts');
    this.tails = (['json', 'log'] as const).map((form) => new Tail(join(folder, `alerts.${form}`), form));
  }

  /** What came since the last call. A report may come once in each form. */
  read(): Report[] {
    return this.tails.flatMap((tail) => tail.read());
  }

  close(): void {
    for (const tail of this.tails) tail.close();
  }
}

interface OpenFile {
  readonly fd: number;
  readonly inode: bigint;
  offset: number;
  splitter: AlertSplitter;
}

/**
 * The end of one file, by name: a new file under that name is read from its beginning, after the rest of the old one.
 */
class Tail {
  private file: OpenFile | undefined;
  private readonly chunk = Buffer.alloc(256 * 1024);

  constructor(
    private readonly path: string,
    private readonly form: Form,
  ) {
    this.file = this.open();
    if (this.file !== undefined) this.file.offset = fstatSync(this.file.fd).size;
  }

  read(): Report[] {
    // Looked at before the old file is read for the last time: nothing is written to it once the new one is there.
    const isOther = this.file === undefined || this.inodeNow() !== this.file.inode;
    const reports = this.readOpen();
    if (!isOther) return reports;
    const next = this.open();
    if (next === undefined) return reports;
    this.close();
    this.file = next;
    return [...reports, ...this.readOpen()];
  }

  close(): void {
    if (this.file !== undefined) closeSync(this.file.fd);
    this.file = undefined;
  }

  private open(): OpenFile | undefined {
    try {
      const fd = openSync(this.path, 'r');
      return { fd, inode: fstatSync(fd, { bigint: true }).ino, offset: 0, splitter: new AlertSplitter(this.form) };
    } catch (error) {
      if (errorCode(error) === 'ENOENT') return undefined;
      throw new FleetFailure(
        `${this.path} cannot be read: ${errorText(error)}. No agent could confirm. Run this as root.`,
      );
    }
  }

  /** Undefined where there is no file, as between two days. */
  private inodeNow(): bigint | undefined {
    try {
      return statSync(this.path, { bigint: true }).ino;
    } catch {
      return this.file?.inode;
    }
  }

  private readOpen(): Report[] {
    const { file } = this;
    if (file === undefined) return [];
    const reports: Report[] = [];
    // Somebody made the file shorter: read it from the beginning.
    if (fstatSync(file.fd).size < file.offset) {
      file.offset = 0;
      file.splitter = new AlertSplitter(this.form);
    }
    for (;;) {
      const count = readSync(file.fd, this.chunk, 0, this.chunk.length, file.offset);
      if (count === 0) return reports;
      file.offset += count;
      reports.push(...file.splitter.add(this.chunk.subarray(0, count)));
    }
  }
}
