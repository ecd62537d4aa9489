import { quote } from '../../policy/address';
import type { Protocol } from '../../policy/allow-list';
import { Rejected } from './scanner';

/** A server as the configuration names it; its address or name is neither validated nor resolved yet. */
export interface ConfiguredServer {
  readonly host: string;
  readonly port: number;
  /** Undefined where the configuration does not say: the installed agent decides. */
  readonly protocols: readonly Protocol[] | undefined;
}

/** Reads a port as the agents do (OS_StrIsNum and atoi): digits, leading zeros allowed. Throws `Rejected`. */
export function parsePort(text: string): number {
  const port = /^\d+$/.test(text) ? Number(text) : 0;
  if (port < 1 || port > 65535) throw new Rejected(`${quote(text)} is not a port`);
  return port;
}

/**
 * Checks what stands as `server-ip`. The agents refuse everything but numeric addresses (OS_IsValidIP in the agents'
 * src/shared/validate_op.c). Old spellings that only some agents take pass here and are left out later. Throws
 * `Rejected`.
 */
export function checkServerIp(text: string): string {
  if (!/^!?[0-9A-Fa-fXx.:]+(?:%[\w.:-]+)?$/.test(text)) throw new Rejected(`${quote(text)} is not an IP address`);
  return text;
}
