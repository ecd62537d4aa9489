import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Protocol } from '../policy/policy';

/**
 * The protocol an agent uses where its configuration does not say: OSSEC knows only UDP; Wazuh took UDP up to 3.13 and takes
 * TCP from 4.0 on. Both where it cannot be told which agent that is.
 */
export function defaultProtocols(home: string): readonly Protocol[] {
  const wazuh = wazuhMajor(home);
  if (wazuh !== undefined) return wazuh >= 4 ? ['tcp'] : ['udp'];
  // Wazuh named its programs after itself from 4.2 on.
  if (['wazuh-agent.exe', 'bin/wazuh-agentd'].some((file) => existsSync(join(home, file)))) return ['tcp'];
  // OSSEC's installers leave these two (src/win32/ossec-installer.nsi, install.sh).
  const ossec = `${read(join(home, 'VERSION.txt'))}\n${read(join(home, 'etc/ossec-init.conf'))}`;
  return /^OSSEC|^NAME="OSSEC/im.test(ossec) ? ['udp'] : ['udp', 'tcp'];
}

/** Wazuh's own note of its version: `v4.1.5` in VERSION, a field of VERSION.json since 4.13, or ossec-init.conf on Linux. */
function wazuhMajor(home: string): number | undefined {
  const found = [
    /^v(\d+)\.\d+\.\d+\s*$/.exec(read(join(home, 'VERSION'))),
    /"version"\s*:\s*"v?(\d+)\.\d+/.exec(read(join(home, 'VERSION.json'))),
    /^NAME="Wazuh"[\s\S]*^VERSION="v(\d+)\.\d+/m.exec(read(join(home, 'etc/ossec-init.conf'))),
  ];
  const major = found.find((match) => match !== null)?.[1];
  return major === undefined ? undefined : Number(major);
}

function read(file: string): string {
  try {
    return readFileSync(file, 'latin1').slice(0, 4096);
  } catch {
    return '';
  }
}
