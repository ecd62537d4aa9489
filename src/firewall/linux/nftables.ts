import { Failure } from '../../outcome/failure';
import { gapOf } from '../../outcome/gaps';
import { addGaps, type Judgement, judgementOf } from '../../outcome/states';
import type { AllowList } from '../../policy/allow-list';
import type { Context, Firewall, Preflight, Step } from '../firewall';
import { contain, type Seen, takeBack } from './contain';
import { bridgedGuestsOpen, judgeReading } from './judge-reading';
import { Nft } from './nft';
import { natGaps, readFixedSurroundings, readSurroundings } from './read-surroundings';
import { type Reading, takeReading } from './reading';
import { release } from './release';
import { acceptRules } from './rules';
import { deleteCommands, loadCommands, type Table, tables } from './ruleset';
import { missingSave, survivesRestart } from './saved';
import { tablesTaken } from './supported-tables';
import { findUnseenPaths } from './unseen-paths';

/** The Linux firewall: tables of our own, told and read through nft. Absent `nft`, the system's one. */
export function nftables(context: Context, nft = new Nft(context)): Firewall {
  // What the preflight saw of a free host is what its containment starts from: nothing of ours runs in between.
  let seen: Seen | undefined;
  return {
    containSteps: async (allowList) => containSteps(nft, allowList),
    releaseSteps: () => releaseSteps(nft),
    // The kernel answers at once.
    begin: () => {},
    preflight: async (allowList) => {
      const tried = await tryOut(nft, allowList);
      // A contained host may need no change, and then nothing is read back: it is read again at the last moment.
      if (tried.live.existing.length === 0) seen = tried;
      return preflight(tried, allowList);
    },
    judge: (allowList) => judgeNow(context, nft, allowList),
    judgePlan: (allowList) => judgePlan(nft, allowList),
    inspect: async () => ({ survivesRestart: await survivesRestart() }),
    contain: async (allowList, requestedBy, recorder) => {
      const start = seen ?? (await look(nft, allowList));
      seen = undefined;
      const judgement = await contain(context, nft, start, allowList, requestedBy, recorder);
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

/** What goes into the transaction before it, line by line. */
function inTransaction(nft: Nft, commands: readonly string[]): Step[] {
  return commands.map((command) => ({ step: 'rules', command: [nft.program, ...wordsOf(command)] }));
}

/** As arguments: nft puts them together again with blanks, so a comment keeps its quotes. */
function wordsOf(command: string): string[] {
  return command.match(/"[^"]*"|\S+/g) ?? [];
}

/** Whether this host has what containment needs was tried out before; the rest is for people to know. */
function preflight({ live, surroundings: { resolvers } }: TriedOut, { needsDns }: AllowList): Preflight {
  const warnings =
    needsDns && resolvers.length === 0
      ? ['A server is a host name, but no name server of this host is known, so none is let through.']
      : [];
  return { warnings, contained: live.existing.length > 0 };
}

/** What is in force, and whether the next start would bring it back. */
async function judgeNow(context: Context, nft: Nft, allowList: AllowList | undefined): Promise<Judgement> {
  const [live, surroundings] = await Promise.all([
    takeReading(nft),
    allowList === undefined ? readFixedSurroundings() : readSurroundings(nft, allowList),
  ]);
  const judgement = judgeReading(live, allowList, surroundings);
  const isThere = judgement.state !== 'not-contained' && judgement.state !== 'uncertain';
  if (!isThere) return judgement;
  return addGaps(judgement, [...natGaps(surroundings), ...(await findUnseenPaths(nft)), ...missingSave(context)]);
}

/** Our tables have the last word on what gets through, so a plan that the kernel would take is a containment. */
async function judgePlan(nft: Nft, allowList: AllowList): Promise<Judgement> {
  try {
    const { taken, surroundings } = await tryOut(nft, allowList);
    const bridged = taken.length === tables.length ? [] : [bridgedGuestsOpen];
    return judgementOf([...bridged, ...natGaps(surroundings), ...(await findUnseenPaths(nft))]);
  } catch (error) {
    const why = error instanceof Failure ? error.message : String(error);
    return judgementOf([gapOf({ code: 'rules-unreadable' }, why)]);
  }
}

interface TriedOut extends Seen {
  readonly live: Reading;
  readonly taken: readonly Table[];
}

async function look(nft: Nft, allowList: AllowList): Promise<Seen> {
  const reading = takeReading(nft);
  const surroundings = await readSurroundings(nft, allowList);
  const [live, taken] = await Promise.all([reading, tablesTaken(nft, acceptRules(allowList, surroundings))]);
  return { live, surroundings, taken };
}

/** Reads what is in force, and asks the kernel whether it would take the rules. Throws `Failure` where it would not. */
async function tryOut(nft: Nft, allowList: AllowList): Promise<TriedOut> {
  nft.require();
  // Short, and whatever it says: an nft that was built without JSON could load the rules but never read them back.
  const [{ live, surroundings, taken }, answer] = await Promise.all([look(nft, allowList), nft.list('flowtables')]);
  if ('unreadable' in live) throw cannotWork(live.unreadable);
  if ('unreadable' in answer) throw cannotWork(answer.unreadable);
  if ('refusal' in taken) throw cannotWork(`nft does not take the rules: ${taken.refusal}`);
  return { live, surroundings, taken };
}

function cannotWork(why: string): Failure {
  if (process.getuid?.() !== 0) {
    const message = `Run this as root. Only root may change the firewall (${why}), so nothing was changed.`;
    return new Failure('not-elevated', message);
  }
  const message = `The kernel's firewall cannot be used, so nothing was changed: ${why}. A kernel with nf_tables is needed, and nft with JSON.`;
  return new Failure('tool-missing', message);
}
