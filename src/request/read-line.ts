import type { Readable } from 'node:stream';
import { Failure } from '../outcome/failure';
import { errorText } from '../process/error-code';

const longestLine = 64 * 1024;
const longestWaitMs = 5000;

/**
 * Reads one line, without its end, of at most 64 KiB. Never waits for the end of input: the agent keeps the pipe open
 * and waits for us. Throws `Failure('bad-message')` when no whole line comes within five seconds.
 */
export function readLine(input: Readable, patienceMs = longestWaitMs): Promise<string> {
  return new Promise((resolve, reject) => {
    let bytes = Buffer.alloc(0);
    const finish = (act: () => void): void => {
      clearTimeout(timer);
      input.removeAllListeners();
      input.on('error', () => {});
      input.destroy();
      act();
    };
    const refuse = (why: string): void =>
      finish(() =>
        reject(new Failure('bad-message', `Nothing usable came on standard input: ${why}. Nothing was changed.`)),
      );
    const timer = setTimeout(() => refuse(`no whole line within ${patienceMs / 1000} seconds`), patienceMs);
    input.on('data', (chunk: Buffer) => {
      bytes = Buffer.concat([bytes, chunk]);
      const end = bytes.indexOf('\n');
      if (end > longestLine || (end < 0 && bytes.length > longestLine)) refuse('the line is longer than 64 KiB');
      else if (end >= 0) finish(() => resolve(bytes.subarray(0, end).toString('utf8').replace(/\r$/, '')));
    });
    input.on('end', () => {
      if (bytes.length === 0) refuse('it ended at once');
      else finish(() => resolve(bytes.toString('utf8').replace(/\r$/, '')));
    });
    input.on('error', (error) => refuse(errorText(error)));
  });
}
