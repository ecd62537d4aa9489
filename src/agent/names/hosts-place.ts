import { join } from 'node:path';
import type { Host } from '../../host';
import { tcpipKey } from '../../windows/keys';
import { readKey } from '../../windows/registry';
import { keyPath } from '../../windows/registry-file';

/**
 * The file in which this system looks up names before it asks name servers. Windows keeps the path of its folder in the
 * registry, where somebody may have changed it; where the key cannot be read we take the usual folder. `folder`: where
 * we may put the key's export for a moment. `over`: nobody needs it any more.
 */
export async function findHostsFile(host: Host, folder: string, over?: AbortSignal): Promise<string> {
  if (host.platform === 'linux') return usualHostsFile(host);
  const reading = await readKey(host, folder, tcpipKey, { signal: over });
  const moved = 'unreadable' in reading ? undefined : reading.keys.get(keyPath(tcpipKey))?.text('DataBasePath');
  return moved === undefined ? usualHostsFile(host) : join(expand(host, moved), 'hosts');
}

/** Where that file is unless somebody moved it. */
export function usualHostsFile(host: Host): string {
  return host.platform === 'linux' ? '/etc/hosts' : join(systemRoot(host), 'System32', 'drivers', 'etc', 'hosts');
}

function systemRoot({ env }: Host): string {
  return env.SystemRoot ?? 'C:\\Windows';
}

/**
 * Windows writes `%SystemRoot%\System32\drivers\etc`. Where the tests' stand-in plays Windows on Linux, the separators
 * become those of Linux.
 */
function expand(host: Host, path: string): string {
  const expanded = path.replace(/%(?:SystemRoot|windir)%/i, () => systemRoot(host));
  return process.platform === 'win32' ? expanded : expanded.replaceAll('\\', '/');
}
