import { join } from 'node:path';
import type { Policy } from '../../policy/allow-list';
import { rulesOf } from '../../policy/rules';
import { exportKey } from '../../windows/registry';
import type { Firewall, Site, Step } from '../firewall';
import { needsBackup } from './backup';
import { contain, type Start } from './contain';
import { type PolicyExport, prepareExport } from './export';
import { homeBackup } from './find-backup';
import { inspect } from './inspect';
import { judgeAhead, judgeLive } from './judge-live';
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
import { localKey, readLive } from './reading';
import { release } from './release';
import { goBack } from './restore';
import { netshPath, regPath } from './tools';
import { hasOurRules } from './traits';

/** The Windows firewall, told through netsh and read through the registry. */
export function windowsFirewall(site: Site): Firewall {
  // What the preflight saw of a free host is what its containment starts from: nothing of ours runs in between.
  let seen: ReturnType<typeof readLive> | undefined;
  const look = (): ReturnType<typeof readLive> => {
    seen ??= readLive(site);
    return seen;
  };
  let early: PolicyExport | undefined;
  const take = async (): Promise<Start> => {
    const isFree = await look().then((live) => 'unreadable' in live || !hasOurRules(live.local));
    const live = isFree ? look() : undefined;
    seen = undefined;
    // A contained host may need no change, and then nothing is read back: it is read again at the last moment.
    return { live: await (live ?? readLive(site)), early };
  };
  return {
    begin: () => {
      // What takes longest comes first.
      if (needsBackup(site)) early = prepareExport(site);
      early?.begin('backup');
      const done = (): void => {};
      // What was read is not kept for that, and a failure is for those who need the reading.
      site.readings?.push(look().then(done, done));
    },
    containSteps: (policy) => containSteps(site, policy),
    releaseSteps: () => releaseSteps(site),
    preflight: (policy, whenServerLost) => preflight(site, policy, whenServerLost, look()),
    judge: async (policy) => judgeLive(await readLive(site), policy),
    judgePlan: async (policy) => judgeAhead(await readLive(site), policy),
    inspect: () => inspect(site),
    contain: (policy, requestedBy, recorder) => contain(site, policy, requestedBy, recorder, take),
    undo: (recorder, why) => goBack(site, recorder, why),
    release: (recorder) => release(site, recorder),
  };
}

/**
 * On a host in good order the lines from `disable-rules` to `switch-on` run as one script, `netsh -f`. Where something blocks
 * outbound already, `switch-on` waits until the rules were read back.
 */
function containSteps(site: Site, policy: Policy): Step[] {
  const { netsh, readPolicy } = stepsOf(site);
  return [
    readPolicy('read-policy', 'before.reg'),
    netsh('backup', exportPolicy(join(site.stateFolder, 'fw-backup.wfw'))),
    { step: 'keep-backup', command: null },
    netsh('disable-rules', disableEveryRule),
    ...rulesOf(policy).map((rule) => netsh('add-rule', addRule(rule))),
    netsh('switch-on', switchOn),
    readPolicy('read-back', 'after.reg'),
    netsh('block', blockByDefault),
    readPolicy('read-back', 'after.reg'),
    { step: 'judge', command: null },
  ];
}

function releaseSteps(site: Site): Step[] {
  const { netsh, readPolicy } = stepsOf(site);
  const backup = site.home === undefined ? join(site.stateFolder, 'fw-backup.wfw') : homeBackup(site.home);
  return [
    readPolicy('read-policy', 'before.reg'),
    { step: 'check-backup', command: null },
    netsh('keep-present', exportPolicy(join(site.stateFolder, 'fw-before-release.wfw'))),
    netsh('import', importPolicy(backup)),
    readPolicy('read-back', 'after.reg'),
    { step: 'archive', command: null },
  ];
}

function stepsOf(site: Site) {
  return {
    netsh: (step: string, command: NetshCommand): Step => ({ step, command: [netshPath(site), ...command] }),
    readPolicy: (step: string, file: string): Step => ({
      step,
      command: [regPath(site), ...exportKey(localKey, join(site.stateFolder, file))],
    }),
  };
}
