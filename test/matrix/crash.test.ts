import type { Plan } from '../../fixtures/interpose/plan';
import { watchRuns } from '../../fixtures/interpose/within';
import type { Fault } from '../../fixtures/standin/faults';
import { add, addOther, Bench, inParallel, managedHost, type Order, release } from './bench';
import { tryRecovery } from './recovery';
import { isLong, reportFigures } from './report';

/** A kill: where, and what the tool that runs at that moment meets. */
interface Point {
  readonly title: string;
  readonly plan: Partial<Plan>;
  readonly fault?: Fault;
  /** Within this process, where a kill is a call that never returns. */
  readonly within?: boolean;
}

/** Calls that leave everything as it was: to be killed behind one is to be killed behind the call before it. */
const lookOnly = /^(exists|stat|lstat|fstat|read|readFile|readdir|close)Sync /;

/**
 * In `npm test` one point in so many is a SIGKILL of the real program, as is one at which it says what came of it. The
 * others are played.
 */
const share = 8;

function pointsAt(names: readonly string[]): Point[] {
  const at = (call: string, when: 'before' | 'after'): Point => ({
    title: `${when} ${call}`,
    plan: { kill: { call, when } },
  });
  if (isLong) return names.flatMap((name) => [at(name, 'before'), at(name, 'after')]);
  return [
    at(String(names[0]), 'before'),
    ...names.filter((name) => !lookOnly.test(name)).map((name) => at(name, 'after')),
  ].map((point, index) => ({ ...point, within: index % share !== 0 && !point.title.includes(' stdout ') }));
}

/**
 * While one of the tried calls of netsh works: it dies with us before and after its effect and in the middle, or it
 * goes on without us.
 */
function pointsWithin(names: readonly string[], tried: readonly string[]): Point[] {
  const calls = names.filter((name) => name.startsWith('start netsh'));
  const scripts = calls.filter((name) => name.includes(' -f '));
  return calls.flatMap((call, index) => {
    if (!tried.includes(call)) return [];
    const one = { tool: 'netsh', nth: index + 1 } as const;
    const bothDie = (title: string, fault: Fault): Point => ({
      title: `${title}, with us: ${call}`,
      plan: { tools: 'real', kill: { call: call.replace('start', 'end'), when: 'before', family: true } },
      fault,
    });
    const lines = (isLong ? Array.from({ length: 20 }, (_, line) => line) : [1, 8]).map((line) =>
      bothDie(`dies at line ${line + 1}`, { kind: 'killed', line: line + 1, nth: scripts.indexOf(call) + 1 }),
    );
    const importedRules = isLong ? [0, 1, 5, 10, 18] : [0, 10];
    return [
      bothDie('dies before its effect', { ...one, kind: 'killed' }),
      bothDie('dies after its effect', { ...one, kind: 'killed-after' }),
      {
        title: `goes on without us: ${call}`,
        plan: { tools: 'real', kill: { call, when: 'after' } },
        fault: { ...one, kind: 'slow', ms: 300 },
      },
      ...(call.includes(' -f ') ? lines : []),
      ...(call.includes(' export ') ? [bothDie('dies in the middle', { ...one, kind: 'cut-export' })] : []),
      ...(call.includes(' import ')
        ? importedRules.map((rules) =>
            bothDie(`dies after ${rules} rules`, { ...one, kind: 'import-dies-after', rules, how: 'kill' }),
          )
        : []),
    ] as Point[];
  });
}

let endWatching: () => void;
beforeAll(() => {
  endWatching = watchRuns();
});

let killed = 0;
let recovered = 0;
let states = 0;

/**
 * From here on an order of a sealed host differs from that of a host without a seal: up to the block it does the same.
 */
const sealBegins: Readonly<Record<string, RegExp>> = {
  ADD: /^start netsh -f state\/seal\.netsh/,
  'second ADD': /^start netsh -f /,
  DELETE: /^start netsh advfirewall import /,
};

/** Of an order on a sealed host, the calls that the same order on another host does not make. */
function ofSeal(title: string, names: readonly string[]): readonly string[] {
  const [, begin] = Object.entries(sealBegins).find(([order]) => title === `${order} on a sealed host`) ?? [];
  if (begin === undefined || isLong) return names;
  const first = names.findIndex((name) => begin.test(name));
  if (first < 0) throw new Error(`no call of ${title} is ${begin}`);
  return names.slice(first);
}

test.each<[string, readonly Order[], Order]>([
  ['ADD', [], add],
  ['second ADD', [add], addOther],
  ['DELETE', [add], release],
  ['ADD on a sealed host', [], add],
  ['second ADD on a sealed host', [add], addOther],
  ['DELETE on a sealed host', [add], release],
])(
  'killed anywhere in %s, the host can be told, released and contained',
  async (title, ordersBefore, order) => {
    const host = Bench.create(title.endsWith('sealed host') ? managedHost() : undefined);
    const before = host.machine.fingerprint();
    for (const earlier of ordersBefore) await host.work(earlier);
    host.machine.forgetCalls();
    const trial = host.copy();
    const names = await trial.record(order);
    trial.remove();

    /** Hosts that look alike to every later run are followed further only once. */
    const ways = new Map<string, Promise<string[]>>();
    const problems: string[] = [];
    const killAndRecover = async ({ title, plan, fault, within }: Point): Promise<void> => {
      const bench = host.copy();
      if (fault !== undefined) bench.machine.setFaults(fault);
      const { signal } = within
        ? await bench.workWithin(order, { ...plan, lock: 'played' })
        : await bench.work(order, plan);
      killed++;
      if (signal !== 'SIGKILL') problems.push(`${title}: the program was not killed`);
      const key = fault?.kind === 'slow' ? title : bench.digest();
      if (fault?.kind !== 'slow') bench.machine.setFaults();
      let way = ways.get(key);
      if (way === undefined) {
        way = tryRecovery(bench, before, !isLong, fault?.kind === 'slow');
        ways.set(key, way);
      }
      const found = await way;
      if (found.length === 0) recovered++;
      problems.push(...found.map((problem) => `${title}: ${problem}`));
      bench.remove();
    };
    const tried = ofSeal(title, names);
    const points = pointsAt(tried).filter((_, index) => isLong || tried === names || index % 3 === 0);
    await inParallel([...pointsWithin(names, tried), ...points], 3, killAndRecover);
    states += ways.size;
    host.remove();
    expect(problems).toEqual([]);
  },
  3_600_000,
);

afterAll(() => {
  endWatching();
  const sentence = `${killed} kill points, ${recovered} recovered (${states} different states of the disk)`;
  reportFigures('crash', sentence, { killed, recovered, states });
});
