import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { Host } from '../host';
import { Failure } from '../outcome/failure';
import { readInstallFolders } from './install-folders';

/** The agent's folder, and how it was found, for people. */
export interface Home {
  readonly home: string;
  readonly foundBy: string;
}

/**
 * Finds the agent's folder, the first of these that holds its configuration: two above this program, OSSECPATH, what the
 * agent's installer left in the registry, the default folders. No agent sets OSSECPATH; people at a prompt do.
 * `readNotes` reads the registry. Throws `Failure('no-home')`.
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
  for (const [foundBy, folders] of candidates) {
    for (const folder of await folders()) {
      const home = withoutTrailingSeparators(folder);
      if (home !== '' && existsSync(configurationOf(host.platform, home))) return { home, foundBy };
    }
  }
  throw new Failure(
    'no-home',
    `The agent's folder was not found: there is no ossec.conf two folders above ${host.program}, in OSSECPATH, or in a default folder. Set OSSECPATH to the folder of the agent. Nothing was changed.`,
  );
}

/** The agent's own configuration file. */
export function configurationOf(platform: Host['platform'], home: string): string {
  return platform === 'windows' ? join(home, 'ossec.conf') : join(home, 'etc', 'ossec.conf');
}

function defaultFolders({ platform, env }: Host): string[] {
  if (platform === 'linux') return ['/var/ossec'];
  const programs = [env['ProgramFiles(x86)'] ?? 'C:\\Program Files (x86)', env.ProgramFiles ?? 'C:\\Program Files'];
  return programs.map((folder) => join(folder, 'ossec-agent'));
}

/** `C:\` stays what it is. */
function withoutTrailingSeparators(folder: string): string {
  return folder.length > 3 ? folder.replace(/[\\/]+$/, '') : folder;
}
