import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Context, Recorder } from '../firewall';
import { type NetshCommand, runScript, scriptText } from './netsh';
import { runNetsh } from './tools';

/** Runs all commands in one netsh, as one step. False where the disk does not take the script, and nothing was done. */
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
    // What is missing without it is told one by one.
    recorder.warn(`The script of the rules cannot be written: ${String(error)}`);
    return false;
  }
  await runNetsh(context, recorder, { step, command: runScript(file), limitMs: context.host.timeouts.script });
  return true;
}
