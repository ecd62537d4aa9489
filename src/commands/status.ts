import { parseArgs } from 'node:util';
import type { Host } from '../host';
import { exitCodes } from '../outcome/exit-codes';
import { say } from '../outcome/say';
import { readStatus } from './status-report';
import { describeStatus } from './status-text';
import { wrongArguments } from './usage';

/**
 * Says whether this host is contained, judged from what is in force now, and what the journal knows of it. Changes nothing.
 * With `--expect STATE` the exit code is 0 only in that state.
 */
export async function status(host: Host, args: readonly string[]): Promise<number> {
  let options: { json?: boolean | undefined; expect?: string | undefined };
  try {
    options = parseArgs({ args: [...args], options: { json: { type: 'boolean' }, expect: { type: 'string' } } }).values;
  } catch {
    say(wrongArguments);
    return exitCodes.refused;
  }
  const found = await readStatus(host);
  say(options.json ? `${JSON.stringify(found, null, 2)}\n` : describeStatus(host, found));
  return options.expect === undefined || options.expect === found.state ? exitCodes.done : exitCodes.refused;
}
