import type { Host } from '../host';
import type { ServiceState } from '../outcome/states';
import { runProcess } from '../process/run';
import { readKey, type Unreadable } from './registry';
import { keyPath } from './registry-file';
import { systemTool, toolEnvironment } from './system-tool';

/** The `Start` value of a service that must not be started. */
export const disabledStart = 4;

/**
 * How a service is to start: 2 by itself, 3 when asked, 4 not at all. `folder`: where we may put the key's export for a
 * moment.
 */
export async function readServiceStart(host: Host, folder: string, name: string): Promise<number | Unreadable> {
  const key = `HKLM\\SYSTEM\\CurrentControlSet\\Services\\${name}`;
  const reading = await readKey(host, folder, key, { isAside: true });
  if ('unreadable' in reading) return reading;
  return reading.keys.get(keyPath(key))?.number('Start') ?? { unreadable: `${key} has no Start value` };
}

/** ERROR_SERVICE_DOES_NOT_EXIST. */
const doesNotExist = 1060;

const states: Readonly<Record<string, ServiceState>> = {
  1: 'stopped',
  3: 'stopped',
  4: 'running',
  7: 'stopped',
};

/**
 * Asks the service manager for a service's state, by `sc query`. The labels in its answer may be translated, so we go
 * by the lines that hold a number and a word: the first is the type, the second the state (SERVICE_STATUS,
 * dwCurrentState). Without such an answer the state is unknown.
 */
export async function queryService(host: Host, name: string): Promise<ServiceState> {
  const sc = await runProcess(systemTool(host, 'sc.exe'), ['query', name], {
    limitMs: host.timeouts.sc,
    env: toolEnvironment(host),
  });
  const text = sc.output.toString('latin1');
  if (sc.exitCode === doesNotExist || (sc.exitCode !== 0 && text.includes(String(doesNotExist)))) return 'absent';
  const [, state] = [...text.matchAll(/^[^:\r\n]+: +([0-9a-f]+) +[^\s(]/gim)].map(([, number]) => number);
  return states[state ?? ''] ?? 'unknown';
}
