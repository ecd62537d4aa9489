import { type Address, cidr } from '../../policy/address';
import { entryText } from '../../policy/allow-entry';
import type { AllowList } from '../../policy/allow-list';
import { type ExitCode, exitCodes } from '../exit-codes';
import { codeOf, type Gap, heldInPart, textOf } from '../gaps';
import type { Outcome } from '../outcome';
import type { Judgement, State } from '../states';
import type { Status } from './audit';

/** What each state after an ADD means to the caller and to the rules on the server. */
const outcomeOf: Record<State, { exitCode: ExitCode; status: Status; sentence: string }> = {
  contained: { exitCode: exitCodes.done, status: 'add', sentence: 'Contained.' },
  degraded: {
    exitCode: exitCodes.degraded,
    status: 'add-degraded',
    sentence: 'Contained, with gaps that are named below.',
  },
  ineffective: {
    exitCode: exitCodes.ineffective,
    status: 'add-ineffective',
    sentence: 'NOT CONTAINED: the rules are set, but they are not enforced. Cut this host off by other means.',
  },
  uncertain: {
    exitCode: exitCodes.uncertain,
    status: 'add-failed',
    sentence: 'UNCERTAIN: the policy could not be read back. Run "contain-host status", then repeat the order.',
  },
  interrupted: {
    exitCode: exitCodes.uncertain,
    status: 'add-failed',
    sentence: 'INTERRUPTED: a step did not finish. Repeat the order.',
  },
  'not-contained': {
    exitCode: exitCodes.uncertain,
    status: 'add-failed',
    sentence: 'NOT CONTAINED: somebody undid the containment while it was made. Repeat the order.',
  },
};

/** What an ADD that came to its end says. `notes`: what traffic showed, and what is not known. */
export function describeContainment(
  allowList: AllowList,
  unresolved: readonly string[],
  judgement: Judgement,
  notes: readonly string[],
): Outcome {
  const { exitCode, status, sentence } = outcomeOf[judgement.state];
  const part = judgement.state === 'degraded' ? heldInPart(judgement.gaps) : undefined;
  const servers = allowList.servers.map(
    ({ address, port, protocols }) => `${address.text} port ${port} (${protocols.join(', ')})`,
  );
  const lines = [
    part === undefined
      ? sentence
      : `CONTAINED ONLY IN PART. ${part}, which is not in force now. When this PC changes its network it may be; then it is NOT CONTAINED.`,
    `Servers allowed: ${servers.join('; ')}.`,
    `Handlers allowed: ${allowList.handlers.length === 0 ? 'none' : allowList.handlers.map(cidr).join(', ')}.`,
    ...(allowList.entries === undefined
      ? []
      : [`Let through besides: ${allowList.entries.map(entryText).join('; ')}.`]),
    ...(unresolved.length === 0 ? [] : [`Servers whose names did not resolve, not allowed: ${unresolved.join(', ')}.`]),
    ...notes,
    ...judgement.gaps.map((gap) => `Gap: ${textOf(gap)}`),
    ...nextSteps(judgement.state, allowList),
  ];
  return { exitCode, status, message: lines.join('\n'), words: gapWords(judgement.gaps) };
}

/** What whoever gave the order can do now. Where the host is not contained, the first sentence has said it. */
function nextSteps(state: State, { handlers }: AllowList): string[] {
  const isHeld = state === 'contained' || state === 'degraded';
  const connect =
    handlers.length === 0
      ? 'nobody can connect to this host. To let a workstation in: contain-host contain ADDRESS'
      : `connect to this host from ${handlers.map(shortest).join(' or ')}, by its IP address.`;
  return isHeld
    ? [`Next: ${connect}`, 'When you are done: contain-host release']
    : ['To give up: contain-host release'];
}

/** A network with its prefix, a host without. */
function shortest(address: Address): string {
  return address.prefix === (address.family === 4 ? 32 : 128) ? address.text : cidr(address);
}

function gapWords(gaps: readonly Gap[]): string[] {
  // The rules on servers look for a profile that is open, and behind ten others it would be cut off.
  const first = gaps.filter(({ code }) => code === 'open');
  const codes = [...new Set([...first, ...gaps].map(codeOf))];
  return codes.length === 0 ? [] : [`gaps=${codes.slice(0, 10).join(',')}`];
}
