import { type Attempt, answersInTime, type Destination, tryToReach } from '../agent/answers';
import { type Gap, gapOf } from '../outcome/gaps';
import { isWithin } from '../policy/address';
import { mayReach } from '../policy/allow-entry';
import type { AllowList, Server } from '../policy/allow-list';

/** What answered before the first change. Without that, silence afterwards proves nothing. */
export interface Control {
  /** The servers that took a TCP connection. */
  readonly servers: readonly Server[];
  /** Those that took none in that time. */
  readonly silent: readonly Server[];
  /** Those that have no TCP, and give no answer that we could wait for. */
  readonly mute: readonly Server[];
  /** Must be out of reach afterwards; absent where the settings name none, or one that the policy lets in. */
  readonly probe?: Destination & { readonly answered: boolean };
}

/** A look at the servers and the probe that goes on beside the readings. */
export interface FirstLook {
  /** Ends the look and returns what has answered by now. Waits for nothing. */
  take(): Control;
}

/** What traffic shows of a containment. */
export interface Proof {
  readonly gaps: readonly Gap[];
  /** Some server answered before and none does now, and this host was able to try them all. */
  readonly isServerLost: boolean;
  /** For people. */
  readonly notes: readonly string[];
}

/**
 * Begins to try the servers and the probe before anything is changed. It lasts only until the block, which does not
 * wait for it: the usual OSSEC server has a firewall that drops TCP, and a block that waited for an answer would come
 * late. Never fails.
 */
export function lookFirst(allowList: AllowList, wanted: Destination | undefined): FirstLook {
  const servers = allowList.servers.filter(({ protocols }) => protocols.includes('tcp'));
  const probe = wanted === undefined || isLetIn(wanted, allowList) ? undefined : wanted;
  const attempts = servers.map(tryToReach);
  const probing = probe === undefined ? undefined : tryToReach(probe);
  const isReached = (attempt: Attempt | undefined): boolean => {
    attempt?.end();
    return attempt?.answer === 'answers';
  };
  return {
    take: () => {
      const reached = attempts.map(isReached);
      const answered = isReached(probing);
      return {
        servers: servers.filter((_, index) => reached[index]),
        silent: servers.filter((_, index) => !reached[index]),
        mute: allowList.servers.filter((server) => !servers.includes(server)),
        ...(probe === undefined ? {} : { probe: { ...probe, answered } }),
      };
    },
  };
}

/**
 * How many milliseconds we wait for the probe: on most hosts the containment holds, and then the probe never answers.
 */
const probeMs = 2500;

/** Tries the same again once the host is contained, for so many milliseconds. Never fails. */
export async function tryAfter(control: Control, limitMs: number): Promise<Proof> {
  const { servers, probe } = control;
  const [found, probed] = await Promise.all([
    Promise.all(servers.map((server) => answersInTime(server, limitMs))),
    probe !== undefined && answersInTime(probe, Math.min(limitMs, probeMs)),
  ]);
  const those = (answer: (typeof found)[number]): Server[] => servers.filter((_, index) => found[index] === answer);
  const [answering, silent, untried] = [those('answers'), those('silent'), those('unknown')];
  return conclude(control, { answering, silent, untried }, probed === 'answers');
}

/** What the first look shows where nothing was changed after it. */
export function takeAsIs(control: Control): Proof {
  return conclude(control, { answering: control.servers, silent: [], untried: [] }, control.probe?.answered ?? false);
}

interface Seen {
  readonly answering: readonly Server[];
  readonly silent: readonly Server[];
  /** This host itself could not try. */
  readonly untried: readonly Server[];
}

function conclude(before: Control, { answering, silent, untried }: Seen, gotThrough: boolean): Proof {
  const { probe } = before;
  return {
    gaps: [
      ...silentGap(silent),
      ...(probe !== undefined && gotThrough ? [gapOf({ code: 'probe-answers' }, textOf(probe))] : []),
    ],
    isServerLost: silent.length > 0 && answering.length === 0 && untried.length === 0,
    notes: [
      ...answering.map((server) => `Server ${textOf(server)} answers.`),
      ...untried.map((server) => `This host could not try whether server ${textOf(server)} still answers.`),
      ...before.silent.map((server) => `Server ${textOf(server)} ${silentBefore}`),
      ...before.mute.map((server) => `Server ${textOf(server)} ${overUdp}`),
      ...(probe === undefined || gotThrough ? [] : [describeProbe(probe)]),
    ],
  };
}

const whenHeard = '"contain-host status" shows when the agent last heard from its server.';
const overUdp = `cannot be tried, since it speaks UDP; ${whenHeard}`;
const silentBefore = `did not answer before the block, so its silence now would prove nothing; ${whenHeard}`;

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
