import { join } from 'node:path';
import type { Host } from '../host';

/**
 * Absolute path of a tool that comes with Windows. Never a bare name: Wazuh installs a `netsh.exe` of its own beside
 * us, and a search would find that one first.
 */
export function systemTool({ env }: Host, name: string): string {
  return join(env.SystemRoot ?? 'C:\\Windows', 'System32', name);
}

/** What a tool sees of the environment: nothing that could make it load or find something else. */
export function toolEnvironment({ env }: Host): NodeJS.ProcessEnv {
  const { SystemRoot, SystemDrive, windir, TEMP, TMP } = env;
  return { SystemRoot, SystemDrive, windir, TEMP, TMP };
}
