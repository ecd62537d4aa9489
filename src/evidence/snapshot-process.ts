import type { Host } from '../host';
import { exitCodes } from '../outcome/exit-codes';
import { listProcesses } from './snapshot-flag';

/**
 * What a process does that was started with `snapshotFlag`; each way loads only its own part. Returns the exit code, or
 * undefined where these words are none of ours.
 */
export async function snapshotProcess(
  host: Host,
  [first = '', from = '1']: readonly string[],
): Promise<number | undefined> {
  if (first !== listProcesses) return (await import('./snapshot')).snapshot(host, first);
  (await import('./list-processes')).listProcessesFrom(Number(from));
  return exitCodes.done;
}
