import { Failure, notReadBack } from '../../outcome/failure';
import type { AllowList } from '../../policy/allow-list';
import type { Rule } from '../../policy/rule';
import { rulesOf } from '../../policy/rules';
import type { Surroundings } from '../../policy/seal';
import type { RequestedBy } from '../../request/request';
import type { Facts } from '../../state/journal';
import type { Unreadable } from '../../windows/registry';
import type { Context, Recorder } from '../firewall';
import { adoptBackup, type BeforeBackup, makeBackup } from './backup';
import { bringSeal, incompleteSeal, type Judged } from './bring-seal';
import { type RuleChanges, ruleChanges } from './changes';
import type { PolicyExport } from './export';
import { findBackup, readRecord } from './find-backup';
import { isGivenBack, isGone } from './given-back';
import { CannotReadBack, HardFailure } from './hard-failure';
import { judgeReading, withGaps } from './judge-reading';
import { blockByDefault, type NetshCommand, switchOn } from './netsh';
import type { JudgementByProfile } from './read/judge';
import { findWanted, type Matches } from './read/rule';
import type { StoredPolicy } from './read/stored-policy';
import type { Reading } from './reading';
import { goBack, isRestored } from './restore';
import { runInScript } from './script';
import { type Sealing, sealingFor } from './sealing';
import { settle } from './settle';
import { runNetsh } from './tools';
import { blocksByDefault, hasOurRules, isOpenOutward, isSwitchedOn } from './traits';

/**
 * With more commands than this the second attempt is a script too: one process for each would take longer than anybody
 * waits.
 */
const mostSingleCommands = 300;

/** What follows from a reading of the live policy: what is right already, and what netsh still has to be told. */
interface Assessment {
  readonly changes: RuleChanges;
  /** All rules of at least one server are there. */
  readonly letsServerThrough: boolean;
  readonly isOn: boolean;
  /**
   * True when the firewall can be switched on before the rules are read back without cutting off the agent: outbound
   * stays open until the block.
   */
  readonly mayBeSwitchedOnEarly: boolean;
  readonly blocks: boolean;
  /** Present where the firewall is on and blocks. */
  readonly judgement?: JudgementByProfile;
}

type Assessor = (policy: StoredPolicy) => Assessment;

/** What was read, and begun, before the first change. */
export interface StartingPoint {
  readonly reading: Reading | Unreadable;
  readonly early: PolicyExport | undefined;
  /** Present where a seal may be needed. */
  readonly around?: Promise<Surroundings>;
}

/** All that a containment needs. */
interface Given {
  readonly context: Context;
  readonly allowList: AllowList;
  readonly requestedBy: RequestedBy;
  readonly recorder: Recorder;
  /** Gives what the preflight read. */
  readonly take: () => Promise<StartingPoint>;
}

/**
 * Restricts the host to the allow list. The block comes last, and only when the server is let through. Of each reading
 * only the assessment is kept: two readings of a bloated host at once would be hundreds of megabytes.
 */
export async function contain(given: Given): Promise<JudgementByProfile> {
  const { context, recorder } = given;
  const { assessment, assess, sealing } = await begin(given);
  try {
    const withRules = await bringRules(context, recorder, assessment, assess);
    const blocking = await bringBlock(context, recorder, withRules, assess);
    const { judgement, changes } = await bringSeal(context, recorder, blocking, (isRight) =>
      lookAgain(context, assess, isRight),
    );
    return withGaps(judgement, [...sealing.gaps, ...incompleteSeal(changes)]);
  } catch (error) {
    if (!(error instanceof HardFailure)) throw error;
    if (error instanceof CannotReadBack && isHeld(assessment)) throw notReadBack(error.message);
    return goBack(context, recorder, error.message);
  }
}

async function begin(given: Given): Promise<Pick<FirstAssessment, 'assessment' | 'assess' | 'sealing'>> {
  const first = await given.take().then(async ({ reading, early, around }) => ({
    ...(await assessFirst(given, reading, around)),
    early,
  }));
  if (first.isBackupDue) await keepBackup(given.context, given.recorder, first);
  return first;
}

/** What follows from the reading that was taken before the first change. */
interface FirstAssessment {
  readonly assessment: Assessment;
  readonly assess: Assessor;
  readonly sealing: Sealing;
  readonly before: BeforeBackup;
  readonly isContained: boolean;
  readonly isBackupDue: boolean;
}

async function assessFirst(
  { context, allowList, requestedBy, recorder }: Given,
  reading: Reading | Unreadable,
  around: Promise<Surroundings> | undefined,
): Promise<FirstAssessment> {
  if ('unreadable' in reading) {
    throw new Failure(
      'no-backup',
      `The firewall policy cannot be read, so nothing was changed: ${reading.unreadable}.`,
    );
  }
  const { local, localFile, managed } = reading;
  const keepHandlers = requestedBy === 'alert';
  const sealing = await sealingFor(context, { sources: reading, allowList, keepHandlers, around });
  const assess = assessorFor(allowList, sealing, managed, keepHandlers);
  const assessment = assess(local);
  const before = {
    ids: local.rules.map(({ id }) => id),
    ...(localFile === undefined ? {} : { localFile }),
    blocks: assessment.blocks,
  };
  const isContained = hasOurRules(local);
  return { assessment, assess, sealing, before, isContained, isBackupDue: isBackupDue(context, recorder.facts, local) };
}

/**
 * A case keeps its first backup, unless somebody else has released the host since: then no backup holds what is in
 * force now. Where the present policy holds all of the policy from before, a new backup loses nothing, whatever step an
 * order was interrupted in.
 */
function isBackupDue(context: Context, facts: Facts, local: StoredPolicy): boolean {
  if (facts.backup === undefined) return true;
  if (hasOurRules(local)) return false;
  const first = findBackup(context, facts);
  if ('bad' in first) return isGone(context, local) && !blocksByDefault(local);
  const { policy } = readRecord(first);
  return isRestored(local, policy) || (isGone(context, local) && isGivenBack(policy, local));
}

function assessorFor(
  allowList: AllowList,
  { rules: seal, letThrough }: Sealing,
  managed: Reading['managed'],
  keepHandlers: boolean,
): Assessor {
  const allowed = rulesOf(allowList);
  return (local) => {
    const [isOn, blocks] = [isSwitchedOn(local), blocksByDefault(local)];
    return {
      changes: ruleChanges({ allowed, seal, letThrough: letThrough ?? allowed }, local.rules, keepHandlers),
      letsServerThrough: serverIsLetThrough(allowed, findWanted(allowed, local.rules)),
      isOn,
      mayBeSwitchedOnEarly: !isOn && !('unreadable' in managed) && [local, ...managed].every(isOpenOutward),
      blocks,
      ...(isOn && blocks ? { judgement: judgeReading({ local, managed }, allowList) } : {}),
    };
  };
}

/** Takes over the batch script's backup where the host was contained without us; else makes a backup. */
async function keepBackup(
  context: Context,
  recorder: Recorder,
  { isContained, before, early }: FirstAssessment & { readonly early: PolicyExport | undefined },
): Promise<void> {
  if (isContained) adoptBackup(context, recorder, before);
  else recorder.note(await makeBackup(context, recorder, before, early));
}

/** Two attempts: one script, then one process for each command that is still needed. */
async function bringRules(
  context: Context,
  recorder: Recorder,
  start: Assessment,
  assess: Assessor,
): Promise<Assessment> {
  let assessment = start;
  for (const run of [runAsScript, runOneByOne]) {
    if (isEmpty(assessment.changes)) break;
    if (await run(context, recorder, assessment))
      assessment = await lookAgain(context, assess, ({ changes }) => isEmpty(changes));
  }
  if (!assessment.letsServerThrough) throw new HardFailure('no rule lets this host reach its server');
  return assessment;
}

async function bringBlock(context: Context, recorder: Recorder, start: Assessment, assess: Assessor): Promise<Judged> {
  let assessment = start;
  for (let attempt = 0; attempt < 2 && assessment.judgement === undefined; attempt++) {
    const { netsh } = context.host.timeouts;
    if (!assessment.isOn) await runNetsh(context, recorder, { step: 'switch-on', command: switchOn, limitMs: netsh });
    if (!assessment.blocks)
      await runNetsh(context, recorder, { step: 'block', command: blockByDefault, limitMs: netsh });
    assessment = await lookAgain(context, assess, ({ isOn, blocks }) => isOn && blocks);
  }
  if (!assessment.isOn) throw new HardFailure('the firewall is not switched on in every profile');
  const { judgement, changes } = assessment;
  if (judgement === undefined) throw new HardFailure('the firewall does not block by default in every profile');
  if (!assessment.letsServerThrough) throw new HardFailure('no rule lets this host reach its server');
  return { judgement, changes };
}

/** Reads back until everything is right or the time for that is over. */
async function lookAgain(
  context: Context,
  assess: Assessor,
  isRight: (assessment: Assessment) => boolean,
): Promise<Assessment> {
  let assessment: Assessment | undefined;
  const local = await settle(context, (policy) => {
    assessment = assess(policy);
    return isRight(assessment);
  });
  if ('unreadable' in local) throw new CannotReadBack(`the policy cannot be read back: ${local.unreadable}`);
  return assessment ?? assess(local);
}

/**
 * Runs one process for all commands that a script can carry: most of the time that a containment takes is the start of
 * netsh. False where the script cannot be written to disk; then nothing was done.
 */
async function runAsScript(context: Context, recorder: Recorder, assessment: Assessment): Promise<boolean> {
  const { changes, isOn, blocks } = assessment;
  const { single } = changes;
  const { netsh } = context.host.timeouts;
  // The seal comes after the block. Where the block is in force already, one netsh is enough for the rules and the
  // seal.
  const script = [...changes.script, ...(isOn && blocks ? changes.seal : [])];
  const commands = assessment.mayBeSwitchedOnEarly ? [...script, switchOn] : script;
  if (commands.length > 0 && !(await runInScript(context, recorder, 'rules', commands))) return false;
  for (const command of single) await runNetsh(context, recorder, { step: 'rule', command, limitMs: netsh });
  return true;
}

async function runOneByOne(context: Context, recorder: Recorder, assessment: Assessment): Promise<boolean> {
  const { changes } = assessment;
  if (changes.script.length > mostSingleCommands) return runAsScript(context, recorder, assessment);
  for (const command of [...changes.script, ...changes.single]) {
    const { timedOut } = await runNetsh(context, recorder, {
      step: 'rule',
      command,
      limitMs: limitFor(context, command),
    });
    // A netsh that hangs once more will hang again; the time is better spent on the way back.
    if (timedOut) break;
  }
  return true;
}

function limitFor({ host }: Context, command: NetshCommand): number {
  return command.includes('all') ? host.timeouts.script : host.timeouts.netsh;
}

/** True when the host is contained and not cut off from its server. */
function isHeld({ isOn, blocks, letsServerThrough }: Assessment): boolean {
  return isOn && blocks && letsServerThrough;
}

function isEmpty({ script, single }: RuleChanges): boolean {
  return script.length === 0 && single.length === 0;
}

/** True when all rules of at least one server are there: the agent tries one server after another until one answers. */
function serverIsLetThrough(wanted: readonly Rule[], { missing }: Matches): boolean {
  const vital = wanted.filter((rule) => rule.vital === true);
  return vital.some((one) => vital.filter(({ remote }) => remote === one.remote).every((rule) => !missing.has(rule)));
}
