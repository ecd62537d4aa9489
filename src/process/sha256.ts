import type { Hash } from 'node:crypto';

/**
 * Begins a SHA-256. Node's part for it takes longer to load than all else that a snapshot needs before its first tool
 * runs, and most orders need it only after their block: so it is loaded with the first use.
 */
export function beginSha256(): Hash {
  return process.getBuiltinModule('node:crypto').createHash('sha256');
}

/** In small hexadecimal letters. */
export function sha256Of(content: string | Buffer): string {
  return beginSha256().update(content).digest('hex');
}
