import type { ChildProcessByStdio } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';

/** A program of the lab that runs beside the test. */
export interface Started {
  /** Waits for its end. The lines that it wrote after "ready". */
  end(): Promise<string[]>;
  stop(): void;
}

/** Waits until the program says "ready". Throws when it ends before. */
export async function started(child: ChildProcessByStdio<null, Readable, null>): Promise<Started> {
  const lines: string[] = [];
  const reading = createInterface({ input: child.stdout });
  const ended = once(reading, 'close');
  await new Promise<void>((resolve, reject) => {
    reading.on('line', (line) => (line === 'ready' ? resolve() : lines.push(line)));
    void ended.then(() => reject(new Error(`it ended before it was ready: ${lines.join(' ')}`)));
  });
  return {
    end: async () => {
      await ended;
      return lines;
    },
    stop: () => child.kill('SIGKILL'),
  };
}
