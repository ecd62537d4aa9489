import { appendFileSync, renameSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { createLogger, format, type Logger } from 'winston';
import Transport from 'winston-transport';

/** A full log is put aside once; the one before that is overwritten. */
const rotateAtBytes = 5 * 1024 * 1024;

/**
 * Writes each line before the call returns: what a step announces must be on disk before the step starts, and winston's own
 * file transport writes later. A log that cannot be written never stops a containment.
 */
class SynchronousFile extends Transport {
  constructor(private readonly file: string) {
    super();
  }

  override log(entry: { [key: symbol]: unknown }, done: () => void): void {
    try {
      this.rotate();
      appendFileSync(this.file, `${String(entry[Symbol.for('message')])}\n`, { mode: 0o600 });
    } catch {
      // The outcome still goes to the caller, the journal and the agent's own log.
    }
    done();
  }

  private rotate(): void {
    const { size } = statSync(this.file, { throwIfNoEntry: false }) ?? { size: 0 };
    if (size > rotateAtBytes) renameSync(this.file, `${this.file}.1`);
  }
}

/** `contain-host.log` in the state folder: one JSON object a line. */
export function openLog(folder: string): Logger {
  return createLogger({
    format: format.combine(format.timestamp(), format.json()),
    transports: [new SynchronousFile(join(folder, 'contain-host.log'))],
  });
}

/** Raw output of a tool, in whatever code page, as printable ASCII with everything else escaped. */
export function escapeOutput(output: Buffer): string {
  return output.toString('latin1').replace(/[^\x20-\x7e\n]/g, (char) => {
    return `\\x${char.charCodeAt(0).toString(16).padStart(2, '0')}`;
  });
}
