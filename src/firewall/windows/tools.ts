import { existsSync } from 'node:fs';
import { Failure } from '../../outcome/failure';
import { type RunResult, runProcess } from '../../process/run';
import { systemTool, toolEnvironment } from '../../windows/system-tool';
import type { Context, Recorder } from '../firewall';
import type { NetshCommand } from './netsh';

/** Full path of netsh, and of reg, of this host. */
export const netshPath = ({ host }: Context): string => systemTool(host, 'netsh.exe');
export const regPath = ({ host }: Context): string => systemTool(host, 'reg.exe');

/** Throws `Failure('tool-missing')` when a tool is not where Windows puts it. */
export function requireTools(context: Context): void {
  for (const tool of [netshPath(context), regPath(context)]) {
    if (!existsSync(tool))
      throw new Failure(
        'tool-missing',
        `${tool} is missing, so nothing was changed. Repair Windows, "sfc /scannow", and repeat the order.`,
      );
  }
}

interface NetshStep {
  /** Its name in the journal and the log. */
  readonly step: string;
  readonly command: NetshCommand;
  /** In milliseconds. */
  readonly limitMs: number;
}

/**
 * Runs one netsh call as a step of the case. The netsh process holds our lock while it lives, even if this process dies
 * first. Callers decide by the exit code and by reading back, not by the text: it is translated, and may be in any code
 * page.
 */
export function runNetsh(
  context: Context,
  recorder: Recorder,
  { step, command, limitMs }: NetshStep,
): Promise<RunResult> {
  const program = netshPath(context);
  return recorder.act({ step, command: [program, ...command] }, () =>
    runProcess(program, command, {
      limitMs,
      isJudgedByExit: true,
      env: toolEnvironment(context.host),
      ...holdLock(context),
    }),
  );
}

/**
 * Runs a netsh command that changes nothing: it is part of no step, holds no lock, and ends with the order at the
 * latest.
 */
export function askNetsh(context: Context, command: NetshCommand): Promise<RunResult> {
  const { host, over } = context;
  return runProcess(netshPath(context), command, {
    limitMs: host.timeouts.netsh,
    env: toolEnvironment(host),
    ...(over === undefined ? {} : { signal: over }),
  });
}

/**
 * Runs an import. An import first deletes every rule and opens outbound, and only then adds the rules back. So a
 * running import is never killed: it has no time limit, and it goes on when this process dies.
 */
export function runImport(
  context: Context,
  recorder: Recorder,
  command: NetshCommand,
  outputFile: string,
): Promise<RunResult> {
  const program = netshPath(context);
  return recorder.act({ step: 'import', command: [program, ...command] }, () =>
    runProcess(program, command, { env: toolEnvironment(context.host), outliveInto: outputFile, ...holdLock(context) }),
  );
}

function holdLock({ lockFd }: Context): { holdFd?: number } {
  return lockFd === undefined ? {} : { holdFd: lockFd };
}
