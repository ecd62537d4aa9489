import { join } from 'node:path';
import type { Host } from '../host';
import { readAgentFile } from './agent-files';
import { sharedFolder } from './home';
import { findInstalledAgent } from './installed';

/** A command that the server may order: a line `NAME - FILE - TIMEOUT` of ar.conf (the agents' src/os_execd/exec.c). */
export interface Command {
  readonly name: string;
  /** A file in the agent's active-response/bin. */
  readonly file: string;
  /** Seconds after which the agent itself orders the command undone; 0: never. */
  readonly timeout: number;
}

/** In bytes. The server pushes a few hundred of them; the agents take 64 lines. */
const largestFile = 1024 * 1024;

/** The commands that the server has sent, in order. Throws the error that says why they cannot be read. */
export function readCommands(platform: Host['platform'], home: string): Command[] {
  const lines = readAgentFile(home, `${sharedFolder[platform]}/ar.conf`, largestFile).toString('latin1').split(/\r?\n/);
  return lines.flatMap((line) => {
    const [name = '', file = '', timeout = ''] = line.split(' - ');
    return name === '' || file === '' || !/^\d+\s*$/.test(timeout) ? [] : [{ name, file, timeout: Number(timeout) }];
  });
}

/** False for Wazuh 5, where each order names its program (wazuh docs/guide/migration/active-response.md). */
export function usesArConf(home: string): boolean {
  return (findInstalledAgent(home)?.wazuh ?? 0) < 5;
}

/** Where the agent looks for a program of ours. */
export function installedProgram(platform: Host['platform'], home: string, program: string): string {
  return join(home, 'active-response', 'bin', platform === 'windows' ? `${program}.exe` : program);
}
