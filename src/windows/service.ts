import type { BegunCall, Host } from '../host';
import type { ServiceState } from '../outcome/states';
import { takeFresh } from '../process/begun';
import { serviceKey } from './keys';
import { readKey, type Unreadable } from './registry';
import { keyPath } from './registry-file';
import { queryCall, runQuery } from './tool-calls';

/** The `Start` value of a service that must not be started. */
export const disabledStart = 4;

/**
 * How a service is to start: 2 by itself, 3 when asked, 4 not at all. `folder`: where we may put the key's export for a
 * moment.
 */
export async function readServiceStart(host: Host, folder: string, name: string): Promise<number | Unreadable> {
  const key = serviceKey(name);
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

/** A program that cannot start ends with a status of the kind NTSTATUS (ntstatus.h), where each error has this bit. */
const statusOfError = 0x80000000;

/** sc ends with an error code of Windows, a small number, where it was told one. */
function hasAnswered(call: BegunCall | undefined): call is BegunCall {
  return call !== undefined && call.exitCode !== null && call.exitCode < statusOfError;
}

/**
 * Asks the service manager for a service's state, by `sc query`. The labels in its answer may be translated, so we go
 * by the lines that hold a number and a word: the first is the type, the second the state (SERVICE_STATUS,
 * dwCurrentState). Without such an answer the state is unknown.
 */
export async function queryService(host: Host, name: string): Promise<ServiceState> {
  const begun = await takeFresh(host, queryCall(name));
  const { exitCode, output: text } = hasAnswered(begun) ? begun : await runQuery(host, name);
  if (exitCode === doesNotExist || (exitCode !== 0 && text.includes(String(doesNotExist)))) return 'absent';
  const [, state] = [...text.matchAll(/^[^:\r\n]+: +([0-9a-f]+) +[^\s(]/gim)].map(([, number]) => number);
  return states[state ?? ''] ?? 'unknown';
}
