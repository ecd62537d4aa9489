import { readFileSync } from 'node:fs';

/** When a process was started, so that two of them can be put in order. */
export interface Started {
  /** Milliseconds since 1970, by this host's clock. */
  readonly at: number;
  /** Sorted as texts, keys are in the order in which the processes started since the system's last start. */
  readonly key: string;
}

/** When this process was started. */
export function whenStarted(): Started {
  return { at: performance.timeOrigin, key: keyOf(startOf(process.pid), performance.timeOrigin) };
}

/** The present moment, for an order that no process was started for. */
export function startedNow(): Started {
  return { at: Date.now(), key: keyOf(ticksNow(), Date.now()) };
}

function keyOf(ticks: string | undefined, at: number): string {
  return `${ticks ?? digits(Math.round(at * 1000), 17)}.${digits(process.pid, 10)}`;
}

/** The present moment in the ticks of `startOf`: hundredths of a second on every system that we run on (USER_HZ). */
function ticksNow(): string | undefined {
  try {
    const [seconds] = readFileSync('/proc/uptime', 'latin1').split(' ');
    return digits(Math.round(Number(seconds) * 100), 17);
  } catch {
    return undefined;
  }
}

/**
 * When a process was started, in the kernel's own ticks since the system's start (proc_pid_stat(5), field 22), which do
 * not move when somebody sets the clock. Undefined where there is no such process, or no /proc.
 */
export function startOf(pid: number): string | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'latin1');
    // The program's name stands in brackets and may hold anything, brackets too.
    const ticks = stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19];
    return ticks === undefined ? undefined : digits(Number(ticks), 17);
  } catch {
    return undefined;
  }
}

function digits(number: number, length: number): string {
  return String(number).padStart(length, '0');
}
