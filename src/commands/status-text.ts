import type { Host } from '../host';
import { heldInPart, isNotSaved, textOf } from '../outcome/gaps';
import { type Colour, painter } from '../outcome/output/colour';
import type { State } from '../outcome/states';
import type { Status } from './status-report';

const sentences: Readonly<Record<State, [Colour, string]>> = {
  'not-contained': ['yellow', 'This host is not contained.'],
  contained: ['green', 'This host is CONTAINED.'],
  degraded: ['yellow', 'This host is CONTAINED, with the gaps below.'],
  ineffective: ['red', 'This host is NOT CONTAINED: rules are set, but they are not enforced.'],
  uncertain: ['red', 'UNCERTAIN: what is in force could not be read.'],
  interrupted: ['red', 'INTERRUPTED: a step did not finish.'],
};

function sentenceFor({ state, gaps }: Status): [Colour, string] {
  const part = state === 'degraded' ? heldInPart(gaps) : undefined;
  return part === undefined ? sentences[state] : ['red', `This host is CONTAINED ONLY IN PART. ${part}.`];
}

/** The status as people read it: the state first, what is open next, the rest in one line each. */
export function describeStatus(host: Host, found: Status): string {
  const paint = painter(host);
  const lines = [
    paint(...sentenceFor(found)),
    ...(found.atWork
      ? [paint('yellow', 'An order is at work on this host right now. Follow it with: contain-host status --follow')]
      : []),
    ...found.gaps.map((gap) => paint('red', `  ! ${textOf(gap)}`)),
    ...found.unreadable.map((what) => paint('yellow', `  ? Not readable: ${what}`)),
    ...caseRows(found),
    ...systemRows(found),
  ];
  return `${lines.join('\n')}\n`;
}

function caseRows({ since, handlers, allow, servers, unresolved, backup, ...asked }: Status): string[] {
  return [
    ...(since === undefined ? [] : [row('Since', describeSince(since)), row('Asked by', whoAsked(asked))]),
    ...(servers === undefined
      ? []
      : [
          row(
            'Servers',
            list(servers.map(({ address, port, protocols }) => `${address} port ${port} (${protocols.join(', ')})`)),
          ),
        ]),
    ...(unresolved === undefined ? [] : [row('', `not let in, their names do not resolve: ${list(unresolved)}`)]),
    ...(handlers === undefined ? [] : [row('Handlers', list(handlers))]),
    ...(allow === undefined ? [] : [row('Let through', list(allow))]),
    ...(backup === undefined ? [] : [row('Backup', describeBackup(backup))]),
  ];
}

function systemRows({ agent, heard, times, firewall, survivesRestart, gaps }: Status): string[] {
  const describe = ({ service, running }: Status['agent']): string =>
    `${service} ${running === null ? '(not known whether it runs)' : running ? 'runs' : 'DOES NOT RUN'}`;
  return [
    row('Agent', describe(agent)),
    ...(heard === undefined ? [] : [row('Heard', describeHeard(heard, Date.now()))]),
    ...(times === undefined ? [] : [row('Times', describeTimes(times))]),
    ...(firewall === undefined ? [] : [row('Firewall', list(firewall.map(describe)))]),
    ...(survivesRestart === undefined ? [] : [row('Restart', describeRestart(survivesRestart, gaps))]),
  ];
}

function describeRestart(survives: boolean, gaps: Status['gaps']): string {
  if (survives) return 'a containment survives it';
  const why = gaps.some(isNotSaved) ? 'see the gap not-saved' : 'contain-host.service is not there or not enabled';
  return `LIFTS a containment: ${why}`;
}

function whoAsked({ requestedBy, alertId, ruleId, caseNumber, by, note }: Partial<Status>): string {
  const alert = [
    ...(alertId === undefined ? [] : [`alert ${alertId}`]),
    ...(ruleId === undefined ? [] : [`rule ${ruleId}`]),
    ...(caseNumber === undefined ? [] : [`case ${caseNumber}`]),
  ];
  const who = requestedBy === 'operator' ? `an operator${by === undefined ? '' : ` (${by})`}` : 'an alert';
  const said = note === undefined ? '' : `: "${note}"`;
  return `${who}${alert.length === 0 ? '' : `, ${alert.join(', ')}`}${said}`;
}

function describeBackup({ file, madeAt, problem }: NonNullable<Status['backup']>): string {
  const made = madeAt === undefined ? '' : `, made ${describeTime(madeAt)}`;
  return problem === undefined ? `${file}${made}, good` : `NO GOOD ONE: ${problem}`;
}

function row(label: string, text: string): string {
  return `  ${label.padEnd(9)} ${text}`;
}

function describeSince(since: string): string {
  const minutes = Math.max(0, Math.floor((Date.now() - Date.parse(since)) / 60_000));
  const hours = Math.floor(minutes / 60);
  return `${describeTime(since)}, ${hours > 0 ? `${hours} h ${minutes % 60} min` : `${minutes} min`} ago`;
}

/** Also in the time of this host: whoever reads it may just have been woken. */
function describeTime(time: string): string {
  return `${time.replace(/\.\d+Z$/, 'Z')} (${new Date(time).toLocaleTimeString('en-GB')} here)`;
}

function list(texts: readonly string[]): string {
  return texts.length === 0 ? 'none' : texts.join('; ');
}

/** Whether the agent reaches its server, judged by what it heard from there. `now`: milliseconds since 1970. */
function describeHeard({ at, sinceCut }: NonNullable<Status['heard']>, now: number): string {
  const rarely = 'this agent notes that only now and then';
  if (at === null) {
    if (sinceCut === false) return 'NOT since the cut, nor before, by what the agent notes';
    return sinceCut === null ? `not known: ${rarely}, and has not yet` : 'not known: the agent has not noted it';
  }
  const ago = `${Math.max(0, Math.round((now - Date.parse(at)) / 1000))} s ago`;
  if (sinceCut === null) return `from its server ${ago}; whether since the cut is not known: ${rarely}`;
  return sinceCut === false ? `NOT since the cut; last ${ago}` : `from its server ${ago}`;
}

function describeTimes({ ordered, blockMs, exposureMs }: NonNullable<Status['times']>): string {
  const exposed = exposureMs === 0 ? '' : `; the old rules were off for ${exposureMs} ms before that`;
  return `ordered ${describeTime(ordered)}, block in force ${blockMs} ms later${exposed}`;
}
