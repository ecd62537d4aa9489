import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { join } from 'node:path';
import { readAgentFile } from '../agent-files';

/** The files of Linux that say how names are found. */
const systemFiles = { nsswitch: '/etc/nsswitch.conf', processes: '/proc' };

/**
 * Why a Linux agent does not look names up in /etc/hosts, or not before it asks a name server; undefined where it does.
 * Never throws.
 */
export function whyHostsIsNotRead(home: string, files = systemFiles): string | undefined {
  if (isShutIn(home, files.processes)) return 'the agent runs in a root folder of its own (chroot) and does not see it';
  return asksOthersFirst(files.nsswitch) ? `${files.nsswitch} lists other sources before it` : undefined;
}

/**
 * True where all processes of the agent are in a chroot. From 3.4 on OSSEC leaves one process outside, which looks up
 * names and connects.
 */
function isShutIn(home: string, processes: string): boolean {
  const roots = daemonsOf(home).flatMap((pid) => rootOf(join(processes, pid)) ?? []);
  return roots.length > 0 ? !roots.includes('/') : isOfShutInVersion(home);
}

/** The numbers of the agentd processes: each leaves a file `NAME-PID.pid` (the agents' src/shared/file_op.c). */
function daemonsOf(home: string): string[] {
  try {
    const files = readdirSync(join(home, 'var', 'run'));
    return files.flatMap((file) => /^(?:ossec|wazuh)-agentd-(\d+)\.pid$/.exec(file)?.[1] ?? []);
  } catch {
    return [];
  }
}

/** The root folder of a running process; only root may look. */
function rootOf(process: string): string | undefined {
  try {
    return readlinkSync(join(process, 'root'));
  } catch {
    return undefined;
  }
}

/**
 * Judges an agent that does not run by its version: OSSEC has a process outside its chroot from 3.4 on (ossec-hids pull
 * request 1698), Wazuh has no chroot from 3.12 on (wazuh pull requests 4241 and 4652). Without a version it is taken
 * for a new one.
 */
function isOfShutInVersion(home: string): boolean {
  const init = textIn(home, 'etc/ossec-init.conf');
  const found =
    /"version"\s*:\s*"v?(\d+)\.(\d+)/.exec(textIn(home, 'VERSION.json')) ??
    /^v(\d+)\.(\d+)/.exec(textIn(home, 'VERSION')) ??
    /^VERSION="v?(\d+)\.(\d+)/m.exec(init);
  if (found === null) return false;
  const [major, minor] = [Number(found[1]), Number(found[2])];
  const isOssec = init !== '' && !/^NAME="Wazuh"/m.test(init);
  return major < 3 || (major === 3 && minor < (isOssec ? 4 : 12));
}

function textIn(home: string, path: string): string {
  try {
    return readAgentFile(home, path, 4096).toString('latin1');
  } catch {
    return '';
  }
}

/** These sources of names know only this host and its guests. */
const harmless = new Set(['myhostname', 'mymachines', 'compat', 'db']);

/** True where other sources come before the files (nsswitch.conf(5)). Without a `hosts:` line name servers do. */
function asksOthersFirst(file: string): boolean {
  try {
    const lines = readFileSync(file, 'latin1')
      .slice(0, 64 * 1024)
      .split('\n');
    const line = lines.map((text) => /^\s*hosts:([^#]*)/i.exec(text)?.[1]).find((text) => text !== undefined);
    const sources = (line ?? 'dns files')
      .replace(/\[[^\]]*\]/g, ' ')
      .trim()
      .split(/\s+/);
    return sources.find((source) => !harmless.has(source)) !== 'files';
  } catch {
    return true;
  }
}
