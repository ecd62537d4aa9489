import { writeSync } from 'node:fs';
import { errorCode } from '../../process/error-code';

/**
 * Writes a text to standard output and never fails: the agent may have given us no handle at all, or may have gone
 * (EBADF, EPIPE), and neither must stop a containment. `process.stdout` would raise those as events that end the
 * process.
 */
export function say(text: string): void {
  write(1, text);
}

/** The same to standard error: why nothing was done. */
export function complain(text: string): void {
  write(2, text);
}

function write(stream: 1 | 2, text: string): void {
  const bytes = Buffer.from(text);
  try {
    for (let written = 0; written < bytes.length; ) written += writeSome(stream, bytes.subarray(written));
  } catch {
    // Nobody listens.
  }
}

/** A pipe that somebody made non-blocking answers EAGAIN while it is full. */
function writeSome(stream: 1 | 2, bytes: Buffer): number {
  for (let tries = 0; ; tries++) {
    try {
      return writeSync(stream, bytes);
    } catch (error) {
      if (errorCode(error) !== 'EAGAIN' || tries > 100) throw error;
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 10);
    }
  }
}
