import { existsSync, lstatSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { letsUsersWrite, readPermissions } from '../windows/permissions';
import { type Check, ok, type Patient, problem, warning } from './check';

/** The agent starts what lies in its folders with all rights, so nobody else may put anything there. */
export async function checkFolders({ host, home, stateFolder }: Patient): Promise<Check[]> {
  const bin = home === undefined ? dirname(host.program) : join(home.home, 'active-response', 'bin');
  const paths = [...(home === undefined ? [] : [home.home]), bin, stateFolder].filter((path) => existsSync(path));
  const checks = await Promise.all(
    paths.map((path) => (host.platform === 'windows' ? checkOnWindows(host, path) : checkOnLinux(path))),
  );
  const found = checks.flat();
  return found.length > 0 ? found : [ok('folders', `Nobody but administrators can change ${paths.join(', ')}.`)];
}

async function checkOnWindows(host: Patient['host'], path: string): Promise<Check[]> {
  const permissions = await readPermissions(host, path);
  if (typeof permissions === 'object') {
    const found = `It cannot be told who may change ${path}: ${permissions.unreadable}.`;
    return [warning('folders', found, 'See that ordinary users may only read it.')];
  }
  return letsUsersWrite(permissions) ? [open(path, 'icacls')] : [];
}

/** Root must own it, and neither a group nor everybody may write to it. */
function checkOnLinux(path: string): Check[] {
  const { uid, mode } = lstatSync(path);
  return uid !== 0 || (mode & 0o022) !== 0 ? [open(path, 'chown and chmod')] : [];
}

function open(path: string, tool: string): Check {
  return problem(
    'folders',
    `Users who are not administrators can change ${path}, so they could make this program do anything, with all rights.`,
    `Remove that right, by ${tool}.`,
  );
}
