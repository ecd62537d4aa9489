import { type ApiWords, readApiAccess } from '../fleet/api-access';
import { examineServer } from '../fleet/doctor/doctor';
import type { Host } from '../host';
import { type Verdict, worst } from '../outcome/check';
import { exitCodes } from '../outcome/exit-codes';
import { describeChecks } from '../outcome/output/checks';
import { say } from '../outcome/output/say';
import { version } from '../outcome/version';

const sentences: Readonly<Record<Verdict, string>> = {
  ok: 'Orders would go out from this server, and their outcomes come back.',
  warning: 'Orders would go out from this server, and their outcomes come back; see the warnings.',
  problem: 'Orders, or their outcomes, would NOT get through: see the problems.',
};

/** Says whether this server can order its agents and hear of it. Returns 6 with problems, else 0. */
export async function fleetDoctor(host: Host, words: ApiWords & { readonly json?: boolean }): Promise<number> {
  const checks = await examineServer(host, readApiAccess(host.env, words));
  const verdict = worst(checks);
  // The form of the JSON is that of doctor, in docs/status-json.md.
  const report = { version: 1, program: version, verdict, checks };
  say(words.json ? `${JSON.stringify(report, null, 2)}\n` : describeChecks(host, checks, sentences[verdict]));
  return verdict === 'problem' ? exitCodes.degraded : exitCodes.done;
}
