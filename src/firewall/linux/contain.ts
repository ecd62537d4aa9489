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
 * Loads the policy in one transaction and reads it back. Where that turns out to be of no use, a host that was free
 * before is set free again; a host that was contained before is not.
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
  // Of use: the host is closed and a server can reach it, as far as is known. Otherwise it is better to set the host
  // free.
  const isOfUse = (live: Reading, { state }: Judgement): boolean =>
    state !== 'not-contained' && state !== 'ineffective' && !serverIsLost(live, allowList, surroundings);
  // Where the kernel refuses the rules, the load of all tables fails as a whole, and its failure says why.
  const own = judge(before).state === 'contained' || 'refusal' in taken ? tables : taken;
  const inPlace = transaction(loadCommands(rules, own));
  let live: Reading | Unreadable = before;
  let complaint: string | undefined;
  let isTaken = false;
  for (const attempt of [inPlace, transaction(replaceCommands(rules, own))]) {
    if (isWhole(judge(live), own) && (live !== before || holdsExactly(before, rules))) break;
    complaint = await nft.change(recorder, 'load', attempt);
    live = await recognise(nft, await readOwnTables(nft, nft.limits.inOrder), allowList, surroundings);
    // nft reports that the kernel took the rules, and nothing that can be read contradicts it.
    isTaken = complaint === undefined && judge(live).state === 'uncertain';
    if (isTaken) break;
  }
  const judgement = judge(live);
  const wasFree = before.existing.length === 0;
  if ('unreadable' in live && !isTaken && !wasFree) throw notReadBack(live.unreadable);
  if (wasFree && !isTaken && ('unreadable' in live || !isOfUse(live, judgement)))
    return takeBack(context, nft, recorder, complaint ?? describe(judgement));
  // What is in force counts, not what nft reports. A transaction is carried out whole or not at all: if anything
  // changed, these rules are loaded, even if they do not read as we wrote them. If nothing changed, the rules of an
  // earlier order are still loaded, and what is saved of them has to stay.
  const isLoaded = isTaken || isWhole(judgement, own) || !isDeepStrictEqual(live, before);
  const [saved, unit] = await Promise.all([
    isLoaded ? save(context, recorder, inPlace) : missingSave(context),
    missingUnit(systemctl),
  ]);
  const inForce: Judgement = isTaken ? { ...judgement, state: 'degraded' } : judgement;
  return addGaps(inForce, [...natGaps(surroundings), ...saved, ...unit]);
}

/** True when nothing is left to do: another attempt would only make the chains change over once more. */
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
      `Containment failed: ${why}. Our tables are gone again and this host is NOT contained.${note} Cut it off by other means, or repeat ADD.`,
    );
  }
  throw new Failure(
    'way-back-failed',
    `Containment failed: ${why}. The way back failed too: ${whyNot}. The state of this host is uncertain. Run "contain-host status", then try DELETE, or by hand "nft delete table inet contain_host".`,
  );
}

/** Deletes our tables and nothing else. Returns why they are still there, or may be. `seen`: which are there now. */
export async function deleteTables(
  nft: Nft,
  recorder: Recorder,
  seen?: readonly Table[] | Unreadable,
): Promise<string | undefined> {
  let left = seen ?? (await presentTables(nft));
  let complaint: string | undefined;
  for (let attempt = 0; attempt < 2 && !('unreadable' in left) && left.length > 0; attempt++) {
    complaint = await nft.change(recorder, 'delete-tables', transaction(deleteCommands(left)));
    left = await presentTables(nft);
  }
  if ('unreadable' in left) return left.unreadable;
  return left.length === 0 ? undefined : (complaint ?? 'the tables are still there');
}

/** Adds the handlers that are let in already: an alert removes none of them. */
function withHandlers(allowList: AllowList, also: readonly Address[]): AllowList {
  const handlers = new Map([...allowList.handlers, ...also].map((handler) => [cidr(handler), handler]));
  return { ...allowList, handlers: [...handlers.values()] };
}

function describe({ gaps }: Judgement): string {
  return gaps.length === 0 ? 'the rules were loaded and are not there' : gaps.map(({ detail }) => detail).join(', ');
}
