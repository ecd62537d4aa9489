import { parseArgs } from 'node:util';
import { examine } from '../doctor/doctor';
import type { Host } from '../host';
import { type Verdict, worst } from '../outcome/check';
import { exitCodes } from '../outcome/exit-codes';
import { describeChecks } from '../outcome/output/checks';
import { say } from '../outcome/output/say';
import { version } from '../outcome/version';
import { refuseOptions, whatIsWrong } from './refuse';

/**
 * Says whether containment would work here, now, and what to do where it would not. Returns 6 with problems, else 0.
 */
export async function doctor(host: Host, args: readonly string[]): Promise<number> {
  let json: boolean;
  try {
    json = parseArgs({ args: [...args], options: { json: { type: 'boolean' } } }).values.json ?? false;
  } catch (error) {
    return refuseOptions('doctor', whatIsWrong('doctor', args, error));
  }
  const checks = await examine(host);
  const verdict = worst(checks);
  // The form of the JSON is documented in docs/status-json.md; `version` grows when a field changes its meaning.
  const report = { version: 1, program: version, verdict, checks };
  say(json ? `${JSON.stringify(report, null, 2)}\n` : describeChecks(host, checks, sentences[verdict]));
  return verdict === 'problem' ? exitCodes.degraded : exitCodes.done;
}

const sentences: Readonly<Record<Verdict, string>> = {
  ok: 'Containment would work here.',
  warning: 'Containment would work here; see the warnings.',
  problem: 'Containment, or the order for it, would NOT work here: see the problems.',
};
