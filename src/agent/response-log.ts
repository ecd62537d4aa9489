import { join } from 'node:path';
import type { Host } from '../host';
import { type AuditEntry, auditLine } from '../outcome/output/audit';
import { errorText } from '../process/error-code';
import { appendToAgentFile } from './agent-files';

const below = { windows: 'active-response/active-responses.log', linux: 'logs/active-responses.log' } as const;

/**
 * The log of active responses. Its lines reach the server where the agent's configuration has the agent read it.
 */
export function auditFileOf(platform: Host['platform'], home: string): string {
  return join(home, below[platform]);
}

/**
 * Appends one line for the SIEM. A log that cannot be written never stops a containment: then this returns a warning
 * that holds the line, for our own log.
 */
export function writeAudit(platform: Host['platform'], home: string, entry: AuditEntry): string | undefined {
  const line = auditLine(platform, entry, new Date());
  try {
    appendToAgentFile(home, below[platform], `${line}\n`);
    return undefined;
  } catch (error) {
    const file = auditFileOf(platform, home);
    return `The server does not hear of this, because ${file} was not written: ${errorText(error)}. The line is: ${line}`;
  }
}
