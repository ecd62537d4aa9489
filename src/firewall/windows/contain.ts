import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Failure, notReadBack } from '../../outcome/failure';
import type { Judgement } from '../../outcome/states';
import type { Policy } from '../../policy/allow-list';
import { type Rule, rulesOf } from '../../policy/rules';
import type { RequestedBy } from '../../request/request';
import type { Unreadable } from '../../windows/registry';
import type { Recorder, Site } from '../firewall';
import { adoptBackup, type Before, makeBackup } from './backup';
import { type RuleChanges, ruleChanges } from './changes';
import type { PolicyExport } from './export';
import { findBackup, readRecord } from './find-backup';
import { isGivenBack, isGone } from './given-back';
import { judgeLive } from './judge-live';
import { blockByDefault, type NetshCommand, runScript, scriptText, switchOn } from './netsh';
import { type Found, findWanted } from './read/rule';
import type { FirewallPolicy } from './read/stored-policy';
import type { FirstLook, Live } from './reading';
import { goBack, isRestored } from './restore';
import { settle } from './settle';
import { runNetsh } from './tools';
import { blocksByDefault, hasOurRules, isOpenOutward, isSwitchedOn } from './traits';

/** Beyond so many commands the second attempt is a script too: it must end while somebody still waits for it. */
const mostSingleCommands = 300;

/** Something that containment cannot do without is not in force, although it was tried twice. */
class HardFailure extends Error {}

/** Nobody can tell whether it is. */
class CannotReadBack extends HardFailure {}

/** What a reading of the live policy comes to: what is right already, and what has to be told to netsh. */
interface View {
  readonly changes: RuleChanges;
  /** The rules of one server are all there. */
  readonly letsServerThrough: boolean;
  readonly isOn: boolean;
  /** To switch it on before the rules were read back does not cut off the agent: what goes out stays open until the block. */
  readonly mayBeSwitchedOnEarly: boolean;
  readonly blocks: boolean;
  /** Present where it is on and blocks. */
  readonly judgement?: Judgement;
}

type Viewer = (policy: FirewallPolicy) => View;

/** What was read, and begun, before the first change. */
export interface Start {
  readonly live: FirstLook | Unreadable;
  readonly early: PolicyExport | undefined;
}

/**
 * Brings the host to the policy (design: steps 4 to 7 of ADD). The block comes last, and only when the server is let through.
 * `take` gives what the preflight read. Of each reading only the view is kept: on a bloated host two of them at once would be
 * hundreds of megabytes.
 */
export async function contain(
  site: Site,
  policy: Policy,
  requestedBy: RequestedBy,
  recorder: Recorder,
  take: () => Promise<Start>,
): Promise<Judgement> {
  const { view, viewer } = await begin(site, policy, requestedBy, recorder, take);
  try {
    const withRules = await bringRules(site, recorder, view, viewer);
    return await bringBlock(site, recorder, withRules, viewer);
  } catch (error) {
    if (!(error instanceof HardFailure)) throw error;
    if (error instanceof CannotReadBack && isHeld(view)) throw notReadBack(error.message);
    return goBack(site, recorder, error.message);
  }
}

async function begin(
  site: Site,
  policy: Policy,
  requestedBy: RequestedBy,
  recorder: Recorder,
  take: () => Promise<Start>,
): Promise<Pick<FirstView, 'view' | 'viewer'>> {
  const first = await take().then(({ live, early }) => ({ ...viewFirst(site, live, policy, requestedBy), early }));
  if (first.isBackupDue) await keepBackup(site, recorder, first);
  return first;
}

/** What the reading from before the first change comes to. */
interface FirstView {
  readonly view: View;
  readonly viewer: Viewer;
  readonly before: Before;
  readonly isContained: boolean;
  readonly isBackupDue: boolean;
}

function viewFirst(site: Site, live: FirstLook | Unreadable, policy: Policy, requestedBy: RequestedBy): FirstView {
  if ('unreadable' in live) {
    throw new Failure('no-backup', `The firewall policy cannot be read, so nothing was changed: ${live.unreadable}.`);
  }
  const { local, localFile, managed } = live;
  const viewer = viewerFor(policy, managed, requestedBy === 'alert');
  const view = viewer(local);
  const before = {
    ids: local.rules.map(({ id }) => id),
    ...(localFile === undefined ? {} : { localFile }),
    blocks: view.blocks,
  };
  return { view, viewer, before, isContained: hasOurRules(local), isBackupDue: isBackupDue(site, local) };
}

/**
 * The first backup of a case is kept, unless somebody else has given the host back since: what is in force now is in no backup.
 * A policy that holds all of the one from before can be backed up anew without a loss, whatever an order was interrupted in.
 */
function isBackupDue(site: Site, local: FirewallPolicy): boolean {
  const facts = site.openCase?.facts;
  if (facts?.backup === undefined) return true;
  if (hasOurRules(local)) return false;
  const first = findBackup(site, facts);
  if ('bad' in first) return isGone(site, local) && !blocksByDefault(local);
  const { policy } = readRecord(first);
  return isRestored(local, policy) || (isGone(site, local) && isGivenBack(policy, local));
}

function viewerFor(policy: Policy, managed: Live['managed'], keepHandlers: boolean): Viewer {
  const wanted = rulesOf(policy);
  return (local) => {
    const [isOn, blocks] = [isSwitchedOn(local), blocksByDefault(local)];
    return {
      changes: ruleChanges(wanted, local.rules, keepHandlers),
      letsServerThrough: serverIsLetThrough(wanted, findWanted(wanted, local.rules)),
      isOn,
      mayBeSwitchedOnEarly: !isOn && !('unreadable' in managed) && [local, ...managed].every(isOpenOutward),
      blocks,
      ...(isOn && blocks ? { judgement: judgeLive({ local, managed }, policy) } : {}),
    };
  };
}

/** A host that was contained without us has the batch script's backup, if it is any good. */
async function keepBackup(
  site: Site,
  recorder: Recorder,
  { isContained, before, early }: FirstView & { readonly early: PolicyExport | undefined },
): Promise<void> {
  if (isContained) adoptBackup(site, recorder, before);
  else recorder.note(await makeBackup(site, recorder, before, early));
}

/** Two attempts: one script, then one process for each command that is still needed. */
async function bringRules(site: Site, recorder: Recorder, start: View, viewer: Viewer): Promise<View> {
  let view = start;
  for (const run of [runAsScript, runOneByOne]) {
    if (isEmpty(view.changes)) break;
    if (await run(site, recorder, view)) view = await lookAgain(site, viewer, ({ changes }) => isEmpty(changes));
  }
  if (!view.letsServerThrough) throw new HardFailure('no rule lets this host reach its server');
  return view;
}

async function bringBlock(site: Site, recorder: Recorder, start: View, viewer: Viewer): Promise<Judgement> {
  let view = start;
  for (let attempt = 0; attempt < 2 && view.judgement === undefined; attempt++) {
    const { netsh } = site.host.patience;
    if (!view.isOn) await runNetsh(site, recorder, 'switch-on', switchOn, netsh);
    if (!view.blocks) await runNetsh(site, recorder, 'block', blockByDefault, netsh);
    view = await lookAgain(site, viewer, ({ isOn, blocks }) => isOn && blocks);
  }
  if (!view.isOn) throw new HardFailure('the firewall is not switched on in every profile');
  if (view.judgement === undefined) throw new HardFailure('the firewall does not block by default in every profile');
  if (!view.letsServerThrough) throw new HardFailure('no rule lets this host reach its server');
  return view.judgement;
}

/** Reads back until all is as it should be, or the time for that is over. */
async function lookAgain(site: Site, viewer: Viewer, isRight: (view: View) => boolean): Promise<View> {
  let view: View | undefined;
  const local = await settle(site, (policy) => {
    view = viewer(policy);
    return isRight(view);
  });
  if ('unreadable' in local) throw new CannotReadBack(`the policy cannot be read back: ${local.unreadable}`);
  return view ?? viewer(local);
}

/**
 * One process for all that a script can carry: of the time to containment most is the start of netsh. False where the disk does
 * not take the script, and nothing was done.
 */
async function runAsScript(site: Site, recorder: Recorder, view: View): Promise<boolean> {
  const { script, single } = view.changes;
  const { netsh, script: limit } = site.host.patience;
  const file = join(site.stateFolder, 'rules.netsh');
  const commands = view.mayBeSwitchedOnEarly ? [...script, switchOn] : script;
  if (commands.length > 0) {
    if (!isWritten(file, scriptText(commands), recorder)) return false;
    await runNetsh(site, recorder, 'rules', runScript(file), limit);
  }
  for (const command of single) await runNetsh(site, recorder, 'rule', command, netsh);
  return true;
}

/** What is missing without it is told one by one. */
function isWritten(file: string, text: string, recorder: Recorder): boolean {
  try {
    writeFileSync(file, text, { mode: 0o600 });
    return true;
  } catch (error) {
    recorder.warn(`The script of the rules cannot be written: ${String(error)}`);
    return false;
  }
}

async function runOneByOne(site: Site, recorder: Recorder, view: View): Promise<boolean> {
  const { changes } = view;
  if (changes.script.length > mostSingleCommands) return runAsScript(site, recorder, view);
  for (const command of [...changes.script, ...changes.single]) {
    const { timedOut } = await runNetsh(site, recorder, 'rule', command, limitFor(site, command));
    // A netsh that hangs once more will go on doing so; the way back is the better use of the time.
    if (timedOut) break;
  }
  return true;
}

function limitFor({ host }: Site, command: NetshCommand): number {
  return command.includes('all') ? host.patience.script : host.patience.netsh;
}

/** Contained, and not cut off from its server. */
function isHeld({ isOn, blocks, letsServerThrough }: View): boolean {
  return isOn && blocks && letsServerThrough;
}

function isEmpty({ script, single }: RuleChanges): boolean {
  return script.length === 0 && single.length === 0;
}

/** True when the rules of one server are all there: the agent goes on to the next server until one answers. */
function serverIsLetThrough(wanted: readonly Rule[], { missing }: Found): boolean {
  const vital = wanted.filter((rule) => rule.vital === true);
  return vital.some((one) => vital.filter(({ remote }) => remote === one.remote).every((rule) => !missing.has(rule)));
}
