import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import type { Host } from '../host';
import type { ServiceState } from '../outcome/states';
import { queryService } from '../windows/service';

/** The agent as the system runs it: a service on Windows, on Linux the processes that an order passes through. */
export interface AgentService {
  readonly name: string;
  readonly state: ServiceState;
}

/** Wazuh's service has its own name from 4.2 on (wazuh src/win32/wazuh-installer.wxs). */
const serviceNames = ['WazuhSvc', 'OssecSvc'];

/** Which agent runs here. On Linux `home` says where its processes leave their numbers. Never throws. */
export async function findAgentService(host: Host, home: string | undefined): Promise<AgentService> {
  if (host.platform === 'linux') return findProcesses(home);
  const found = await Promise.all(serviceNames.map(async (name) => ({ name, state: await queryService(host, name) })));
  const unknown = found.filter(({ state }) => state === 'unknown').map(({ name }) => name);
  const known = found.find(({ state }) => state === 'running') ?? found.find(({ state }) => state === 'stopped');
  if (known !== undefined) return known;
  return unknown.length > 0
    ? { name: unknown.join(' or '), state: 'unknown' }
    : { name: serviceNames.join(' or '), state: 'absent' };
}

/**
 * `ossec-agentd` talks to the server and `ossec-execd` starts us. Each leaves a file `NAME-PID.pid` (the agents'
 * src/shared/file_op.c).
 */
function findProcesses(home: string | undefined): AgentService {
  const name = 'agentd and execd';
  if (home === undefined) return { name, state: 'unknown' };
  try {
    const files = readdirSync(join(home, 'var', 'run'));
    const runs = (daemon: string): boolean =>
      files.some((file) => {
        const [, pid] = new RegExp(`^(?:ossec|wazuh)-${daemon}-(\\d+)\\.pid$`).exec(file) ?? [];
        return pid !== undefined && existsSync(`/proc/${pid}`);
      });
    return { name, state: runs('agentd') && runs('execd') ? 'running' : 'stopped' };
  } catch {
    return { name, state: 'unknown' };
  }
}
