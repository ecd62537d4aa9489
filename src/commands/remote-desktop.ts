import { spawnSync } from 'node:child_process';
import type { Host } from '../host';
import { closedFolder } from '../windows/closed-folder';
import { readKey } from '../windows/registry';
import { keyPath } from '../windows/registry-file';
import { systemTool, toolEnvironment } from '../windows/system-tool';

const listener = 'HKLM\\SYSTEM\\CurrentControlSet\\Control\\Terminal Server\\WinStations\\RDP-Tcp';
const usualPort = 3389;

/**
 * The other ends of all connections to Remote Desktop, where this process runs in such a session: Windows tells the
 * name of the session's client and not its address, so any of them may be it. Never throws.
 */
export async function peersOfRemoteDesktop(host: Host): Promise<string[]> {
  if (!/^RDP-/i.test(host.env.SESSIONNAME ?? '')) return [];
  const port = await readPort(host);
  const { stdout } = spawnSync(systemTool(host, 'netstat.exe'), ['-n', '-o'], {
    encoding: 'latin1',
    timeout: 5000,
    windowsHide: true,
    env: toolEnvironment(host),
  });
  return peersAt(port, stdout ?? '');
}

/** Administrators move it away from 3389. */
async function readPort(host: Host): Promise<number> {
  const signal = AbortSignal.timeout(host.timeouts.adapters);
  const reading = await readKey(host, closedFolder(host), listener, { signal });
  return 'unreadable' in reading ? usualPort : (reading.keys.get(keyPath(listener))?.number('PortNumber') ?? usualPort);
}

/**
 * Reads what `netstat -n -o` prints. The words for states are translated. A connection that is over belongs to process
 * 0, and a listener's other end has port 0.
 */
export function peersAt(port: number, netstat: string): string[] {
  const line = /^\s*TCP\s+\S+:(\d+)\s+\[?([\da-f.:]+)(?:%\d+)?\]?:[1-9]\d*\s.*?\s?([1-9]\d*)\s*$/gim;
  return [...netstat.matchAll(line)].flatMap(([, local, remote = '']) => (Number(local) === port ? [remote] : []));
}
