import { existsSync, statfsSync } from 'node:fs';
import { dirname } from 'node:path';
import { Reserve } from '../state/reserve';
import { type Check, ok, type Patient, problem, warning } from './check';
import { isWhole } from './reserve';

const mega = 1024 * 1024;

/** A backup of a usual host has less than one megabyte, of a bloated one some tens, and it is kept twice. */
const tooLittle = 16 * mega;
const little = 256 * mega;

/** Room for the backup, the journal and the logs. Where there is a way without that room, too little is no problem. */
export function checkDisk({ host, home, stateFolder }: Patient): Check[] {
  const goesOn = host.platform === 'linux' || isWhole(new Reserve(stateFolder, host.smallestReserve).look());
  return [stateFolder, ...(home === undefined ? [] : [home.home])].map((folder) => {
    const { bavail, bsize } = statfsSync(existing(folder));
    const room = bavail * bsize;
    const found = `${Math.floor(room / mega)} MiB are free for ${folder}.`;
    if (room < tooLittle && !goesOn)
      return problem('disk', found, 'Make room there: without a backup no host is contained.');
    return room < little ? warning('disk', found, 'Make room there.') : ok('disk', found);
  });
}

function existing(folder: string): string {
  return existsSync(folder) || dirname(folder) === folder ? folder : existing(dirname(folder));
}
