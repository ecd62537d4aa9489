import { closeSync, createReadStream, existsSync, fstatSync, openSync, readSync } from 'node:fs';
import { join } from 'node:path';
import { createGunzip } from 'node:zlib';
import { mark, parseJsonAlert, parseRecord, type Report } from './alert';

const months = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];
const day = 24 * 3600 * 1000;
/** A longer alert holds no line of ours, and is passed over. */
const longestAlert = 256 * 1024;

/** One file of alerts in one of the two forms. */
interface AlertFile {
  readonly file: string;
  readonly form: 'json' | 'log';
}

/**
 * Every report of the days from `since` to `until`, oldest day first. Servers keep one file a day and form, compressed
 * once it is over: `alerts/2026/Nov/ossec-alerts-30.log.gz` (monitord). A file that is cut, or vanishes
 * meanwhile, counts as far as it could be read, and `onTrouble` is told.
 */
export async function* readReports(
  home: string,
  since: Date,
  until: Date,
  onTrouble: (message: string) => void,
): AsyncGenerator<Report> {
  for (let time = since.getTime() - day; time <= until.getTime() + day; time += day) {
    const found = fileOf(home, new Date(time));
    if (found === undefined) continue;
    try {
      yield* reportsIn(found);
    } catch (error) {
      onTrouble(`${found.file} cannot be read to its end: ${error instanceof Error ? error.message : String(error)}`);
    }
  }
}

/** JSON says more of the agent, so it goes first. Days are those of the server's own time zone. */
function fileOf(home: string, date: Date): AlertFile | undefined {
  const name = `ossec-alerts-${String(date.getDate()).padStart(2, '0')}`;
  const base = join(home, 'logs', 'alerts', String(date.getFullYear()), months[date.getMonth()] ?? '', name);
  const candidates = (['json', 'log'] as const).flatMap((form) =>
    ['', '.gz'].map((ending) => ({ file: `${base}.${form}${ending}`, form })),
  );
  return candidates.find(({ file }) => existsSync(file));
}

async function* reportsIn({ file, form }: AlertFile): AsyncGenerator<Report> {
  const raw = createReadStream(file, { highWaterMark: 1024 * 1024 });
  const plain = file.endsWith('.gz') ? raw.pipe(createGunzip({ chunkSize: 1024 * 1024 })) : raw;
  raw.on('error', (error) => plain.destroy(error));
  const splitter = new AlertSplitter(form);
  for await (const chunk of plain) yield* splitter.add(chunk as Buffer);
  yield* splitter.end();
}

/** Cuts a stream of bytes into alerts, and reads those alone in which our name stands. */
class AlertSplitter {
  private rest = Buffer.alloc(0);
  private readonly separator: Buffer;

  constructor(private readonly form: AlertFile['form']) {
    this.separator = Buffer.from(form === 'json' ? '\n' : '\n\n');
  }

  add(chunk: Buffer): Report[] {
    const bytes = this.rest.length === 0 ? chunk : Buffer.concat([this.rest, chunk]);
    const last = bytes.lastIndexOf(this.separator);
    const whole = last < 0 ? 0 : last + this.separator.length;
    this.rest = bytes.length - whole > longestAlert ? Buffer.alloc(0) : Buffer.from(bytes.subarray(whole));
    return this.read(bytes.subarray(0, whole));
  }

  /** The last alert may be cut, since no separator follows it; it counts if it is whole. */
  end(): Report[] {
    return this.read(this.rest);
  }

  private read(bytes: Buffer): Report[] {
    const reports: Report[] = [];
    for (let at = bytes.indexOf(mark); at >= 0; ) {
      const before = bytes.lastIndexOf(this.separator, at);
      const start = before < 0 ? 0 : before + this.separator.length;
      const after = bytes.indexOf(this.separator, at);
      const end = after < 0 ? bytes.length : after;
      const report = end - start > longestAlert ? undefined : this.parse(bytes.toString('utf8', start, end));
      if (report !== undefined) reports.push(report);
      at = end >= bytes.length ? -1 : bytes.indexOf(mark, end);
    }
    return reports;
  }

  private parse(text: string): Report | undefined {
    if (this.form === 'json') return parseJsonAlert(text);
    // A record that was cut in the middle of another one begins at its own first line.
    return parseRecord(text.slice(Math.max(0, text.lastIndexOf('** Alert '))).trimEnd());
  }
}

/**
 * Follows the alerts from now on, over the change to a new day's file. Each form has its own file; the JSON one is
 * followed where there is one, beside the other: a server may write only one of them.
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

/**
 * The end of one file, by name: a new file under that name is read from its beginning, after the rest of the old one.
 */
class Tail {
  private fd: number | undefined;
  private inode = 0n;
  private offset = 0;
  private splitter: AlertSplitter;

  constructor(
    private readonly file: string,
    private readonly form: AlertFile['form'],
  ) {
    this.splitter = new AlertSplitter(form);
    this.open();
    if (this.fd !== undefined) this.offset = Number(fstatSync(this.fd).size);
  }

  read(): Report[] {
    const reports = this.readOpen();
    const before = this.inode;
    const old = this.fd;
    if (!this.open() || this.inode === before) return reports;
    if (old !== undefined) closeSync(old);
    return [...reports, ...this.readOpen()];
  }

  close(): void {
    if (this.fd !== undefined) closeSync(this.fd);
    this.fd = undefined;
  }

  /** Opens the file that has the name now, if it is another one. False where there is none. */
  private open(): boolean {
    let fd: number;
    try {
      fd = openSync(this.file, 'r');
    } catch {
      return false;
    }
    const { ino } = fstatSync(fd, { bigint: true });
    if (this.fd !== undefined && ino === this.inode) {
      closeSync(fd);
      return true;
    }
    this.fd = fd;
    this.inode = ino;
    this.offset = 0;
    this.splitter = new AlertSplitter(this.form);
    return true;
  }

  private readOpen(): Report[] {
    if (this.fd === undefined) return [];
    const reports: Report[] = [];
    const chunk = Buffer.alloc(256 * 1024);
    // Somebody made the file shorter: read it from the beginning.
    if (fstatSync(this.fd).size < this.offset) this.offset = 0;
    for (;;) {
      const count = readSync(this.fd, chunk, 0, chunk.length, this.offset);
      if (count === 0) return reports;
      this.offset += count;
      reports.push(...this.splitter.add(Buffer.from(chunk.subarray(0, count))));
    }
  }
}
