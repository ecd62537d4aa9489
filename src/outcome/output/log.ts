import type { Logger } from 'winston';

/** Our own log. A line that cannot be written is no error. */
export class Log {
  private logger: Logger | undefined;

  /** `folder`: the state folder. */
  constructor(private readonly folder: string) {}

  info(message: string, details: object = {}): void {
    this.prepare().info(message, details);
  }

  warn(message: string, details: object = {}): void {
    this.prepare().warn(message, details);
  }

  error(message: string, details: object = {}): void {
    this.prepare().error(message, details);
  }

  /**
   * Loads what writes the log, which takes half as long as Node takes to start: not before the first line, and best
   * while something else is waited for.
   */
  prepare(): Logger {
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
