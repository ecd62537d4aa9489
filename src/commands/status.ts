import { parseArgs } from 'node:util';
import type { Host } from '../host';
import { exitCodes } from '../outcome/exit-codes';
import { printed } from '../outcome/gaps';
import { say } from '../outcome/output/say';
import { states } from '../outcome/states';
import { quote } from '../request/understood';
import { followOrder } from './follow';
import { refuseOptions, whatIsWrong } from './refuse';
import { readStatus } from './status-report';
import { describeStatus } from './status-text';

/**
 * Says whether this host is contained, judged from what is in force now, and what the journal knows of it. Changes
 * nothing. With `--expect STATE` the exit code is 0 only in that state. `--line` is for the agents' command monitoring.
 */
export async function status(host: Host, args: readonly string[]): Promise<number> {
  let options: Options;
  try {
    options = readOptions(args);
  } catch (error) {
    return refuseOptions('status', whatIsWrong('status', args, error));
  }
  // A state that does not exist would never be the present one.
  if (options.expect !== undefined && !states.some((state) => state === options.expect))
    return refuseOptions('status', `${quote(options.expect)} is no state: there are ${states.join(', ')}.`);
  if (options.line === true) {
    const { statusLine } = await import('./status-line');
    say(`${await statusLine(host)}\n`);
    return exitCodes.done;
  }
  if (options.follow === true) await followOrder(host);
  const found = await readStatus(host);
  say(
    options.json
      ? `${JSON.stringify({ ...found, gaps: found.gaps.map(printed) }, null, 2)}\n`
      : describeStatus(host, found),
  );
  return options.expect === undefined || options.expect === found.state ? exitCodes.done : exitCodes.refused;
}

interface Options {
  readonly json?: boolean | undefined;
  readonly expect?: string | undefined;
  readonly follow?: boolean | undefined;
  readonly line?: boolean | undefined;
}

/** Throws what `parseArgs` throws. */
function readOptions(args: readonly string[]): Options {
  const flag = { type: 'boolean' } as const;
  const options = { json: flag, expect: { type: 'string' }, follow: flag, line: flag } as const;
  return parseArgs({ args: [...args], options }).values;
}
