import { existsSync } from 'node:fs';

/** Where distributions put system tools. We do not use PATH: whoever sets it must not choose what we run. */
export const linuxToolFolders = ['/usr/sbin', '/sbin', '/usr/bin', '/bin'] as const;

/** The absolute path of a tool of Linux. Undefined where this host does not have it. */
export function findLinuxTool(name: string, folders: readonly string[] = linuxToolFolders): string | undefined {
  return folders.map((folder) => `${folder}/${name}`).find((file) => existsSync(file));
}
