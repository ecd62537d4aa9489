import { statSync } from 'node:fs';
import type { Host } from '../host';
import { exitCodes } from '../outcome/exit-codes';
import { Failure } from '../outcome/failure';
import { complain, say } from '../outcome/output/say';
import { errorText } from '../process/error-code';
import { prepareStateFolder, stateFolderOf } from '../state/folder';
import { acquireLock } from '../state/lock';
import { Reserve } from '../state/reserve';
import { localKey } from '../windows/keys';
import { readKey, removeReadings } from '../windows/registry';
import { refuseOptions } from './refuse';

/** Makes the reserve on the disk, as the installer does and each order. Returns the exit code. */
export async function reserve(host: Host, args: readonly string[]): Promise<number> {
  if (args.length > 0) return refuseOptions('reserve', 'reserve takes no words.');
  if (host.platform !== 'windows') {
    say('This system needs no reserve: a full disk keeps no Linux host from being contained.\n');
    return exitCodes.done;
  }
  try {
    return await make(host);
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    complain(`${error.message}\n`);
    return error.exitCode;
  }
}

async function make(host: Host): Promise<number> {
  await prepareStateFolder(host);
  const folder = stateFolderOf(host);
  const lock = await acquireLock(folder, host.timeouts.lock);
  try {
    const policyBytes = await sizeOfPolicy(host, folder);
    const own = new Reserve(folder, host.smallestReserve);
    let why = '';
    try {
      own.refill(undefined, policyBytes);
    } catch (error) {
      why = ` (${errorText(error)})`;
    }
    const { held, wanted } = own.look(policyBytes);
    if (held < wanted) {
      complain(
        `The reserve is ${mebi(held)} of ${mebi(wanted)} MiB${why}. Make room on the disk of ${folder}, and repeat this.\n`,
      );
      return exitCodes.noBackup;
    }
    say(`The reserve is whole: ${mebi(held)} MiB in ${folder}.\n`);
    return exitCodes.done;
  } finally {
    lock.release();
  }
}

/** In bytes, by the registry file of the policy, which is about as long as an export; 0 where it cannot be read. */
async function sizeOfPolicy(host: Host, folder: string): Promise<number> {
  try {
    const { file } = { file: undefined, ...(await readKey(host, folder, localKey, { keepFile: true })) };
    return file === undefined ? 0 : statSync(file).size;
  } finally {
    removeReadings(folder);
  }
}

const mebi = (bytes: number): string => (bytes / 1024 / 1024).toFixed(1);
