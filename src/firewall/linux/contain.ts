import { isDeepStrictEqual } from 'node:util';
import { Failure, notReadBack } from '../../outcome/failure';
import { addGaps, type Judgement } from '../../outcome/states';
import { type Address, cidr } from '../../policy/address';
import type { AllowList } from '../../policy/allow-list';
import type { RequestedBy } from '../../request/request';
import type { Context, Recorder } from '../firewall';
import { bridgedGuestsOpen, holdsExactly, judgeReading, liveHandlers, serverIsLost } from './judge-reading';
import type { Nft, Unreadable } from './nft';
import { natGaps } from './read-surroundings';
import { type Reading, takeReading } from './reading';
import { acceptRules } from './rules';
import { deleteCommands, loadCommands, replaceCommands, type Table, tables, transaction } from './ruleset';
import { forget, missingSave, save } from './saved';
import type { TablesTaken } from './supported-tables';
import type { Surroundings } from './surroundings';

/** What was seen before the first change. */
export interface Seen {
  readonly live: Reading | Unreadable;
  readonly surroundings: Surroundings;
  readonly taken: TablesTaken;
}

/** Brings the host to the policy in one transaction, reads it back, and takes everything away again if it is of no use. */
export async function contain(
  context: Context,
  nft: Nft,
  { live: before, surroundings, taken }: Seen,
  asked: AllowList,
  requestedBy: RequestedBy,
  recorder: Recorder,
): Promise<Judgement> {
  if ('unreadable' in before) {
    throw new Failure('no-backup', `The rules in force cannot be read, so nothing was changed: ${before.unreadable}.`);
  }
  const allowList = requestedBy === 'alert' ? withHandlers(asked, liveHandlers(before)) : asked;
  const rules = acceptRules(allowList, surroundings);
  const judge = (live: Reading | Unreadable): Judgement => judgeReading(live, allowList, surroundings);
  // Closed, and open to a server. Less than that and the host is not contained, or could take no further order.
  const isOfUse = (live: Reading, { state }: Judgement): boolean =>
    (state === 'contained' || state === 'degraded') && !serverIsLost(live, allowList, surroundings);
  // What the kernel does not take at all fails as a whole, and is told then.
  const own = judge(before).state === 'contained' || 'refusal' in taken ? tables : taken;
  const inPlace = transaction(loadCommands(rules, own));
  let live: Reading | Unreadable = before;
  let complaint: string | undefined;
  for (const attempt of [inPlace, transaction(replaceCommands(rules, own))]) {
    if (isWhole(judge(live), own) && (live !== before || holdsExactly(before, rules))) break;
    complaint = await nft.change(recorder, 'load', attempt);
    live = await takeReading(nft);
  }
  const judgement = judge(live);
  if ('unreadable' in live && isOfUse(before, judge(before))) throw notReadBack(live.unreadable);
  if ('unreadable' in live || !isOfUse(live, judgement)) {
    return takeBack(context, nft, recorder, complaint ?? describe(judgement));
  }
  // What counts is what is in force, not what nft says of its work. A transaction is carried out whole or not at all: where
  // something changed these rules are loaded, also if they do not read as we wrote them. Where nothing did, those of an
  // earlier order are, and what is saved of them has to stay.
  const isLoaded = isWhole(judgement, own) || !isDeepStrictEqual(live, before);
  const saved = isLoaded ? await save(context, recorder, inPlace) : missingSave(context);
  return addGaps(judgement, [...natGaps(surroundings), ...saved]);
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
  let live = await takeReading(nft);
  let complaint: string | undefined;
  for (let attempt = 0; attempt < 2; attempt++) {
    if ('unreadable' in live) return live.unreadable;
    if (live.existing.length === 0) return undefined;
    complaint = await nft.change(recorder, 'delete-tables', transaction(deleteCommands(live.existing)));
    live = await takeReading(nft);
  }
  if ('unreadable' in live) return live.unreadable;
  return live.existing.length === 0 ? undefined : (complaint ?? 'the tables are still there');
}

/** An alert takes nobody away. */
function withHandlers(allowList: AllowList, also: readonly Address[]): AllowList {
  const handlers = new Map([...allowList.handlers, ...also].map((handler) => [cidr(handler), handler]));
  return { ...allowList, handlers: [...handlers.values()] };
}

function describe({ gaps }: Judgement): string {
  return gaps.length === 0 ? 'the rules were loaded and are not there' : gaps.map(({ detail }) => detail).join(', ');
}
