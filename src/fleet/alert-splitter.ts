import { mark, parseJsonAlert, parseRecord, type Report } from './alert';

/** The two forms of alerts: `alerts.json` has one a line, `alerts.log` records with an empty line between them. */
export type Form = 'json' | 'log';

/** A longer alert holds no line of ours, and is passed over. */
const longestAlert = 256 * 1024;

/**
 * Cuts a stream of bytes into alerts, and reads those alone in which our name stands. Almost none do, so bytes are
 * searched, and only what is found becomes text.
 */
export class AlertSplitter {
  /** The beginning of an alert whose end has not come yet. */
  private rest = Buffer.alloc(0);
  private readonly separator: Buffer;

  constructor(private readonly form: Form) {
    this.separator = Buffer.from(form === 'json' ? '\n' : '\n\n');
  }

  /** The bytes may be overwritten after the call. */
  add(chunk: Buffer): Report[] {
    let whole = chunk;
    const reports: Report[] = [];
    if (this.rest.length > 0) {
      // The separator may begin in the rest, so the two are joined up to the first end of an alert.
      const first = chunk.indexOf(this.separator);
      const end = first < 0 ? chunk.length : first + this.separator.length;
      const joined = Buffer.concat([this.rest, chunk.subarray(0, end)]);
      this.rest = Buffer.alloc(0);
      reports.push(...this.cut(joined));
      whole = chunk.subarray(end);
    }
    if (whole.length > 0) reports.push(...this.cut(whole));
    return reports;
  }

  /** The last alert may be cut, since no separator follows it; it counts if it is whole. */
  end(): Report[] {
    return this.read(this.rest);
  }

  /** Reads the whole alerts and keeps what is behind them. */
  private cut(bytes: Buffer): Report[] {
    const last = bytes.lastIndexOf(this.separator);
    const end = last < 0 ? 0 : last + this.separator.length;
    this.rest = Buffer.from(bytes.length - end > longestAlert ? [] : bytes.subarray(end));
    return this.read(bytes.subarray(0, end));
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
