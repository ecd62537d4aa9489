import { answers, answersInTime, type Destination } from '../agent/answers';
import { type Gap, gapOf } from '../outcome/gaps';
import { isWithin } from '../policy/address';
import { mayReach } from '../policy/allow-entry';
import type { AllowList, Server } from '../policy/allow-list';

/** What answered before the first change. Without that nothing that is silent afterwards proves anything. */
export interface Control {
  /** The servers that took a TCP connection. */
  readonly servers: readonly Server[];
  /** Must be out of reach afterwards; absent where the settings name none, or one that the policy lets in. */
  readonly probe?: Destination & { readonly answered: boolean };
}

/** What traffic shows of a containment. */
export interface Proof {
  readonly gaps: readonly Gap[];
  /** Some server answered before, and none does now. */
  readonly isServerLost: boolean;
  /** For people. */
  readonly notes: readonly string[];
}

/** Tries the servers and the probe before anything is changed, for so many milliseconds. Never throws. */
export async function tryBefore(
  allowList: AllowList,
  wanted: Destination | undefined,
  limitMs: number,
): Promise<Control> {
  const servers = allowList.servers.filter(({ protocols }) => protocols.includes('tcp'));
  const probe = wanted === undefined || isLetIn(wanted, allowList) ? undefined : wanted;
  const [reached, answered] = await Promise.all([
    Promise.all(servers.map((server) => answers(server, limitMs))),
    probe !== undefined && answers(probe, limitMs),
  ]);
  return {
    servers: servers.filter((_, index) => reached[index]),
    ...(probe === undefined ? {} : { probe: { ...probe, answered } }),
  };
}

/** Tries the same again once the host is contained, for so many milliseconds. Never throws. */
export async function tryAfter({ servers, probe }: Control, limitMs: number): Promise<Proof> {
  const [reached, gotThrough] = await Promise.all([
    Promise.all(servers.map((server) => answersInTime(server, limitMs))),
    probe !== undefined && answers(probe, limitMs),
  ]);
  const answering = servers.filter((_, index) => reached[index]);
  const silent = servers.filter((_, index) => !reached[index]);
  return conclude(answering, silent, probe, gotThrough);
}

/** What the first look shows where nothing was changed after it. */
export function takeAsIs({ servers, probe }: Control): Proof {
  return conclude(servers, [], probe, probe?.answered ?? false);
}

function conclude(
  answering: readonly Server[],
  silent: readonly Server[],
  probe: Control['probe'],
  gotThrough: boolean,
): Proof {
  return {
    gaps: [
      ...silentGap(silent),
      ...(probe !== undefined && gotThrough ? [gapOf({ code: 'probe-answers' }, textOf(probe))] : []),
    ],
    isServerLost: silent.length > 0 && answering.length === 0,
    notes: [
      ...answering.map((server) => `Server ${textOf(server)} answers.`),
      ...(probe === undefined || gotThrough ? [] : [describeProbe(probe)]),
    ],
  };
}

/** A handler is let in on every port, a server on its own, an entry of the settings so far as it says. */
function isLetIn({ address, port }: Destination, { servers, handlers, entries = [] }: AllowList): boolean {
  return (
    handlers.some((handler) => isWithin(address, handler)) ||
    entries.some((entry) => mayReach(entry, 'tcp', port) && isWithin(address, entry.address)) ||
    servers.some((server) => server.port === port && isWithin(address, server.address))
  );
}

function silentGap(silent: readonly Server[]): Gap[] {
  return silent.length === 0 ? [] : [gapOf({ code: 'server-silent' }, silent.map(textOf).join(', '))];
}

function describeProbe(probe: Destination & { readonly answered: boolean }): string {
  return probe.answered
    ? `The probe ${textOf(probe)} answered before and is out of reach now.`
    : `The probe ${textOf(probe)} is out of reach, as it was before this order; that proves nothing new.`;
}

function textOf({ address, port }: Destination): string {
  return `${address.text} port ${port}`;
}
