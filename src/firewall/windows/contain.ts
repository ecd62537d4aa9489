import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Failure } from '../../outcome/failure';
import type { Judgement } from '../../outcome/states';
import type { Policy } from '../../policy/policy';
import { type Rule, rulesOf } from '../../policy/rules';
import type { RequestedBy } from '../../request/request';
import type { Unreadable } from '../../windows/registry';
import type { Recorder, Site } from '../firewall';
import { adoptBackup, makeBackup } from './backup';
import { type RuleChanges, ruleChanges } from './changes';
import { judgeLive } from './judge-live';
import type { Live } from './live';
import { blockByDefault, type NetshCommand, runScript, scriptText, switchOn } from './netsh';
import type { FirewallPolicy } from './read/policy-store';
import { matches } from './read/rule';
import { goBack } from './restore';
import { settle } from './settle';
import { runNetsh } from './tools';
import { blocksByDefault, hasOurRules, isSwitchedOn } from './traits';

/** Beyond so many commands the second attempt is a script too: it must end while somebody still waits for it. */
const mostSingleCommands = 300;

/** Something that containment cannot do without is not in force, although it was tried twice. */
class HardFailure extends Error {}

/** Brings the host to the policy (design: steps 4 to 7 of ADD). The block comes last, and only when the server is let through. */
export async function contain(
  site: Site,
  policy: Policy,
  requestedBy: RequestedBy,
  recorder: Recorder,
  live: Live | Unreadable,
): Promise<Judgement> {
  if ('unreadable' in live) {
    throw new Failure('no-backup', `The firewall policy cannot be read, so nothing was changed: ${live.unreadable}.`);
  }
  await keepBackup(site, recorder, live);
  const wanted = rulesOf(policy);
  try {
    const withRules = await bringRules(site, recorder, live.local, wanted, requestedBy === 'alert');
    const local = await bringBlock(site, recorder, withRules, wanted);
    return judgeLive({ ...live, local }, policy);
  } catch (error) {
    if (!(error instanceof HardFailure)) throw error;
    return goBack(site, recorder, error.message);
  }
}

/** The first backup of a case is kept. A host that was contained without us has the batch script's, if it is any good. */
async function keepBackup(site: Site, recorder: Recorder, live: Live): Promise<void> {
  if (site.openCase?.facts.backup !== undefined) return;
  if (!hasOurRules(live.local)) recorder.note((await makeBackup(site, recorder, live)).facts);
  else adoptBackup(site, recorder, live);
}

/** Two attempts: one script, then one process for each command that is still needed. */
async function bringRules(
  site: Site,
  recorder: Recorder,
  before: FirewallPolicy,
  wanted: readonly Rule[],
  keepHandlers: boolean,
): Promise<FirewallPolicy> {
  const changesFrom = (policy: FirewallPolicy): RuleChanges => ruleChanges(wanted, policy.rules, keepHandlers);
  const done = (policy: FirewallPolicy): boolean => isEmpty(changesFrom(policy));
  let local = before;
  for (const run of [runAsScript, runOneByOne]) {
    if (done(local)) break;
    await run(site, recorder, changesFrom(local));
    local = orFail(await settle(site, done));
  }
  if (!serverIsLetThrough(local, wanted)) throw new HardFailure('no rule lets this host reach its server');
  return local;
}

async function bringBlock(
  site: Site,
  recorder: Recorder,
  before: FirewallPolicy,
  wanted: readonly Rule[],
): Promise<FirewallPolicy> {
  const done = (policy: FirewallPolicy): boolean => isSwitchedOn(policy) && blocksByDefault(policy);
  let local = before;
  for (let attempt = 0; attempt < 2 && !done(local); attempt++) {
    const { netsh } = site.host.patience;
    if (!isSwitchedOn(local)) await runNetsh(site, recorder, 'switch-on', switchOn, netsh);
    if (!blocksByDefault(local)) await runNetsh(site, recorder, 'block', blockByDefault, netsh);
    local = orFail(await settle(site, done));
  }
  if (!isSwitchedOn(local)) throw new HardFailure('the firewall is not switched on in every profile');
  if (!blocksByDefault(local)) throw new HardFailure('the firewall does not block by default in every profile');
  if (!serverIsLetThrough(local, wanted)) throw new HardFailure('no rule lets this host reach its server');
  return local;
}

async function runAsScript(site: Site, recorder: Recorder, { script, single }: RuleChanges): Promise<void> {
  const { netsh, script: limit } = site.host.patience;
  const file = join(site.stateFolder, 'rules.netsh');
  if (script.length > 0 && isWritten(file, scriptText(script), recorder)) {
    await runNetsh(site, recorder, 'rules', runScript(file), limit);
  }
  for (const command of single) await runNetsh(site, recorder, 'rule', command, netsh);
}

/** False where the disk does not take it; what is missing then is told one by one. */
function isWritten(file: string, text: string, recorder: Recorder): boolean {
  try {
    writeFileSync(file, text, { mode: 0o600 });
    return true;
  } catch (error) {
    recorder.warn(`The script of the rules cannot be written: ${String(error)}`);
    return false;
  }
}

async function runOneByOne(site: Site, recorder: Recorder, changes: RuleChanges): Promise<void> {
  if (changes.script.length > mostSingleCommands) return runAsScript(site, recorder, changes);
  for (const command of [...changes.script, ...changes.single]) {
    const { timedOut } = await runNetsh(site, recorder, 'rule', command, limitFor(site, command));
    // A netsh that hangs once more will go on doing so; the way back is the better use of the time.
    if (timedOut) return;
  }
}

function limitFor({ host }: Site, command: NetshCommand): number {
  return command.includes('all') ? host.patience.script : host.patience.netsh;
}

function isEmpty({ script, single }: RuleChanges): boolean {
  return script.length === 0 && single.length === 0;
}

/** True when the rules of one server are all there: the agent goes on to the next server until one answers. */
function serverIsLetThrough({ rules }: FirewallPolicy, wanted: readonly Rule[]): boolean {
  const vital = wanted.filter((rule) => rule.vital === true);
  return vital.some((one) =>
    vital
      .filter((rule) => rule.remote === one.remote)
      .every((rule) => rules.some((candidate) => matches(candidate, rule))),
  );
}

function orFail(policy: FirewallPolicy | { readonly unreadable: string }): FirewallPolicy {
  if ('unreadable' in policy) throw new HardFailure(`the policy cannot be read back: ${policy.unreadable}`);
  return policy;
}
