/** What the process says to its caller. The one table that turns an outcome into a number; documented in the README. */
export const exitCodes = {
  done: 0,
  refused: 1,
  unable: 2,
  noBackup: 3,
  rolledBack: 4,
  uncertain: 5,
  degraded: 6,
  notReleased: 7,
  busy: 8,
  ineffective: 9,
} as const;

export type ExitCode = (typeof exitCodes)[keyof typeof exitCodes];
