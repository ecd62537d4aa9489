import { join } from 'node:path';
import type { Host } from '../host';

/**
 * The absolute path of a tool that comes with Windows. A bare name will not do: Wazuh installs its own `netsh.exe`
 * beside us, and Windows would find that one first.
 */
export function systemTool({ env }: Host, name: string): string {
  return join(env.SystemRoot ?? 'C:\\Windows', 'System32', name);
}

/** The environment that a tool gets: nothing in it can make the tool load or find something else. */
export function toolEnvironment({ env }: Host): NodeJS.ProcessEnv {
  const { SystemRoot, SystemDrive, windir, TEMP, TMP } = env;
  return { SystemRoot, SystemDrive, windir, TEMP, TMP };
}
