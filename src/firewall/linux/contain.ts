import { isDeepStrictEqual } from 'node:util';
import { Failure, notReadBack } from '../../outcome/failure';
import { addGaps, type Judgement } from '../../outcome/states';
import { type Address, cidr } from '../../policy/address';
import type { AllowList } from '../../policy/allow-list';
import type { RequestedBy } from '../../request/request';
import type { Context, Recorder } from '../firewall';
import { bridgedGuestsOpen, holdsExactly, judgeReading, liveHandlers, serverIsLost } from './judge-reading';
import type { Nft, Unreadable } from './nft';
import { presentTables } from './present-tables';
import { natGaps } from './read-surroundings';
import { type Reading, readOwnTables } from './reading';
import { recognise } from './recognise';
import { acceptRules } from './rules';
import { deleteCommands, loadCommands, replaceCommands, type Table, tables, transaction } from './ruleset';
import { forget, missingSave, missingUnit, save } from './saved';
import type { TablesTaken } from './supported-tables';
import type { Surroundings } from './surroundings';

/** What was seen before the first change. */
export interface Seen {
  readonly live: Reading | Unreadable;
  readonly surroundings: Surroundings;
  readonly taken: TablesTaken;
}

/** All that a containment comes from. */
interface Given {
  readonly context: Context;
  readonly nft: Nft;
  readonly seen: Seen;
  readonly asked: AllowList;
  readonly requestedBy: RequestedBy;
  readonly recorder: Recorder;
  /** The program of systemd; undefined where there is none. */
  readonly systemctl: string | undefined;
}

/**
 * Brings the host to the policy in one transaction and reads it back. A host that was free is set free again where it
 * shows that this is of no use; one that was contained is not.
 */
export async function contain(given: Given): Promise<Judgement> {
  const { context, nft, asked, requestedBy, recorder, systemctl } = given;
  const { live: before, surroundings, taken } = given.seen;
  if ('unreadable' in before) {
    throw new Failure('no-backup', `The rules in force cannot be read, so nothing was changed: ${before.unreadable}.`);
  }
  const allowList = requestedBy === 'alert' ? withHandlers(asked, liveHandlers(before)) : asked;
  const rules = acceptRules(allowList, surroundings);
  const judge = (live: Reading | Unreadable): Judgement => judgeReading(live, allowList, surroundings);
  // Closed, and open to a server, or not known to be otherwise. Less than that and the host is better set free than
  // left.
  const isOfUse = (live: Reading, { state }: Judgement): boolean =>
    state !== 'not-contained' && state !== 'ineffective' && !serverIsLost(live, allowList, surroundings);
  // What the kernel does not take at all fails as a whole, and is told then.
  const own = judge(before).state === 'contained' || 'refusal' in taken ? tables : taken;
  const inPlace = transaction(loadCommands(rules, own));
  let live: Reading | Unreadable = before;
  let complaint: string | undefined;
  let isTaken = false;
  for (const attempt of [inPlace, transaction(replaceCommands(rules, own))]) {
    if (isWhole(judge(live), own) && (live !== before || holdsExactly(before, rules))) break;
    complaint = await nft.change(recorder, 'load', attempt);
    live = await recognise(nft, await readOwnTables(nft), allowList, surroundings);
    // nft says that the kernel has them, and nothing that can be read speaks against it.
    isTaken = complaint === undefined && judge(live).state === 'uncertain';
    if (isTaken) break;
  }
  const judgement = judge(live);
  const wasFree = before.existing.length === 0;
  if ('unreadable' in live && !isTaken && !wasFree) throw notReadBack(live.unreadable);
  if (wasFree && !isTaken && ('unreadable' in live || !isOfUse(live, judgement)))
    return takeBack(context, nft, recorder, complaint ?? describe(judgement));
  // What counts is what is in force, not what nft says of its work. A transaction is carried out whole or not at all:
  // where something changed these rules are loaded, also if they do not read as we wrote them. Where nothing did, those
  // of an earlier order are, and what is saved of them has to stay.
  const isLoaded = isTaken || isWhole(judgement, own) || !isDeepStrictEqual(live, before);
  const [saved, unit] = await Promise.all([
    isLoaded ? save(context, recorder, inPlace) : missingSave(context),
    missingUnit(systemctl),
  ]);
  const inForce: Judgement = isTaken ? { ...judgement, state: 'degraded' } : judgement;
  return addGaps(inForce, [...natGaps(surroundings), ...saved, ...unit]);
}

/** Nothing is left to do: another attempt would bring nothing but a moment in which the chains change over. */
function isWhole({ state, gaps }: Judgement, own: readonly Table[]): boolean {
  const asFarAsPossible = own.length < tables.length && gaps.every(({ code }) => code === bridgedGuestsOpen.code);
  return state === 'contained' || (state === 'degraded' && asFarAsPossible);
}

/** Takes our tables away again, and says in its failure how that went. */
export async function takeBack(context: Context, nft: Nft, recorder: Recorder, why: string): Promise<never> {
  const left = await forget(context, recorder);
  const whyNot = await deleteTables(nft, recorder);
  if (whyNot === undefined) {
    const note = left === undefined ? '' : ` But ${left}.`;
    throw new Failure(
      'rolled-back',
      `Containment failed: ${why}. Our tables are gone again and this host is NOT contained.${note} Cut it off by other means, or ask again.`,
    );
  }
  throw new Failure(
    'way-back-failed',
    `Containment failed: ${why}. The way back failed too: ${whyNot}. The state of this host is uncertain. Ask "contain-host status", then try DELETE, or by hand "nft delete table inet contain_host".`,
  );
}

/** Deletes our tables and nothing else. Returns why they are still there, or may be. */
export async function deleteTables(nft: Nft, recorder: Recorder): Promise<string | undefined> {
  let complaint: string | undefined;
  for (let attempt = 0; attempt < 2; attempt++) {
    const present = await presentTables(nft);
    if ('unreadable' in present) return present.unreadable;
    if (present.length === 0) return undefined;
    complaint = await nft.change(recorder, 'delete-tables', transaction(deleteCommands(present)));
  }
  const left = await presentTables(nft);
  if ('unreadable' in left) return left.unreadable;
  return left.length === 0 ? undefined : (complaint ?? 'the tables are still there');
}

/** An alert takes nobody away. */
function withHandlers(allowList: AllowList, also: readonly Address[]): AllowList {
  const handlers = new Map([...allowList.handlers, ...also].map((handler) => [cidr(handler), handler]));
  return { ...allowList, handlers: [...handlers.values()] };
}

function describe({ gaps }: Judgement): string {
  return gaps.length === 0 ? 'the rules were loaded and are not there' : gaps.map(({ detail }) => detail).join(', ');
}
