import { lstatSync } from 'node:fs';
import { join } from 'node:path';
import type { Host } from '../host';
import { readAgentFile } from './agent-files';

/** When the agent last heard from its server, by its own files. */
export interface LastHeard {
  /** Absent where no file says it. */
  readonly at?: Date;
  /** True where the agent notes each answer at once: what it has not noted has not happened. */
  readonly isNotedAtOnce: boolean;
}

/** Wazuh writes these from 3.5 on, by default every 5 seconds (wazuh src/client-agent/state.c). */
const stateFiles = {
  windows: ['wazuh-agent.state', 'ossec-agent.state'],
  linux: ['var/run/wazuh-agentd.state', 'var/run/ossec-agentd.state'],
} as const;

const keysFile = { windows: 'client.keys', linux: 'etc/client.keys' } as const;
/**
 * Where an agent counts the messages that it received, in a file named after its own number (ossec-hids
 * src/os_crypto/shared/msgs.c).
 */
const countersFolder = { windows: 'rids', linux: 'queue/rids' } as const;

const longest = 64 * 1024;

/**
 * Wazuh writes down when the last answer came. OSSEC counts the messages that it received and writes the count to disk
 * only once in so many messages: at the time of that file it heard something, but maybe again since. Never throws.
 */
export function readLastHeard(platform: Host['platform'], home: string): LastHeard {
  for (const file of stateFiles[platform]) {
    const at = lastAnswer(read(home, file));
    if (at !== undefined) return { at, isNotedAtOnce: true };
  }
  const [, id] = /^(\d{1,9}) /m.exec(read(home, keysFile[platform])) ?? [];
  const at = id === undefined ? undefined : lastWrite(join(home, countersFolder[platform], id));
  return { isNotedAtOnce: false, ...(at === undefined ? {} : { at }) };
}

/** Reads `last_ack='2026-11-30 07:12:01'`, in local time. The value is empty where no answer came yet. */
function lastAnswer(text: string): Date | undefined {
  const [, ...parts] = /^last_ack='(\d{4})-(\d\d)-(\d\d) (\d\d):(\d\d):(\d\d)'\r?$/m.exec(text) ?? [];
  if (parts.length === 0) return undefined;
  const [year = 0, month = 0, day, hours, minutes, seconds] = parts.map(Number);
  return new Date(year, month - 1, day, hours, minutes, seconds);
}

function lastWrite(file: string): Date | undefined {
  try {
    const stat = lstatSync(file);
    // An empty file was only made: nothing was counted yet.
    return stat.isFile() && stat.size > 0 ? stat.mtime : undefined;
  } catch {
    return undefined;
  }
}

function read(home: string, file: string): string {
  try {
    return readAgentFile(home, file, longest).toString('latin1');
  } catch {
    return '';
  }
}
