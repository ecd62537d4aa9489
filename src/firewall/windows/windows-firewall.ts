import { join } from 'node:path';
import type { AllowList } from '../../policy/allow-list';
import type { Rule } from '../../policy/rule';
import { rulesOf } from '../../policy/rules';
import { type Surroundings, sealRules } from '../../policy/seal';
import { localKey } from '../../windows/keys';
import { exportKey, exportPolicy } from '../../windows/tool-calls';
import type { Context, Firewall, Step } from '../firewall';
import { needsBackup } from './backup';
import { contain, type StartingPoint } from './contain';
import { type BegunPolicy, type PolicyExport, prepareExport, takeBegunPolicy } from './export';
import { homeBackup } from './home-backup';
import { inspect } from './inspect';
import { judgeAhead, judgeReading } from './judge-reading';
import { addRule, blockByDefault, disableEveryRule, importPolicy, type NetshCommand, switchOn } from './netsh';
import { outlookOf } from './outlook';
import { preflight } from './preflight';
import { weigh, weighTwice } from './profiles-in-force';
import { takeReading } from './reading';
import { release } from './release';
import { goBack } from './restore';
import { isSealNeeded, prepareSealing } from './sealing';
import { readSurroundings } from './surroundings';
import { netshPath, regPath } from './tools';
import { hasOurRules } from './traits';

/** The Windows firewall, told through netsh and read through the registry. */
export function windowsFirewall(context: Context): Firewall {
  let begun: Promise<BegunPolicy | undefined> | undefined;
  // The containment of a free host starts from what the preflight read: nothing of ours runs in between.
  let seen: ReturnType<typeof takeReading> | undefined;
  const look = (): ReturnType<typeof takeReading> => {
    seen ??= begun === undefined ? takeReading(context) : lookAsBegun(begun);
    return seen;
  };
  const lookAsBegun = async (given: Promise<BegunPolicy | undefined>): ReturnType<typeof takeReading> =>
    takeReading(context, await (await given)?.localFile);
  let early: Promise<PolicyExport | undefined> | undefined;
  const beginExport = async (given: Promise<BegunPolicy | undefined>): Promise<PolicyExport | undefined> => {
    const already = (await given)?.policyExport;
    if (already !== undefined || context.over?.aborted === true) return already;
    const own = prepareExport(context);
    own?.begin('backup');
    return own;
  };
  let hasBegun = false;
  // What a seal needs to know is read while the preflight runs: if it were read later, the early export would become
  // too old to serve as the backup.
  let around: Promise<Surroundings> | undefined;
  let knowsResolvers = false;
  const lookAround = async (allowList: AllowList): Promise<void> => {
    const reading = await look();
    if ('unreadable' in reading || !isSealNeeded(context.seal, reading, allowList)) return;
    around = readSurroundings(context, allowList.needsDns);
    knowsResolvers = allowList.needsDns;
    context.readings?.push(around);
  };
  const take = async (): Promise<StartingPoint> => {
    const isFree = await look().then((reading) => 'unreadable' in reading || !hasOurRules(reading.local));
    const free = isFree ? look() : undefined;
    seen = undefined;
    begun = undefined;
    // A contained host is read again at the last moment: it may need no change, and then nothing is read back.
    const read = await (free ?? takeReading(context));
    const isToRepeat = 'unreadable' in read && context.makeRoom?.() === true;
    const reading = isToRepeat ? await takeReading(context) : read;
    return { reading, early: await early, ...(around === undefined ? {} : { around }) };
  };
  return {
    begin: () => {
      if (hasBegun) return;
      hasBegun = true;
      // The export takes longest, so it starts first.
      if (needsBackup(context)) {
        begun = takeBegunPolicy(context);
        early = beginExport(begun);
      }
      const done = (): void => {};
      // This promise keeps neither the result nor an error: whoever needs the reading gets them.
      context.readings?.push(look().then(done, done));
    },
    containSteps: (allowList, isHere) => containSteps(context, allowList, isHere),
    releaseSteps: () => releaseSteps(context),
    preflight: async (allowList, whenServerLost) => {
      const [found] = await Promise.all([preflight(context, allowList, whenServerLost, look()), lookAround(allowList)]);
      return found;
    },
    judge: async (allowList) => weigh(context, judgeReading(await takeReading(context), allowList)),
    judgePlan: async (allowList) => weigh(context, await judgeAhead(context, await takeReading(context), allowList)),
    outlook: (allowList) => outlookOf(context, allowList),
    inspect: () => inspect(context),
    contain: async (allowList, requestedBy, recorder) => {
      // That a name cannot be pinned may show only when its line is written.
      if (allowList.needsDns && !knowsResolvers) around = undefined;
      return weighTwice(context, await contain({ context, allowList, requestedBy, recorder, take }));
    },
    undo: (recorder, why) => goBack(context, recorder, why),
    release: (recorder) => release(context, recorder),
  };
}

/**
 * On a host in good order the lines from `disable-rules` to `switch-on` run as one script, `netsh -f`. Where something
 * blocks outbound already, `switch-on` waits until the rules have been read back. The lines of the seal, where there is
 * one, are a second script.
 */
async function containSteps(context: Context, allowList: AllowList, isHere: boolean): Promise<Step[]> {
  const { netsh, readPolicy } = stepsOf(context);
  const seal = await sealFor(context, allowList, isHere);
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
    ...seal.map((rule) => netsh('seal', addRule(rule))),
    ...(seal.length === 0 ? [] : [readPolicy('read-back', 'after.reg')]),
    { step: 'judge', command: null },
  ];
}

/** Nobody here knows which doors the policy of another host leaves open, nor which servers gave it its leases. */
async function sealFor(context: Context, allowList: AllowList, isHere: boolean): Promise<readonly Rule[]> {
  if (!isHere) {
    return context.seal === 'always' ? sealRules(rulesOf(allowList), { dhcpServers: [], resolvers: [] }) : [];
  }
  const reading = await takeReading(context);
  const sources = 'unreadable' in reading ? undefined : reading;
  if (context.seal === 'never' || (sources !== undefined && !isSealNeeded(context.seal, sources, allowList))) return [];
  return (await prepareSealing(context, allowList)).rules;
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
