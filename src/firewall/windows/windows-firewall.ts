import { join } from 'node:path';
import type { AllowList } from '../../policy/allow-list';
import { rulesOf } from '../../policy/rules';
import { exportKey } from '../../windows/registry';
import type { Context, Firewall, Step } from '../firewall';
import { needsBackup } from './backup';
import { contain, type StartingPoint } from './contain';
import { type PolicyExport, prepareExport } from './export';
import { homeBackup } from './find-backup';
import { inspect } from './inspect';
import { judgeAhead, judgeReading } from './judge-reading';
import {
  addRule,
  blockByDefault,
  disableEveryRule,
  exportPolicy,
  importPolicy,
  type NetshCommand,
  switchOn,
} from './netsh';
import { preflight } from './preflight';
import { localKey, takeReading } from './reading';
import { release } from './release';
import { goBack } from './restore';
import { netshPath, regPath } from './tools';
import { hasOurRules } from './traits';

/** The Windows firewall, told through netsh and read through the registry. */
export function windowsFirewall(context: Context): Firewall {
  // What the preflight saw of a free host is what its containment starts from: nothing of ours runs in between.
  let seen: ReturnType<typeof takeReading> | undefined;
  const look = (): ReturnType<typeof takeReading> => {
    seen ??= takeReading(context);
    return seen;
  };
  let early: PolicyExport | undefined;
  const take = async (): Promise<StartingPoint> => {
    const isFree = await look().then((reading) => 'unreadable' in reading || !hasOurRules(reading.local));
    const free = isFree ? look() : undefined;
    seen = undefined;
    // A contained host may need no change, and then nothing is read back: it is read again at the last moment.
    return { reading: await (free ?? takeReading(context)), early };
  };
  return {
    begin: () => {
      // What takes longest comes first.
      if (needsBackup(context)) early = prepareExport(context);
      early?.begin('backup');
      const done = (): void => {};
      // What was read is not kept for that, and a failure is for those who need the reading.
      context.readings?.push(look().then(done, done));
    },
    containSteps: async (allowList) => containSteps(context, allowList),
    releaseSteps: () => releaseSteps(context),
    preflight: (allowList, whenServerLost) => preflight(context, allowList, whenServerLost, look()),
    judge: async (allowList) => judgeReading(await takeReading(context), allowList),
    judgePlan: async (allowList) => judgeAhead(await takeReading(context), allowList),
    inspect: () => inspect(context),
    contain: (allowList, requestedBy, recorder) => contain(context, allowList, requestedBy, recorder, take),
    undo: (recorder, why) => goBack(context, recorder, why),
    release: (recorder) => release(context, recorder),
  };
}

/**
 * On a host in good order the lines from `disable-rules` to `switch-on` run as one script, `netsh -f`. Where something blocks
 * outbound already, `switch-on` waits until the rules were read back.
 */
function containSteps(context: Context, allowList: AllowList): Step[] {
  const { netsh, readPolicy } = stepsOf(context);
  return [
    readPolicy('read-policy', 'before.reg'),
    netsh('backup', exportPolicy(join(context.stateFolder, 'fw-backup.wfw'))),
    { step: 'keep-backup', command: null },
    netsh('disable-rules', disableEveryRule),
    ...rulesOf(allowList).map((rule) => netsh('add-rule', addRule(rule))),
    netsh('switch-on', switchOn),
    readPolicy('read-back', 'after.reg'),
    netsh('block', blockByDefault),
    readPolicy('read-back', 'after.reg'),
    { step: 'judge', command: null },
  ];
}

function releaseSteps(context: Context): Step[] {
  const { netsh, readPolicy } = stepsOf(context);
  const backup = context.home === undefined ? join(context.stateFolder, 'fw-backup.wfw') : homeBackup(context.home);
  return [
    readPolicy('read-policy', 'before.reg'),
    { step: 'check-backup', command: null },
    netsh('keep-present', exportPolicy(join(context.stateFolder, 'fw-before-release.wfw'))),
    netsh('import', importPolicy(backup)),
    readPolicy('read-back', 'after.reg'),
    { step: 'archive', command: null },
  ];
}

function stepsOf(context: Context) {
  return {
    netsh: (step: string, command: NetshCommand): Step => ({ step, command: [netshPath(context), ...command] }),
    readPolicy: (step: string, file: string): Step => ({
      step,
      command: [regPath(context), ...exportKey(localKey, join(context.stateFolder, file))],
    }),
  };
}
