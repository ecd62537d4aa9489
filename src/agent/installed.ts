import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { Protocol } from '../policy/allow-list';
import { readAgentFile } from './agent-files';

/** Which agent lives in a folder. `wazuh` is the major version of a Wazuh agent; OSSEC agents have none. */
export interface InstalledAgent {
  readonly wazuh: number | undefined;
}

/**
 * Tells the agents apart by the files that their installers leave. In this order: VERSION.json (Wazuh from 4.12 on);
 * VERSION, which an older Wazuh may have left beside it; ossec-init.conf on Linux, where only Wazuh writes a NAME; the
 * programs that Wazuh named after itself in 4.2; VERSION.txt of OSSEC's Windows installer. Undefined where none says.
 */
export function findInstalledAgent(home: string): InstalledAgent | undefined {
  const init = read(home, 'etc/ossec-init.conf');
  const isWazuhInit = /^NAME="Wazuh"/m.test(init);
  const version =
    /"version"\s*:\s*"v?(\d{1,3})\./.exec(read(home, 'VERSION.json')) ??
    /^v(\d{1,3})\.\d/.exec(read(home, 'VERSION')) ??
    (isWazuhInit ? /^VERSION="v(\d{1,3})\./m.exec(init) : null);
  if (version !== null) return { wazuh: Number(version[1]) };
  if (['wazuh-agent.exe', join('bin', 'wazuh-agentd')].some((file) => existsSync(join(home, file))))
    return { wazuh: 4 };
  const isOssecInit = !isWazuhInit && /^VERSION="v/m.test(init);
  return isOssecInit || read(home, 'VERSION.txt').startsWith('OSSEC') ? { wazuh: undefined } : undefined;
}

/**
 * The protocols an agent uses where its configuration does not say: OSSEC knows only UDP; Wazuh took UDP up to 3.13 and
 * takes TCP from 4.0 on. Both where the agent is unknown.
 */
export function defaultProtocols(agent: InstalledAgent | undefined): readonly Protocol[] {
  if (agent === undefined) return ['udp', 'tcp'];
  return (agent.wazuh ?? 0) >= 4 ? ['tcp'] : ['udp'];
}

function read(home: string, path: string): string {
  try {
    return readAgentFile(home, path, 4096).toString('latin1');
  } catch {
    return '';
  }
}
