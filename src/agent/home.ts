import { lstatSync, realpathSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { Host } from '../host';
import { Failure, lacksRights } from '../outcome/failure';
import { errorCode, errorText } from '../process/error-code';
import { administrators, ownersAt } from './agent-files';
import { readInstallFolders } from './install-folders';

/** The agent's folder and, for people to read, how it was found. */
export interface Home {
  readonly home: string;
  readonly foundBy: string;
  /** For people to read: the folders whose configuration cannot be trusted, and why. */
  readonly passedOver?: readonly string[];
}

/**
 * Finds the agent's folder, the first of these that holds its configuration: the folder two above this program's,
 * OSSECPATH, the folder that the agent's installer noted in the registry, the default folders. No agent sets OSSECPATH;
 * people at a prompt do. A folder is passed over where others than administrators could have put it there. `readNotes`
 * reads the registry. Throws `Failure`: `no-home`, or `not-elevated` where there may be one that we may not look into.
 */
export async function findHome(
  host: Host,
  readNotes: (host: Host) => Promise<readonly string[]> = readInstallFolders,
): Promise<Home> {
  const candidates: readonly [string, () => Promise<readonly string[]>][] = [
    ['the folder of this program', async () => [dirname(dirname(dirname(host.program)))]],
    ['OSSECPATH', async () => [host.env.OSSECPATH ?? '']],
    ["the installer's registry value", async () => (host.platform === 'windows' ? readNotes(host) : [])],
    ['the default folder', async () => defaultFolders(host)],
  ];
  const passedOver: string[] = [];
  let forbidden: string | undefined;
  for (const [foundBy, folders] of candidates) {
    for (const folder of await folders()) {
      const home = withoutTrailingSeparators(folder);
      if (home === '') continue;
      const found = look(configurationOf(host.platform, home));
      if (found === 'forbidden') forbidden ??= home;
      if (found !== 'there') continue;
      const distrusted = distrust(host.platform, home);
      if (distrusted === undefined) return { home, foundBy, ...(passedOver.length === 0 ? {} : { passedOver }) };
      passedOver.push(`${home} was passed over: ${distrusted}`);
    }
  }
  if (forbidden !== undefined) throw lacksRights(`The agent's folder ${forbidden} cannot be looked into`);
  throw new Failure(
    'no-home',
    `The agent's folder was not found: there is no ossec.conf two folders above ${host.program}, in OSSECPATH, or in a default folder that administrators alone can change. ${passedOver.map((why) => `${why}. `).join('')}Set OSSECPATH to the folder of the agent. Nothing was changed.`,
  );
}

function look(path: string): 'there' | 'missing' | 'forbidden' {
  try {
    statSync(path);
    return 'there';
  } catch (error) {
    return ['EACCES', 'EPERM'].includes(errorCode(error)) ? 'forbidden' : 'missing';
  }
}

/** Below the agent's folder: its own configuration, and the folder into which its server pushes files. */
export const configurationFile = { windows: 'ossec.conf', linux: 'etc/ossec.conf' } as const;
export const sharedFolder = { windows: 'shared', linux: 'etc/shared' } as const;

/** The agent's own configuration file. */
export function configurationOf(platform: Host['platform'], home: string): string {
  return join(home, configurationFile[platform]);
}

/**
 * Why the folder is not trusted as the agent's; undefined where it is. Somebody may have copied this program to a place
 * such as /tmp, where anybody could put a configuration that names a server of his. On Windows permissions close the
 * installer's folders.
 */
function distrust(platform: Host['platform'], home: string): string | undefined {
  if (process.platform === 'win32') return undefined;
  const belongsToOther = (path: string, uid: number): string => `${path} belongs to user ${uid}`;
  try {
    const [admins, owners] = [new Set(administrators()), ownersAt(home)];
    const real = realpathSync(home);
    for (let folder = real; ; folder = dirname(folder)) {
      const { uid, mode } = statSync(folder);
      if (!admins.has(uid) && !(folder === real && owners.has(uid))) return belongsToOther(folder, uid);
      // In a folder with the sticky bit nobody can replace another's file.
      if ((mode & 0o1002) === 0o0002) return `everybody can change ${folder}`;
      if (folder === dirname(folder)) break;
    }
    const file = configurationOf(platform, home);
    for (const path of [dirname(file), file]) {
      const { uid } = lstatSync(path);
      if (!owners.has(uid)) return belongsToOther(path, uid);
    }
    return undefined;
  } catch (error) {
    return `it cannot be looked at (${errorText(error)})`;
  }
}

function defaultFolders({ platform, env }: Host): string[] {
  if (platform === 'linux') return ['/var/ossec'];
  const programs = [env['ProgramFiles(x86)'] ?? 'C:\\Program Files (x86)', env.ProgramFiles ?? 'C:\\Program Files'];
  return programs.map((folder) => join(folder, 'ossec-agent'));
}

/** Leaves `C:\` as it is. */
function withoutTrailingSeparators(folder: string): string {
  return folder.length > 3 ? folder.replace(/[\\/]+$/, '') : folder;
}
