import type { Host } from '../host';
import { readAgentTail } from './agent-files';

/** So many bytes at the end of a log are enough: an agent reconnects often. */
const newestPart = 1024 * 1024;

/** How every line starts. Where Wazuh debugs it also writes the place in its source. */
const start = String.raw`^\d{4}/\d\d/\d\d \d\d:\d\d:\d\d (?:[\w-]+(?:\(\d+\))?(?:\[\d+\] \S+ at \S+)?: )?INFO: (?:\(\d+\): )?`;

/**
 * Looks a server's name up in the agent's log: returns the address that the agent last connected to under that name.
 * There is nothing better for a name that does not resolve now. OSSEC writes `Connected to NAME at address ADDRESS,
 * port PORT` (the agents' src/os_net/os_net.c). OSSEC 2.8 and Wazuh write `Connected to the server
 * ([NAME/ADDRESS]:PORT/tcp).`, older versions the same without brackets or protocol (src/client-agent/start_agent.c). A
 * log that cannot be read has no addresses.
 */
export function openAgentLog(platform: Host['platform'], home: string): (name: string) => string | undefined {
  let text: string | undefined;
  return (wanted) => {
    text ??= readNewest(platform, home);
    const name = wanted.replaceAll('.', String.raw`\.`);
    const ossec = `Connected to ${name} at address (\\S+), port \\d+\\r?$`;
    const older = `Connected to the server \\(\\[?${name}/([0-9A-Fa-f.:]+)\\]?:\\d+(?:/\\w+)?\\)\\.\\r?$`;
    const last = [...text.matchAll(new RegExp(`${start}(?:${ossec}|${older})`, 'gm'))].at(-1);
    return last === undefined ? undefined : withoutPort(last[1] ?? last[2] ?? '');
  };
}

/**
 * The agent's process that starts us writes `Started (pid: N).` when it starts (STARTUP_MSG in the agents'
 * src/error_messages). On Windows the agent is a single process.
 */
const started =
  /^(\d{4})\/(\d\d)\/(\d\d) (\d\d):(\d\d):(\d\d) (?:ossec-agent|wazuh-agent|(?:ossec|wazuh)-execd)(?:\(\d+\))?(?:\[\d+\] \S+ at \S+)?: INFO: (?:\(\d+\): )?Started \(pid: \d+\)\.\r?$/gm;

/** When the agent last started, by its own log, which has local time; undefined where the log does not say. */
export function lastStart(platform: Host['platform'], home: string): Date | undefined {
  const last = [...readNewest(platform, home).matchAll(started)].at(-1);
  if (last === undefined) return undefined;
  const [year = 0, month = 0, ...rest] = last.slice(1).map(Number);
  const [day = 0, hours = 0, minutes = 0, seconds = 0] = rest;
  return new Date(year, month - 1, day, hours, minutes, seconds);
}

/**
 * What the agent writes when it first reads ar.conf and a program is missing (the agents' src/os_execd/exec.c). It does
 * not look again until it is restarted.
 */
const notPresent = /Active response command not present: '([^']*)'/g;

/** True where the agent has found this program of ours missing since it last started. */
export function wasMissing(platform: Host['platform'], home: string, program: string): boolean {
  const text = readNewest(platform, home);
  const start = [...text.matchAll(started)].at(-1)?.index ?? 0;
  return [...text.slice(start).matchAll(notPresent)].some(([, path = '']) => path.split(/[\\/]/).at(-1) === program);
}

const logs = { windows: 'ossec.log', linux: 'logs/ossec.log' } as const;

/**
 * On Windows OSSEC writes the port behind the address, and puts an IPv6 address in brackets; elsewhere it writes the
 * address alone.
 */
function withoutPort(address: string): string {
  const [, ipv6, ipv4] = /^(?:\[(.+)\]:\d+|([\d.]+):\d+)$/.exec(address) ?? [];
  return ipv6 ?? ipv4 ?? address;
}

function readNewest(platform: Host['platform'], home: string): string {
  try {
    return readAgentTail(home, logs[platform], newestPart).toString('latin1');
  } catch {
    return '';
  }
}
