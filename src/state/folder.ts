import { chmodSync, lstatSync, mkdirSync } from 'node:fs';
import type { Host } from '../host';
import { Failure, lacksRights } from '../outcome/failure';
import { closedFolder } from '../windows/closed-folder';
import { closeCall, runClose } from '../windows/tool-calls';
import { takesNothing, unusable } from './unusable';

/**
 * The folder of the journal, the second copy of the backup and the log. It lies outside the agent's folder, which the
 * agent's uninstaller deletes, and where ordinary users cannot create anything.
 */
export function stateFolderOf(host: Host): string {
  return host.platform === 'windows' ? closedFolder(host) : '/var/lib/contain-host';
}

/**
 * Makes the state folder if it is missing, and closes it to ordinary users if it is open. Returns a warning where it
 * cannot close the folder or, on Linux, where the disk is full or can only be read: a containment there needs no file.
 * Throws `Failure` where it cannot make or use it, or where something else stands in its place.
 */
export async function prepareStateFolder(host: Host): Promise<string | undefined> {
  const folder = stateFolderOf(host);
  try {
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    if (host.platform === 'windows' && process.platform === 'win32') return await closeOnWindows(host, folder);
    const { mode, uid } = lstatSync(folder);
    if (process.getuid?.() !== uid) throw lacksRights(`The folder ${folder} belongs to somebody else`);
    if ((mode & 0o077) !== 0) chmodSync(folder, 0o700);
    return undefined;
  } catch (error) {
    if (host.platform === 'linux' && takesNothing(error))
      return `The folder ${folder} cannot be made or closed to others, so later orders know nothing of this one.`;
    throw error instanceof Failure ? error : unusable(folder, error);
  }
}

async function closeOnWindows(host: Host, folder: string): Promise<string | undefined> {
  const begun = await host.begun?.take(closeCall);
  const { exitCode } = begun?.exitCode === 0 ? begun : await runClose(host, folder);
  return exitCode === 0 ? undefined : `The folder ${folder} could not be closed to ordinary users (icacls failed).`;
}
