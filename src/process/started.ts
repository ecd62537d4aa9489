import { readFileSync } from 'node:fs';

/** When a process was started, so that two of them can be put in order. */
export interface Started {
  /** Milliseconds since 1970, by this host's clock. */
  readonly at: number;
  /** Sorted as texts, keys are in the order in which the processes started since the system's last start. */
  readonly key: string;
}

/**
 * When this process was started or, where the program took the place of a shell, when that was: bash and `exec` do so
 * with a last command, which may be an order long after the shell's own start.
 */
export function whenStarted(): Started {
  return { at: performance.timeOrigin, key: ownKey };
}

// Before this program has waited for a process of its own.
const ownKey = keyOf(tookPlaceOfShell() ? ticksNow(performance.now()) : startOf(process.pid), performance.timeOrigin);

/** Whoever began this process has waited for other programs before (field 11, which outlives an exec). */
function tookPlaceOfShell(): boolean {
  return Number(statOf(process.pid)?.[8] ?? 0) > 0;
}

/** The present moment, for an order that no process was started for. */
export function startedNow(): Started {
  return { at: Date.now(), key: keyOf(ticksNow(), Date.now()) };
}

function keyOf(ticks: string | undefined, at: number): string {
  return `${ticks ?? digits(Math.round(at * 1000), 17)}.${digits(process.pid, 10)}`;
}

/**
 * The moment so many milliseconds ago in the ticks of `startOf`: hundredths of a second on every system that we run on
 * (USER_HZ).
 */
function ticksNow(msAgo = 0): string | undefined {
  try {
    const [seconds] = readFileSync('/proc/uptime', 'latin1').split(' ');
    return digits(Math.round(Number(seconds) * 100 - msAgo / 10), 17);
  } catch {
    return undefined;
  }
}

/**
 * When a process was started, in the kernel's own ticks since the system's start (proc_pid_stat(5), field 22), which do
 * not move when somebody sets the clock. Undefined where there is no such process, or no /proc.
 */
export function startOf(pid: number): string | undefined {
  const ticks = statOf(pid)?.[19];
  return ticks === undefined ? undefined : digits(Number(ticks), 17);
}

/** The fields of proc_pid_stat(5) from the third one on. */
function statOf(pid: number): string[] | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'latin1');
    // The program's name stands in brackets and may hold anything, brackets too.
    return stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  } catch {
    return undefined;
  }
}

function digits(number: number, length: number): string {
  return String(number).padStart(length, '0');
}
