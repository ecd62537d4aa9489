import { setTimeout as wait } from 'node:timers/promises';
import type { Fault } from '../../fixtures/standin/faults';
import { typicalHost } from '../../fixtures/standin/hosts';
import type { HostDescription } from '../../fixtures/standin/machine';
import { add, addOther, managedHost, type Order, release } from '../matrix/bench';
import { meanings } from '../matrix/recovery';
import { isLong, reportFigures } from '../matrix/report';
import { truthOf } from '../matrix/truth';
import { Snapshot } from './snapshot';
import { Watch, type WatchPlan } from './watch';
import { Windows } from './windows';

/** A kill: where, and what netsh meets at that moment. */
interface Point {
  readonly title: string;
  readonly kill: NonNullable<WatchPlan['kill']>;
  readonly fault?: Fault;
  /** netsh is at work when its worker is killed; what is detached goes on. */
  readonly atWork?: 'dies' | 'goes on';
}

const netsh = 'C:\\windows\\System32\\netsh.exe';

/** Calls that leave everything as it was, and those on files that nobody finds again. */
const changesNothing = /^look |reading-|^(start|end|assign|resume) .*\\(icacls|sc)\.exe/;

/**
 * Between these a tool comes to life. Wine's console host, killed or left alone then, can stay for ever with the tool's
 * handles.
 */
const isBirth = /^(start|assign|resume) /;

/** A call's name as far as it is the same in every run. */
const stableName = (call: string): string => call.replace(/(reading-|\d{8}T).*/, '');

/** Behind every sixth of the calls that change something; in the long run before and behind every call. */
function pointsAt(calls: readonly string[], from: number): Point[] {
  const points = calls.flatMap((call, index) => {
    if (index < from) return [];
    const what = stableName(call);
    // What runs side by side does not come in the same order, nor as often, in every run.
    const nth = calls.slice(0, index + 1).filter((other) => other.startsWith(what)).length;
    const at = (when: 'before' | 'after'): Point => ({ title: `${when} ${call}`, kill: { when, nth, what } });
    if (isBirth.test(call)) return call.startsWith('start ') ? [at('before')] : [];
    if (isLong) return [at('before'), at('after')];
    return changesNothing.test(call) ? [] : [at('after')];
  });
  return isLong ? points : points.filter((_, index) => index % 6 === 0);
}

/** By which a fault finds a run of netsh: the script's name, the phase, or all of it. */
function wordsOf(run: string): string {
  return /\w+\.netsh/.exec(run)?.[0] ?? / (export|import) /.exec(run)?.[1] ?? run;
}

/**
 * While netsh works: it dies with us before and after its effect and in the middle, or meets our end alone. Every
 * second of these; in the long run all.
 */
function pointsWithin(calls: readonly string[], from: number): Point[] {
  const runs = calls.filter((call) => call.startsWith(`start ${netsh} `));
  const points = runs.flatMap((call, index) => {
    if (calls.indexOf(call) < from) return [];
    const run = call.slice(`start ${netsh} `.length);
    // By its words, not by its number: an export that became too old on a busy machine is made once more.
    const same = runs.slice(0, index + 1).filter((other) => stableName(other) === stableName(call));
    const nth = same.length;
    if (run.includes(' export ') && nth > 1) return [];
    const at = (what: string): string => stableName(call).replace('start', what);
    const one = { tool: 'netsh', match: wordsOf(run), nth } as const;
    const bothDie = (title: string, fault: Fault): Point => ({
      title: `${title}, with us: ${run}`,
      kill: { when: 'before', nth, what: at('end') },
      fault,
    });
    const isImport = run.includes(' import ');
    return [
      bothDie('dies before its effect', { ...one, kind: 'killed' }),
      bothDie('dies after its effect', { ...one, kind: 'killed-after' }),
      {
        title: `is at work: ${run}`,
        kill: { when: 'later', nth, what: at(isImport ? 'resume' : 'assign') },
        // What dies is not waited for. However busy this machine is, it has not ended by itself until then.
        fault: { ...one, kind: 'slow', ms: isImport ? 2000 : 30_000 },
        atWork: isImport ? 'goes on' : 'dies',
      },
      ...(run.startsWith('-f ') ? [2, 9].map((line) => bothDie(`dies at line ${line}`, { kind: 'killed', line })) : []),
      ...(run.includes(' export ') ? [bothDie('dies in the middle', { ...one, kind: 'cut-export' })] : []),
      ...(isImport
        ? [0, 20].map((rules) =>
            bothDie(`dies after ${rules} rules`, { ...one, kind: 'import-dies-after', rules, how: 'kill' }),
          )
        : []),
    ] as Point[];
  });
  return isLong ? points : points.filter((_, index) => index % 2 === 0);
}

/**
 * From here on an order of a sealed host differs from that of a host without a seal: up to the block it does the same.
 */
const sealBegins: Readonly<Record<string, RegExp>> = {
  'ADD on a sealed host': / -f .*\\seal\.netsh/,
  'a second ADD on a sealed host': / -f /,
  'DELETE on a sealed host': / import /,
};

/** Where in an order the points begin that no other host has. */
function firstOfItsOwn(title: string, calls: readonly string[]): number {
  const begin = sealBegins[title];
  if (begin === undefined || isLong) return 0;
  const first = calls.findIndex((call) => call.startsWith(`start ${netsh} `) && begin.test(call));
  if (first < 0) throw new Error(`no call of ${title} is ${begin}`);
  return first;
}

let killed = 0;
let recovered = 0;
let states = 0;

class Trial {
  readonly windows: Windows;
  readonly watch: Watch;
  readonly before: string;
  readonly problems: string[] = [];

  constructor(host: HostDescription) {
    this.windows = new Windows().setUpHost(host);
    this.watch = new Watch(this.windows);
    this.before = this.windows.fingerprint();
  }

  async carryOut(order: Order): Promise<number | null> {
    return (await this.windows.run(...order.map(String))).exitCode;
  }

  async state(): Promise<string> {
    const { output } = await this.windows.run('status', '--json');
    return (JSON.parse(output) as { state: string }).state;
  }

  /** Kills the order there. */
  async kill(order: Order, { title, kill, fault }: Point): Promise<void> {
    this.watch.plan({ kill });
    this.windows.forgetCalls();
    this.windows.setFaults(...(fault === undefined ? [] : [fault]));
    let isOver = false;
    const over = this.windows.run(...order.map(String)).finally(() => {
      isOver = true;
    });
    if (kill.when === 'later') {
      while (!isOver && !this.windows.calls().some(({ faults }) => faults.length > 0)) await wait(50);
      this.watch.killNow();
    }
    const { exitCode, output } = await over;
    // A worker does a little more after it has told its outcome.
    while (this.windows.workers().length > 0) await wait(50);
    killed++;
    const isKilled = this.watch.record().at(-1) === 'killed';
    this.expect(isKilled, `${title}: the worker was not killed, the order ended with ${exitCode}: ${output}`);
    this.watch.plan({});
  }

  /** Follows each way. Where netsh goes on, the truth may be another one a moment later. */
  async recover({ title, atWork }: Point, ways: readonly (readonly Order[])[]): Promise<void> {
    const found = new Snapshot(this.windows);
    const state = await this.state();
    const truth = truthOf(found.judged);
    const isTrue = atWork === 'goes on' || state === 'interrupted' || meanings[truth].includes(state);
    this.expect(isTrue, `${title}: the status is ${state}, the truth ${truth}`);
    for (const [index, way] of ways.entries()) {
      if (index > 0) found.restore();
      await this.goBack(title, way);
    }
  }

  async goBack(title: string, way: readonly Order[]): Promise<void> {
    for (const order of way) {
      const exitCode = await this.carryOut(order);
      this.expect(exitCode === 0, `${title}: ${order[0]} afterwards ends with ${exitCode}`);
      if (order[0] === 'DELETE') {
        this.expect(this.windows.fingerprint() === this.before, `${title}: the policy is not the one from before`);
      } else {
        this.expect(this.windows.traffic().isContained, `${title}: ADD does not contain the host`);
        const state = await this.state();
        this.expect(state === 'contained', `${title}: after ADD the status is ${state}`);
      }
    }
  }

  expect(isRight: boolean, problem: string): void {
    if (!isRight) this.problems.push(problem);
  }
}

const open: Trial[] = [];
afterAll(() => {
  for (const { windows } of open) windows.close();
  const sentence = `${killed} kill points, ${recovered} recovered (${states} different states of the disk)`;
  reportFigures('crash-windows', sentence, { killed, recovered, states });
});

test.concurrent.each<[string, readonly Order[], Order]>([
  ['ADD', [], add],
  ['a second ADD', [add], addOther],
  ['DELETE', [add], release],
  ['ADD on a sealed host', [], add],
  ['a second ADD on a sealed host', [add], addOther],
  ['DELETE on a sealed host', [add], release],
])(
  'TerminateProcess anywhere in %s: the host can be told, released and contained',
  async (title, ordersBefore, order) => {
    const trial = new Trial(title.endsWith('sealed host') ? managedHost() : typicalHost());
    open.push(trial);
    const { windows, watch, problems } = trial;
    for (const earlier of ordersBefore) await trial.carryOut(earlier);
    const start = new Snapshot(windows);
    watch.plan({});
    await trial.carryOut(order);
    const calls = watch.record();

    /** Hosts that look alike to every later order are followed further only once. */
    const known = new Set<string>();
    const follow = async (point: Point): Promise<void> => {
      const { title, fault, atWork } = point;
      start.restore();
      await trial.kill(order, point);
      if (atWork !== 'goes on') windows.setFaults();
      const digest = atWork === undefined ? new Snapshot(windows).digest() : title;
      if (!known.has(digest)) {
        known.add(digest);
        states++;
        const ways = [[release], [add, release]];
        await trial.recover(point, isLong ? ways : [ways[known.size % 2] ?? []]);
      }
      if (fault !== undefined && atWork !== undefined) {
        const [hit] = windows.calls().filter(({ faults }) => faults.length > 0);
        const goesOn = hit?.endedAt !== undefined;
        trial.expect(goesOn === (atWork === 'goes on'), `${title}: netsh ${goesOn ? 'went on' : 'died'}`);
      }
    };
    const first = firstOfItsOwn(title, calls);
    for (const point of [...pointsWithin(calls, first), ...pointsAt(calls, first)]) {
      const problemsBefore = problems.length;
      await follow(point).catch((error: unknown) => problems.push(`${point.title}: ${String(error)}`));
      if (problems.length === problemsBefore) recovered++;
    }
    expect(problems).toEqual([]);
  },
  7_200_000,
);
