import { existsSync } from 'node:fs';
import { Failure } from '../../outcome/failure';
import { type RunResult, runProcess } from '../../process/run';
import { systemTool, toolEnvironment } from '../../windows/system-tool';
import type { Recorder, Site } from '../firewall';
import type { NetshCommand } from './netsh';

/** Full path of netsh, and of reg, of this host. */
export const netshPath = ({ host }: Site): string => systemTool(host, 'netsh.exe');
export const regPath = ({ host }: Site): string => systemTool(host, 'reg.exe');

/** Throws `Failure('tool-missing')` when a tool is not where Windows puts it. */
export function requireTools(site: Site): void {
  for (const tool of [netshPath(site), regPath(site)]) {
    if (!existsSync(tool))
      throw new Failure(
        'tool-missing',
        `${tool} is missing, so nothing was changed. Repair Windows, "sfc /scannow", and ask again.`,
      );
  }
}

/**
 * Runs one netsh call as a step of the case. It holds our lock while it lives, even if we die before it. Decisions must come
 * from its exit code and from reading back: its text is translated, and in any code page.
 */
export function runNetsh(
  site: Site,
  recorder: Recorder,
  step: string,
  command: NetshCommand,
  limitMs: number,
): Promise<RunResult> {
  const program = netshPath(site);
  return recorder.act({ step, command: [program, ...command] }, () =>
    runProcess(program, command, { limitMs, env: toolEnvironment(site.host), ...holdLock(site) }),
  );
}

/** An export changes nothing: it is a part of no step, holds no lock, and ends with the order at the latest. */
export function runExport(site: Site, command: NetshCommand): Promise<RunResult> {
  const { host, over } = site;
  return runProcess(netshPath(site), command, {
    limitMs: host.patience.netsh,
    env: toolEnvironment(host),
    ...(over === undefined ? {} : { signal: over }),
  });
}

/**
 * An import deletes every rule first and opens outbound before it adds them back, so a running one is never killed: it has
 * no time limit, and it goes on when this process dies.
 */
export function runImport(
  site: Site,
  recorder: Recorder,
  command: NetshCommand,
  outputFile: string,
): Promise<RunResult> {
  const program = netshPath(site);
  return recorder.act({ step: 'import', command: [program, ...command] }, () =>
    runProcess(program, command, { env: toolEnvironment(site.host), outliveInto: outputFile, ...holdLock(site) }),
  );
}

function holdLock({ lockFd }: Site): { holdFd?: number } {
  return lockFd === undefined ? {} : { holdFd: lockFd };
}
