import type { Logger } from 'winston';

type Level = 'info' | 'warn' | 'error';

/** Our own log. A line that cannot be written is no error. */
export class Log {
  private logger: Logger | undefined;
  private readonly waiting: [level: Level, message: string, details: object][] = [];
  private isHeldBack = false;

  /** `folder`: the state folder. */
  constructor(private readonly folder: string) {}

  info(message: string, details: object = {}): void {
    this.write('info', message, details);
  }

  warn(message: string, details: object = {}): void {
    this.write('warn', message, details);
  }

  error(message: string, details: object = {}): void {
    this.write('error', message, details);
  }

  /**
   * Keeps the lines in memory until `prepare` is called: to load what writes them takes half as long as Node takes to
   * start, and is best done while something else is waited for.
   */
  holdBack(): void {
    this.isHeldBack = this.logger === undefined;
  }

  /** Loads what writes the log, and writes what was held back. */
  prepare(): void {
    this.isHeldBack = false;
    for (const [level, message, details] of this.waiting.splice(0)) this.open().log(level, message, details);
    this.open();
  }

  private write(level: Level, message: string, details: object): void {
    const line = { timestamp: new Date().toISOString(), ...details };
    if (this.isHeldBack) this.waiting.push([level, message, line]);
    else this.open().log(level, message, line);
  }

  private open(): Logger {
    const { openJsonLog } = require('./json-log') as typeof import('./json-log');
    this.logger ??= openJsonLog(this.folder);
    return this.logger;
  }
}

/** Raw output of a tool, in whatever code page, as printable ASCII with everything else escaped. */
export function escapeOutput(output: Buffer): string {
  return output.toString('latin1').replace(/[^\x20-\x7e\n]/g, (char) => {
    return `\\x${char.charCodeAt(0).toString(16).padStart(2, '0')}`;
  });
}
