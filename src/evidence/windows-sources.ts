import { join } from 'node:path';
import { usualHostsFile } from '../agent/names/hosts-place';
import type { Host } from '../host';
import { systemTool, toolEnvironment } from '../windows/system-tool';
import { copyFile } from './copy-file';
import { runTool } from './run-tool';
import type { Source } from './source';

/**
 * What the cut makes worthless, most volatile first. No tool here looks up names. netsh is the only console tool that
 * knows the neighbours of IPv6. It asks the IP helper for them, not the firewall, and netsh has no lock of its own: the
 * order's calls of it need not wait for this one.
 */
const atOnce: readonly (readonly [name: string, ending: Source['ending'], tool: string, ...args: string[]])[] = [
  ['connections', 'txt', 'netstat.exe', '-ano'],
  ['processes', 'csv', 'tasklist.exe', '/fo', 'csv'],
  ['process-services', 'csv', 'tasklist.exe', '/svc', '/fo', 'csv'],
  ['dns-cache', 'txt', 'ipconfig.exe', '/displaydns'],
  ['arp', 'txt', 'arp.exe', '-a'],
  ['neighbours-ipv6', 'txt', 'netsh.exe', 'interface', 'ipv6', 'show', 'neighbors'],
  ['routes', 'txt', 'route.exe', 'print'],
  ['addresses', 'txt', 'ipconfig.exe', '/all'],
  // Not on Home.
  ['sessions', 'txt', 'query.exe', 'session'],
  ['smb-sessions', 'txt', 'net.exe', 'session'],
  ['smb-connections', 'txt', 'net.exe', 'use'],
  ['smb-shares', 'txt', 'net.exe', 'share'],
];

/** These start another console program, which would open a window of its own without theirs. */
const needConsole = ['query.exe', 'net.exe'];

/** Takes seconds, and is there after the cut too. */
const later = (): typeof atOnce => [
  ['command-lines', 'csv', ...powerShell(processQuery, processProperties)],
  ['neighbours', 'csv', ...powerShell('Get-NetNeighbor', neighbourProperties)],
  ['scheduled-tasks', 'csv', 'schtasks.exe', '/query', '/fo', 'csv', '/v'],
  ['services', 'txt', 'sc.exe', 'query', 'type=', 'service', 'state=', 'all'],
  ['drivers', 'csv', 'driverquery.exe', '/fo', 'csv', '/v'],
];

/**
 * PowerShell, for what no console tool knows: parents and command lines since wmic is gone, and the neighbours of both
 * families with their states in words of no language.
 * With few properties that takes a second, with all of them half a minute. The encoding is set where the language mode
 * allows it.
 */
function powerShell(query: string, properties: string): readonly [tool: string, ...args: string[]] {
  const script = [
    'try { [Console]::OutputEncoding = [Text.Encoding]::UTF8 } catch { }',
    `${query} | Select-Object ${properties} | ConvertTo-Csv -NoTypeInformation`,
  ].join('; ');
  const options = ['-NoLogo', '-NoProfile', '-NonInteractive', '-Command'];
  return [join('WindowsPowerShell', 'v1.0', 'powershell.exe'), ...options, script];
}

const processProperties = 'ProcessId,ParentProcessId,CreationDate,Name,ExecutablePath,CommandLine';
const processQuery = `Get-CimInstance -ClassName Win32_Process -Property ${processProperties}`;
const neighbourProperties = 'ifIndex,IPAddress,LinkLayerAddress,State';

export function windowsSources(host: Host): { readonly first: Source[]; readonly second: Source[] } {
  const hosts = usualHostsFile(host);
  const tool = (limitMs: number, isQuick = false) => {
    return ([name, ending, program, ...args]: (typeof atOnce)[number]): Source => {
      const path = systemTool(host, program);
      const noConsole = isQuick && !needConsole.includes(program);
      const run = { program: path, args, env: toolEnvironment(host), noConsole, limitMs };
      return { name, ending, source: [path, ...args], collect: (keep) => runTool(run, keep) };
    };
  };
  const { evidenceTool, evidenceLater } = host.timeouts;
  return {
    first: [
      { name: 'hosts', ending: 'txt', source: [hosts], collect: (keep) => copyFile(hosts, keep) },
      ...atOnce.map(tool(evidenceTool, true)),
    ],
    second: later().map(tool(evidenceLater)),
  };
}
