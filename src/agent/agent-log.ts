import { join } from 'node:path';
import type { Host } from '../host';
import { readTail } from './read-file';

/** The newest part of a log is enough: an agent reconnects often. */
const newestPart = 1024 * 1024;

/** What every line starts with; Wazuh adds the place in its source when it debugs. */
const start = String.raw`^\d{4}/\d\d/\d\d \d\d:\d\d:\d\d (?:[\w-]+(?:\(\d+\))?(?:\[\d+\] \S+ at \S+)?: )?INFO: (?:\(\d+\): )?`;

/**
 * The agent's log, as a look-up: the address that the agent last connected to under a server's name. That is the best there is
 * for a name that does not resolve now. OSSEC writes `Connected to NAME at address ADDRESS, port PORT` (src/os_net/os_net.c),
 * 2.8 and Wazuh `Connected to the server ([NAME/ADDRESS]:PORT/tcp).`, older ones without brackets or protocol
 * (src/client-agent/start_agent.c). A log that cannot be read has no addresses.
 */
export function openAgentLog(platform: Host['platform'], home: string): (name: string) => string | undefined {
  const file = platform === 'windows' ? join(home, 'ossec.log') : join(home, 'logs', 'ossec.log');
  let text: string | undefined;
  return (wanted) => {
    text ??= readNewest(file);
    const name = wanted.replaceAll('.', String.raw`\.`);
    const ossec = `Connected to ${name} at address (\\S+), port \\d+\\r?$`;
    const older = `Connected to the server \\(\\[?${name}/([0-9A-Fa-f.:]+)\\]?:\\d+(?:/\\w+)?\\)\\.\\r?$`;
    const last = [...text.matchAll(new RegExp(`${start}(?:${ossec}|${older})`, 'gm'))].at(-1);
    return last === undefined ? undefined : withoutPort(last[1] ?? last[2] ?? '');
  };
}

/** On Windows OSSEC writes the port behind the address, and IPv6 then in brackets; elsewhere the address stands alone. */
function withoutPort(address: string): string {
  const [, ipv6, ipv4] = /^(?:\[(.+)\]:\d+|([\d.]+):\d+)$/.exec(address) ?? [];
  return ipv6 ?? ipv4 ?? address;
}

function readNewest(file: string): string {
  try {
    return readTail(file, newestPart).toString('latin1');
  } catch {
    return '';
  }
}
