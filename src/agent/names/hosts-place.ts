import { join } from 'node:path';
import type { Host } from '../../host';
import { readKey } from '../../windows/registry';
import { keyPath } from '../../windows/registry-file';

const parameters = 'HKLM\\SYSTEM\\CurrentControlSet\\Services\\Tcpip\\Parameters';

/**
 * The file in which this system looks up names before it asks name servers. Windows keeps its folder in the registry,
 * where somebody may have moved it; what cannot be read there is as Windows sets it up. `folder`: where a key may be
 * put for a moment.
 */
export async function findHostsFile(host: Host, folder: string): Promise<string> {
  if (host.platform === 'linux') return usualHostsFile(host);
  const reading = await readKey(host, folder, parameters);
  const moved = 'unreadable' in reading ? undefined : reading.keys.get(keyPath(parameters))?.text('DataBasePath');
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
 * Windows writes `%SystemRoot%\System32\drivers\etc`; the separators are this system's where the stand-in plays
 * Windows.
 */
function expand(host: Host, path: string): string {
  const expanded = path.replace(/%(?:SystemRoot|windir)%/i, () => systemRoot(host));
  return process.platform === 'win32' ? expanded : expanded.replaceAll('\\', '/');
}
