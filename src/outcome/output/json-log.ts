import { appendFileSync, renameSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { createLogger, format, type Logger } from 'winston';
import Transport from 'winston-transport';

/** A full log is put aside once; the one before that is overwritten. */
const rotateAtBytes = 5 * 1024 * 1024;

/**
 * Writes each line before the call returns: what a step announces must be on disk before the step starts, and winston's
 * own file transport writes later. A log that cannot be written never stops a containment.
 */
class SynchronousFile extends Transport {
  constructor(private readonly file: string) {
    super();
  }

  override log(entry: { [key: symbol]: unknown }, done: () => void): void {
    this.rotate();
    try {
      appendFileSync(this.file, `${String(entry[Symbol.for('message')])}\n`, { mode: 0o600 });
    } catch {
      // The outcome still goes to the caller, the journal and the agent's own log.
    }
    done();
  }

  private rotate(): void {
    try {
      const { size } = statSync(this.file, { throwIfNoEntry: false }) ?? { size: 0 };
      if (size > rotateAtBytes) renameSync(this.file, `${this.file}.1`);
    } catch {
      // Somebody may have it open. It goes on growing, which is better than to say nothing.
    }
  }
}

/** `contain-host.log` in a folder: one JSON object a line. */
export function openJsonLog(folder: string): Logger {
  return createLogger({
    format: format.json(),
    transports: [new SynchronousFile(join(folder, 'contain-host.log'))],
  });
}
