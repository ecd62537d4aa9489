import { parseArgs } from 'node:util';
import type { Host } from '../host';
import { exitCodes } from '../outcome/exit-codes';
import { printed } from '../outcome/gaps';
import { say } from '../outcome/output/say';
import { states } from '../outcome/states';
import { readStatus } from './status-report';
import { describeStatus } from './status-text';
import { wrongArguments } from './usage';

/**
 * Says whether this host is contained, judged from what is in force now, and what the journal knows of it. Changes nothing.
 * With `--expect STATE` the exit code is 0 only in that state.
 */
export async function status(host: Host, args: readonly string[]): Promise<number> {
  const options = readOptions(args);
  if (options === undefined) {
    say(wrongArguments);
    return exitCodes.refused;
  }
  const found = await readStatus(host);
  say(
    options.json
      ? `${JSON.stringify({ ...found, gaps: found.gaps.map(printed) }, null, 2)}\n`
      : describeStatus(host, found),
  );
  return options.expect === undefined || options.expect === found.state ? exitCodes.done : exitCodes.refused;
}

/** Undefined where they are not understood: a state that does not exist would never be the present one. */
function readOptions(args: readonly string[]): { json?: boolean | undefined; expect?: string | undefined } | undefined {
  try {
    const options = { json: { type: 'boolean' }, expect: { type: 'string' } } as const;
    const { values } = parseArgs({ args: [...args], options });
    const isState = values.expect === undefined || states.some((state) => state === values.expect);
    return isState ? values : undefined;
  } catch {
    return undefined;
  }
}
