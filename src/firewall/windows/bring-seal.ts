import { type Gap, gapOf } from '../../outcome/gaps';
import type { Context, Recorder } from '../firewall';
import type { RuleChanges } from './changes';
import { CannotReadBack } from './hard-failure';
import type { NetshCommand } from './netsh';
import type { JudgementByProfile } from './read/judge';
import { runInScript } from './script';
import { runNetsh } from './tools';

/** A host that blocks by default and lets its server through, and what netsh still has to be told. */
export interface Judged {
  readonly judgement: JudgementByProfile;
  readonly changes: RuleChanges;
}

/** Reads back until what is asked is right, or the time for that is over. */
type LookAgain = (isRight: (seen: SealSeen) => boolean) => Promise<SealSeen>;

interface SealSeen {
  readonly judgement?: JudgementByProfile;
  readonly changes: RuleChanges;
}

/**
 * Puts the seal in force, reads it back, and only then takes out what is left of an older one. A rule that cannot be
 * set is left out: the host stays contained without it, and the judgement says what is open.
 */
export async function bringSeal(
  context: Context,
  recorder: Recorder,
  start: Judged,
  lookAgain: LookAgain,
): Promise<Judged> {
  let judged = start;
  const bring = async (step: string, due: (changes: RuleChanges) => readonly NetshCommand[]): Promise<void> => {
    for (const run of [runInScript, runOneByOne]) {
      const commands = due(judged.changes);
      if (commands.length === 0) return;
      if (!(await run(context, recorder, step, commands))) continue;
      const { changes, judgement = judged.judgement } = await lookAgain(({ changes }) => due(changes).length === 0);
      judged = { changes, judgement };
    }
  };
  try {
    await bring('seal', ({ seal }) => seal);
    await bring('old-seal', oldSealDue);
  } catch (error) {
    if (!(error instanceof CannotReadBack)) throw error;
    recorder.warn(error.message);
  }
  return judged;
}

/**
 * While the new seal is incomplete, only those rules of the old one are taken out that may block what is to be let
 * through.
 */
function oldSealDue({ seal, oldSeal }: RuleChanges): NetshCommand[] {
  const due = oldSeal.filter(({ isHarmful }) => isHarmful || seal.length === 0).map(({ remove }) => remove);
  return [...new Map(due.map((command) => [command.join('\0'), command])).values()];
}

/** The second attempt: a script that failed has usually done most of its work, so few commands are left. */
async function runOneByOne(
  context: Context,
  recorder: Recorder,
  step: string,
  commands: readonly NetshCommand[],
): Promise<boolean> {
  if (commands.length > mostSingleCommands) return runInScript(context, recorder, step, commands);
  for (const command of commands) {
    const { timedOut } = await runNetsh(context, recorder, { step, command, limitMs: context.host.timeouts.netsh });
    if (timedOut) break;
  }
  return true;
}

/** More single commands than this would take longer than anybody waits. */
const mostSingleCommands = 60;

/** The gap that says which part of the seal is not in force after all attempts. */
export function incompleteSeal({ seal, oldSeal }: RuleChanges): Gap[] {
  const missing = seal.filter((command) => command.includes('add')).length;
  const gaps: [boolean, string][] = [
    [missing > 0, `${missing} block rules of the seal could not be set`],
    [oldSeal.length > 0, `${oldSeal.length} block rules of an earlier seal could not be taken out`],
  ];
  const found = gaps.filter(([isFound]) => isFound).map(([, text]) => text);
  return found.length === 0 ? [] : [gapOf({ code: 'seal-incomplete' }, found.join(', and '))];
}
