import { closeSync, fstatSync, openSync, readSync } from 'node:fs';
import { join } from 'node:path';
import type { Host } from '../host';

/** The newest part of a log is enough: an agent reconnects often. */
const tailBytes = 1024 * 1024;

/**
 * The address that the agent itself last connected to under a server's name, as its log has it: the best there is when the
 * name does not resolve now. OSSEC writes `Connected to NAME at address ADDR, port PORT` (src/os_net/os_net.c), Wazuh
 * `Connected to the server ([NAME/ADDR]:PORT/tcp)` (src/client-agent/start_agent.c).
 */
export function lastConnectedAddress(platform: Host['platform'], home: string, name: string): string | undefined {
  const file = platform === 'windows' ? join(home, 'ossec.log') : join(home, 'logs', 'ossec.log');
  const escaped = name.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
  const line = new RegExp(
    `Connected to (?:${escaped} at address ([0-9A-Fa-f.:]+), port |the server \\(\\[?${escaped}/([0-9A-Fa-f.:]+?)\\]?:\\d+/)`,
    'g',
  );
  const last = [...readTail(file).matchAll(line)].at(-1);
  return last?.[1] ?? last?.[2];
}

function readTail(file: string): string {
  let fd: number;
  try {
    fd = openSync(file, 'r');
  } catch {
    return '';
  }
  try {
    const { size } = fstatSync(fd);
    const bytes = Buffer.alloc(Math.min(size, tailBytes));
    const length = readSync(fd, bytes, 0, bytes.length, size - bytes.length);
    return bytes.toString('latin1', 0, length);
  } catch {
    return '';
  } finally {
    closeSync(fd);
  }
}
