import type { Host } from '../host';
import { findLinuxTool } from '../process/linux-tool';
import { copyFile } from './copy-file';
import { processSource } from './processes';
import { runTool } from './run-tool';
import type { Source, Taken } from './source';

/** Files of the system, most volatile first. */
const files: readonly (readonly [name: string, ending: Source['ending'], path: string])[] = [
  ['hosts', 'txt', '/etc/hosts'],
  ['tcp', 'txt', '/proc/net/tcp'],
  ['tcp6', 'txt', '/proc/net/tcp6'],
  ['udp', 'txt', '/proc/net/udp'],
  ['udp6', 'txt', '/proc/net/udp6'],
  ['raw', 'txt', '/proc/net/raw'],
  ['raw6', 'txt', '/proc/net/raw6'],
  ['packet', 'txt', '/proc/net/packet'],
  ['unix', 'txt', '/proc/net/unix'],
  ['arp', 'txt', '/proc/net/arp'],
  ['route', 'txt', '/proc/net/route'],
  ['ipv6-route', 'txt', '/proc/net/ipv6_route'],
  ['resolver', 'txt', '/etc/resolv.conf'],
  ['logins', 'bin', '/run/utmp'],
  ['mounts', 'txt', '/proc/self/mountinfo'],
  ['modules', 'txt', '/proc/modules'],
];

type Tool = readonly [name: string, ending: Source['ending'], tool: string, ...args: string[]];

/** A block takes milliseconds and waits for no listing, so this one mostly has our own tables in it, too. */
const ruleset: Tool = ['ruleset', 'txt', 'nft', '-a', 'list', 'ruleset'];
const ownTables =
  'Where tables contain_host are in it, they are of contain-host itself; it changes no other table, so the rest is as it was before the order.';

const atOnce: readonly Tool[] = [
  ['sockets', 'txt', 'ss', '-anpe'],
  ['neighbours', 'json', 'ip', '-j', '-s', 'neighbour', 'show'],
  ['routes', 'json', 'ip', '-j', 'route', 'show', 'table', 'all'],
  ['routes-ipv6', 'json', 'ip', '-j', '-6', 'route', 'show', 'table', 'all'],
  ['rules', 'json', 'ip', '-j', 'rule', 'show'],
  ['addresses', 'json', 'ip', '-j', '-d', 'address', 'show'],
  ['who', 'txt', 'who', '-a'],
  ['sessions', 'txt', 'loginctl', 'list-sessions', '--no-pager', '--no-legend'],
];

const later: readonly Tool[] = [
  ['iptables', 'txt', 'iptables-save'],
  ['ip6tables', 'txt', 'ip6tables-save'],
  ['units', 'txt', 'systemctl', 'list-units', '--all', '--no-pager', '--plain', '--no-legend'],
  ['timers', 'txt', 'systemctl', 'list-timers', '--all', '--no-pager', '--no-legend'],
  ['last-logins', 'txt', 'last', '-F', '-w', '-n', '500'],
];

export function linuxSources(host: Host): { readonly first: Source[]; readonly second: Source[] } {
  const { evidenceTool, evidenceLater } = host.timeouts;
  const tool = (limitMs: number) => {
    return ([name, ending, program, ...args]: Tool): Source => {
      const path = findLinuxTool(program) ?? `/usr/bin/${program}`;
      const run = { program: path, args, env: { LC_ALL: 'C' }, limitMs };
      return { name, ending, source: [path, ...args], collect: (keep) => runTool(run, keep) };
    };
  };
  const listing = tool(evidenceTool)(ruleset);
  return {
    first: [
      { ...listing, collect: async (keep) => withNote(await listing.collect(keep), ownTables) },
      ...files.map(([name, ending, path]): Source => {
        return { name, ending, source: [path], collect: (keep) => copyFile(path, keep) };
      }),
      processSource(host),
      ...atOnce.map(tool(evidenceTool)),
    ],
    second: later.map(tool(evidenceLater)),
  };
}

/** Says what is to be known of what was taken. */
function withNote(taken: Taken, note: string): Taken {
  if (taken.end === 'missing' || taken.end === 'failed') return taken;
  return { ...taken, why: taken.why === undefined ? note : `${taken.why}. ${note}` };
}
