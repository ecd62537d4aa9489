import { readdirSync, readFileSync } from 'node:fs';
import { setTimeout as wait } from 'node:timers/promises';

/**
 * Waits until no process is left that has this in its environment and, where given, this word in its command line. What
 * collects evidence, and what fills the reserve again, outlive the order that started them.
 */
export async function waitUntilIdle(variable: string, word = ''): Promise<void> {
  const isLeft = (pid: string): boolean =>
    read(pid, 'environ').split('\0').includes(variable) && read(pid, 'cmdline').includes(word);
  while (readdirSync('/proc').some((name) => /^\d+$/.test(name) && name !== String(process.pid) && isLeft(name)))
    await wait(50);
}

function read(pid: string, file: 'environ' | 'cmdline'): string {
  try {
    return readFileSync(`/proc/${pid}/${file}`, 'latin1');
  } catch {
    return '';
  }
}
