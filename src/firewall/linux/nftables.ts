import { Failure } from '../../outcome/failure';
import { gapOf } from '../../outcome/gaps';
import { addGaps, type Judgement, judgementOf } from '../../outcome/states';
import type { AllowList } from '../../policy/allow-list';
import { errorText } from '../../process/error-code';
import type { Context, Firewall, Step } from '../firewall';
import { contain, type Seen, takeBack } from './contain';
import { bridgedGuestsOpen, judgeReading } from './judge-reading';
import { Nft } from './nft';
import { saysYesToAll } from './present-tables';
import { natGaps, readFixedSurroundings, readSurroundings } from './read-surroundings';
import { nothingThere, type Reading, readOwnTables, takeReading } from './reading';
import { recognise, rehearse } from './recognise';
import { release } from './release';
import { acceptRules } from './rules';
import { deleteCommands, loadCommands, type Table, tableCommand, tables, transaction } from './ruleset';
import { findSystemctl, missingSave, missingUnit, survivesRestart } from './saved';
import { refusalOf, tablesTaken } from './supported-tables';
import type { Surroundings } from './surroundings';
import { unableBecause } from './unable';
import { findUnseenPaths } from './unseen-paths';

/**
 * The Linux firewall: tables of our own, loaded and read by nft. Where `nft` or `systemctl` is not given, it is the
 * system's.
 */
export function nftables(context: Context, nft = new Nft(context), systemctl = findSystemctl()): Firewall {
  // The containment of a free host starts from what the preflight saw: nothing of ours runs in between.
  let seen: Seen | undefined;
  return {
    containSteps: async (allowList) => containSteps(nft, allowList),
    releaseSteps: () => releaseSteps(nft),
    // There is nothing to begin early: the kernel answers at once.
    begin: () => {},
    preflight: async (allowList) => {
      const tried = await tryOut(nft, allowList);
      // A contained host may need no change, and then nothing is read back. So it is read again at the last moment.
      if (tried.live.existing.length === 0) seen = tried;
      // `tryOut` has checked that this host has what containment needs.
      return { warnings: [], contained: tried.live.existing.length > 0 };
    },
    judge: (allowList) => judgeNow(context, nft, systemctl, allowList),
    judgePlan: (allowList) => judgePlan(nft, allowList),
    inspect: async () => ({ survivesRestart: await survivesRestart(systemctl) }),
    contain: async (allowList, requestedBy, recorder) => {
      const start = seen ?? (await look(nft, allowList));
      seen = undefined;
      const judgement = await contain({
        context,
        nft,
        seen: start,
        asked: allowList,
        requestedBy,
        recorder,
        systemctl,
      });
      return addGaps(judgement, await findUnseenPaths(nft));
    },
    undo: (recorder, why) => takeBack(context, nft, recorder, why),
    release: (recorder) => {
      nft.require();
      return release(context, nft, recorder);
    },
  };
}

/** The lines from the first `rules` to the last run as one transaction, `nft -f -`. */
async function containSteps(nft: Nft, allowList: AllowList): Promise<Step[]> {
  const rules = acceptRules(allowList, await readSurroundings(nft, allowList));
  return [
    ...readTables(nft, 'read-rules'),
    { step: 'check', command: [nft.program, '-c', '-f', '-'] },
    { step: 'load', command: [nft.program, '-f', '-'] },
    ...inTransaction(nft, loadCommands(rules)),
    ...readTables(nft, 'read-back'),
    { step: 'save', command: null },
    { step: 'judge', command: null },
  ];
}

function releaseSteps(nft: Nft): Step[] {
  return [
    ...readTables(nft, 'read-rules'),
    { step: 'forget', command: null },
    { step: 'delete-tables', command: [nft.program, '-f', '-'] },
    ...inTransaction(nft, deleteCommands(tables)),
    ...readTables(nft, 'read-back'),
  ];
}

function readTables(nft: Nft, step: string): Step[] {
  return tables.map(({ family, name }) => ({ step, command: [nft.program, '-j', 'list', 'table', family, name] }));
}

/** The lines of the transaction that the step before them carries out. */
function inTransaction(nft: Nft, commands: readonly string[]): Step[] {
  return commands.map((command) => ({ step: 'rules', command: [nft.program, ...wordsOf(command)] }));
}

/** A command as arguments. nft joins them again with blanks, so a comment keeps its quotes. */
function wordsOf(command: string): string[] {
  return command.match(/"[^"]*"|\S+/g) ?? [];
}

/** What is in force, and whether the next start would bring it back. */
async function judgeNow(
  context: Context,
  nft: Nft,
  systemctl: string | undefined,
  allowList: AllowList | undefined,
): Promise<Judgement> {
  const [reading, surroundings, unit] = await Promise.all([
    takeReading(nft),
    allowList === undefined ? readFixedSurroundings() : readSurroundings(nft, allowList),
    missingUnit(systemctl),
  ]);
  const judgement = judgeReading(await recognise(nft, reading, allowList, surroundings), allowList, surroundings);
  const isThere = judgement.state !== 'not-contained' && judgement.state !== 'uncertain';
  if (!isThere) return judgement;
  const unseen = await findUnseenPaths(nft);
  return addGaps(judgement, [...natGaps(surroundings), ...unseen, ...missingSave(context), ...unit]);
}

/** Our tables have the last word on what gets through, so a plan that the kernel would take is a containment. */
async function judgePlan(nft: Nft, allowList: AllowList): Promise<Judgement> {
  try {
    const { taken, surroundings } = await tryOut(nft, allowList);
    const bridged = taken.length === tables.length ? [] : [bridgedGuestsOpen];
    const spelled = await rehearse(nft, acceptRules(allowList, surroundings), taken);
    // The rules would be loaded all the same, and hold.
    const seen: Judgement =
      spelled?.size === 0
        ? {
            state: 'degraded',
            gaps: [gapOf({ code: 'rules-not-recognised' }, 'tried out with the rules for this host')],
          }
        : judgementOf([]);
    return addGaps(seen, [...bridged, ...natGaps(surroundings), ...(await findUnseenPaths(nft))]);
  } catch (error) {
    const why = errorText(error);
    return judgementOf([gapOf({ code: 'rules-unreadable' }, why)]);
  }
}

interface TriedOut extends Seen {
  readonly live: Reading;
  readonly taken: readonly Table[];
}

async function look(nft: Nft, allowList: AllowList): Promise<Seen> {
  // Where all is well, one question is enough: it shows that nobody has tables of our names, that the kernel takes such
  // rules, and that nft knows JSON. The surroundings are read at the same time: which tables the kernel takes does not
  // depend on those that are missing here.
  const usual = loadCommands(acceptRules(allowList, readFixedSurroundings()));
  const fromNothing = transaction([...tables.map((table) => tableCommand('create', table)), ...usual]);
  const [around, refusal, notDeleted] = await Promise.all([
    readSurroundings(nft, allowList),
    nft.checkWithJson(fromNothing),
    nft.check(transaction(deleteCommands(tables))),
  ]);
  if (refusal === undefined && notDeleted === undefined) {
    const message = `Nothing was changed: ${saysYesToAll(nft)}. Repair the package nftables, then repeat the order.`;
    throw new Failure('tool-missing', message);
  }
  const surroundings = await loadable(nft, allowList, around);
  if (refusal === undefined) return { live: nothingThere, surroundings, taken: tables };
  const rules = acceptRules(allowList, surroundings);
  const [found, taken] = await Promise.all([readOwnTables(nft, nft.limits.inOrder), tablesTaken(nft, rules)]);
  return { live: await recognise(nft, found, allowList, surroundings), surroundings, taken };
}

/**
 * A kernel without connection tracking for nft takes no rule for NAT. Where it is not certain that NAT has a server,
 * the host is then contained without such rules.
 */
async function loadable(nft: Nft, allowList: AllowList, around: Surroundings): Promise<Surroundings> {
  if (around.rewritten.length === 0) return around;
  const refusal = await refusalOf(nft, acceptRules(allowList, around), [tables[0]]);
  return refusal === undefined
    ? around
    : { ...around, rewritten: around.rewritten.filter(({ rewritten }) => rewritten === 'yes') };
}

/** Reads what is in force, and asks the kernel whether it would take the rules. Throws `Failure` where it would not. */
async function tryOut(nft: Nft, allowList: AllowList): Promise<TriedOut> {
  nft.require();
  const { live, surroundings, taken } = await look(nft, allowList);
  if ('refusal' in taken) throw await unableBecause(nft, taken.refusal);
  if ('unreadable' in live) throw await unableBecause(nft, live.unreadable);
  return { live, surroundings, taken };
}
