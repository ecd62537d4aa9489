import type { Host } from '../host';
import { type RunOptions, type RunResult, runProcess } from '../process/run';
import { systemTool, toolEnvironment } from './system-tool';

/** Installers of 32-bit agents write their values into the 32-bit view; all else here is in the 64-bit one. */
export type RegistryView = '32' | '64';

/** The arguments by which `reg.exe` writes a key to a file in UTF-16. `reg query` would print the OEM code page. */
export function exportKey(key: string, file: string, view: RegistryView = '64'): string[] {
  return ['export', key, file, '/y', `/reg:${view}`];
}

/** The names of calls, by which one process finds what another has begun for it. */
export const exportCall = (key: string, view: RegistryView = '64'): string => `export ${view} ${key}`;
export const queryCall = (service: string): string => `query ${service}`;
export const closeCall = 'close';
/** `output`: the mark of the journals at that moment; `file`: what the export writes. */
export const exportBegunCall = 'policy export has begun';
export const exportPolicyCall = 'policy export';
/** The local store, beside that export. Its name is its own: whoever reads the store later wants what is there then. */
export const firstLookCall = 'first look';

/** The arguments by which netsh writes the whole local policy to a file that is not there yet. */
export const exportPolicy = (file: string): readonly string[] => ['advfirewall', 'export', file];

/** A call without a console is the faster one. Whoever makes it can make it again with one. */
type WithConsole = Pick<RunOptions, 'noConsole'>;

interface ExportOptions extends WithConsole {
  readonly view?: RegistryView | undefined;
  readonly signal?: AbortSignal | undefined;
  readonly limitMs: number;
}

/** Has a key and all below it written to a file. */
export function runExport(
  host: Host,
  key: string,
  file: string,
  { view, signal, limitMs, ...withConsole }: ExportOptions,
): Promise<RunResult> {
  return runProcess(systemTool(host, 'reg.exe'), exportKey(key, file, view), {
    ...withConsole,
    limitMs,
    isJudgedByExit: true,
    env: toolEnvironment(host),
    ...(signal === undefined ? {} : { signal }),
  });
}

/** Has netsh write the policy to a file. This changes nothing, and ends with the order at the latest. */
export function runExportPolicy(
  host: Host,
  file: string,
  signal: AbortSignal | undefined,
  withConsole: WithConsole = {},
): Promise<RunResult> {
  return runProcess(systemTool(host, 'netsh.exe'), exportPolicy(file), {
    ...withConsole,
    limitMs: host.timeouts.netsh,
    isJudgedByExit: true,
    env: toolEnvironment(host),
    ...(signal === undefined ? {} : { signal }),
  });
}

/** Asks the service manager for a service's state. `output`: what `sc query` said, byte by byte. */
export async function runQuery(
  host: Host,
  service: string,
  withConsole: WithConsole = {},
): Promise<{ readonly exitCode: number | null; readonly output: string }> {
  const { exitCode, output } = await runProcess(systemTool(host, 'sc.exe'), ['query', service], {
    ...withConsole,
    limitMs: host.timeouts.sc,
    env: toolEnvironment(host),
  });
  return { exitCode, output: output.toString('latin1') };
}

/** LocalSystem and Administrators, by SID, because Windows translates their names. */
const fullControl = ['*S-1-5-18:(OI)(CI)F', '*S-1-5-32-544:(OI)(CI)F'];
/** Everyone, Authenticated Users, Users, Interactive. */
const ordinaryUsers = ['*S-1-1-0', '*S-1-5-11', '*S-1-5-32-545', '*S-1-5-4'];

/** Closes a folder to ordinary users, and all in it. */
export function runClose(host: Host, folder: string, withConsole: WithConsole = {}): Promise<RunResult> {
  return runProcess(
    systemTool(host, 'icacls.exe'),
    [folder, '/inheritance:r', '/grant:r', ...fullControl, '/remove:g', ...ordinaryUsers, '/q'],
    { ...withConsole, limitMs: host.timeouts.icacls, isJudgedByExit: true, env: toolEnvironment(host) },
  );
}
