/** The code of a system error, such as ENOENT; empty for everything else. */
export function errorCode(error: unknown): string {
  return typeof error === 'object' && error !== null && 'code' in error ? String(error.code) : '';
}

/** What an error says, without its class. */
export function errorText(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
