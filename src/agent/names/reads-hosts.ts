import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { join } from 'node:path';
import { readAgentFile } from '../agent-files';

/** The files of Linux that say how names are found. */
const systemFiles = { nsswitch: '/etc/nsswitch.conf', processes: '/proc' };

/**
 * Why a Linux agent does not find in /etc/hosts what stands there, or not before it asks a name server; undefined where
 * it does. Never throws.
 */
export function whyHostsIsNotRead(home: string, files = systemFiles): string | undefined {
  if (isShutIn(home, files.processes)) return 'the agent runs in a root folder of its own (chroot) and does not see it';
  return asksOthersFirst(files.nsswitch) ? `${files.nsswitch} has others asked before it` : undefined;
}

/**
 * An agent runs as several processes: OSSEC's from 3.4 on leaves one outside its chroot that finds names and connects.
 */
function isShutIn(home: string, processes: string): boolean {
  const roots = daemonsOf(home).flatMap((pid) => rootOf(join(processes, pid)) ?? []);
  return roots.length > 0 ? !roots.includes('/') : isOfShutInVersion(home);
}

/** Each leaves `NAME-PID.pid` (src/shared/file_op.c). */
function daemonsOf(home: string): string[] {
  try {
    const files = readdirSync(join(home, 'var', 'run'));
    return files.flatMap((file) => /^(?:ossec|wazuh)-agentd-(\d+)\.pid$/.exec(file)?.[1] ?? []);
  } catch {
    return [];
  }
}

/** Of a process that is there; only root may look. */
function rootOf(process: string): string | undefined {
  try {
    return readlinkSync(join(process, 'root'));
  } catch {
    return undefined;
  }
}

/**
 * Of an agent that does not run its version tells: OSSEC's has the process outside from 3.4 on (ossec-hids pull request
 * 1698), Wazuh's is not shut in from 3.12 on (wazuh pull requests 4241 and 4652). No version: a new one.
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

/** Sources of names that know only this host and its guests, whatever they are asked. */
const harmless = new Set(['myhostname', 'mymachines', 'compat', 'db']);

/** As nsswitch.conf(5): without a line for hosts the C library asks name servers first. */
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
