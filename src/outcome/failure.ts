import { type ExitCode, exitCodes } from './exit-codes';

/** Every way to fail, with the exit code it ends in. The code is stable: scripts and the JSON output rely on it. */
const exitCodeOf = {
  'bad-arguments': exitCodes.refused,
  'bad-message': exitCodes.refused,
  'bad-address': exitCodes.refused,
  'bad-configuration': exitCodes.refused,
  'no-home': exitCodes.refused,
  'no-server': exitCodes.refused,
  'not-elevated': exitCodes.unable,
  'firewall-service-disabled': exitCodes.unable,
  'tool-missing': exitCodes.unable,
  'server-would-be-lost': exitCodes.unable,
  'no-backup': exitCodes.noBackup,
  'journal-unwritable': exitCodes.noBackup,
  'rolled-back': exitCodes.rolledBack,
  'way-back-failed': exitCodes.uncertain,
  'not-read-back': exitCodes.uncertain,
  'not-released': exitCodes.notReleased,
  busy: exitCodes.busy,
  superseded: exitCodes.busy,
} as const satisfies Record<string, ExitCode>;

export type FailureCode = keyof typeof exitCodeOf;

/**
 * A failure as data: a stable code, and a message that says what failed, what state the host is in now, and what to do.
 * `cause` keeps the error or the tool's raw output behind it.
 */
export class Failure extends Error {
  readonly code: FailureCode;

  /** `words`: what the outcome line says besides the code. */
  constructor(
    code: FailureCode,
    message: string,
    cause?: unknown,
    readonly words: readonly string[] = [],
  ) {
    super(message, cause === undefined ? undefined : { cause });
    this.name = 'Failure';
    this.code = code;
  }

  /** The same failure, with one more word for the outcome line. */
  saying(word: string): Failure {
    return new Failure(this.code, this.message, this.cause, [...this.words, word]);
  }

  get exitCode(): ExitCode {
    return exitCodeOf[this.code];
  }
}

/**
 * The failure of an order that changed a contained host and now cannot read it back. The host is not set free for that,
 * which an attacker could bring about: a disk is soon filled.
 */
export function notReadBack(why: string): Failure {
  const message = `This host was contained, and what was changed then cannot be read back: ${why}. The containment was not taken back; the state of this host is uncertain. Mend what is named here, run "contain-host status", and repeat ADD.`;
  return new Failure('not-read-back', message);
}

/** `what`: what could not be done without rights. */
export function lacksRights(what: string, cause?: unknown): Failure {
  return new Failure('not-elevated', `${asAdministrator} ${what}, so nothing was changed.`, cause);
}

/** What to do where rights are missing. */
export const asAdministrator =
  process.platform === 'win32' ? 'Run this elevated, as an administrator.' : 'Run this as root.';
