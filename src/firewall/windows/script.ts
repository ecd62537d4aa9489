import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Context, Recorder } from '../firewall';
import { type NetshCommand, runScript, scriptText } from './netsh';
import { runNetsh } from './tools';

/**
 * Runs all commands in one netsh, as one step. False where the script cannot be written to disk; then nothing was done.
 */
export async function runInScript(
  context: Context,
  recorder: Recorder,
  step: string,
  commands: readonly NetshCommand[],
): Promise<boolean> {
  const file = join(context.stateFolder, `${step}.netsh`);
  try {
    writeFileSync(file, scriptText(commands), { mode: 0o600 });
  } catch (error) {
    // The caller then runs the commands one by one.
    recorder.warn(`The script for netsh cannot be written: ${String(error)}`);
    return false;
  }
  await runNetsh(context, recorder, { step, command: runScript(file), limitMs: context.host.timeouts.script });
  return true;
}
