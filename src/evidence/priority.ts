import type { ChildProcess } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { setPriority, constants as systemConstants } from 'node:os';

const { PRIORITY_LOW, PRIORITY_BELOW_NORMAL } = systemConstants.priority;

/** As nice values: on Windows Node makes the idle class of the first, and below normal of the second. */
export const priorities = { besideOrder: PRIORITY_LOW, afterBlock: PRIORITY_BELOW_NORMAL } as const;

/**
 * The snapshot competes with the order for the processor, and the order goes first. What the process starts from then
 * on has its priority, too. Linux shares the processor between sessions before it looks at single processes (sched(7),
 * autogroup), and the snapshot has a session of its own.
 */
export function givePriority({ pid, exitCode, signalCode }: ChildProcess, priority: number): void {
  // Of one that has ended, somebody else may have the number.
  if (pid === undefined || exitCode !== null || signalCode !== null) return;
  try {
    setPriority(pid, priority);
    if (process.platform === 'linux') writeFileSync(`/proc/${pid}/autogroup`, String(priority));
  } catch {
    // It has ended already, or this kernel groups nothing, or whoever started us must not raise it again.
  }
}
