import { readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import type { Host } from '../host';
import { errorText } from '../process/error-code';
import { runProcess } from '../process/run';
import { closedFolder, makeReadingFolder } from './closed-folder';
import type { Unreadable } from './registry';
import { systemTool, toolEnvironment } from './system-tool';

/**
 * Reads who may do what with a file or folder, as SDDL ([MS-DTYP] 2.5.1). `icacls /save` writes that and translates
 * nothing; what `icacls` prints has the names of groups in the system's language.
 */
export async function readPermissions(host: Host, path: string): Promise<string | Unreadable> {
  let own: string | undefined;
  try {
    own = makeReadingFolder(closedFolder(host));
    const file = join(own, 'acl.txt');
    const icacls = await runProcess(systemTool(host, 'icacls.exe'), [path, '/save', file, '/q'], {
      limitMs: host.timeouts.icacls,
      env: toolEnvironment(host),
    });
    if (icacls.exitCode !== 0)
      return { unreadable: `icacls.exe cannot read the permissions of ${path}: ${icacls.startError ?? 'it failed'}` };
    const sddl = /^D:\S*/m.exec(readFileSync(file, 'utf16le'));
    return sddl?.[0] ?? { unreadable: `icacls.exe saved no permissions of ${path}` };
  } catch (error) {
    return { unreadable: `the permissions of ${path} are not readable: ${errorText(error)}` };
  } finally {
    if (own !== undefined) rmSync(own, { recursive: true, force: true });
  }
}

/** Everyone, authenticated, interactive and anonymous users, users, guests, domain users; by letters and by SID. */
const ordinary = /^(?:WD|AU|IU|AN|BU|BG|DU|S-1-1-0|S-1-5-(?:4|7|11|32-545|32-546)|S-1-5-21-[\d-]+-513)$/;

/** The letters ([MS-DTYP] 2.5.1.1) of rights by which somebody can put, replace or take over something there. */
const dangerous = new Set(['GA', 'GW', 'FA', 'FW', 'WD', 'WO', 'SD', 'DC', 'LC', 'DT']);
/** A mask: write, append, delete a child, delete, change the permissions, change the owner, generic write and all. */
const dangerousBits = 0x2 | 0x4 | 0x40 | 0x10000 | 0x40000 | 0x80000 | 0x40000000 | 0x10000000;

/** True when permissions let ordinary users change what is there. */
export function letsUsersWrite(sddl: string): boolean {
  if (sddl.includes('NO_ACCESS_CONTROL')) return true;
  const entries = sddl.matchAll(/\(A;\w*;(\w+);[^;()]*;[^;()]*;([\w-]+)\)/g);
  return [...entries].some(([, rights = '', who = '']) => ordinary.test(who) && isDangerous(rights));
}

function isDangerous(rights: string): boolean {
  if (/^0x/i.test(rights)) return (Number(rights) & dangerousBits) !== 0;
  return (rights.match(/../g) ?? []).some((right) => dangerous.has(right.toUpperCase()));
}
