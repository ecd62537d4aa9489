import type { Plan } from '../../fixtures/interpose/plan';
import { watchRuns } from '../../fixtures/interpose/within';
import type { Fault } from '../../fixtures/standin/faults';
import { add, addOther, Bench, inParallel, type Order, release } from './bench';
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
const share = 4;

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

/** While netsh works: it dies with us before and after its effect and in the middle, or it goes on without us. */
function pointsWithin(names: readonly string[]): Point[] {
  const calls = names.filter((name) => name.startsWith('start netsh'));
  return calls.flatMap((call, index) => {
    const one = { tool: 'netsh', nth: index + 1 } as const;
    const bothDie = (title: string, fault: Fault): Point => ({
      title: `${title}, with us: ${call}`,
      plan: { tools: 'real', kill: { call: call.replace('start', 'end'), when: 'before', family: true } },
      fault,
    });
    const lines = (isLong ? Array.from({ length: 20 }, (_, line) => line) : [1, 8]).map((line) =>
      bothDie(`dies at line ${line + 1}`, { kind: 'killed', line: line + 1 }),
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

test.each<[string, readonly Order[], Order]>([
  ['ADD', [], add],
  ['a second ADD', [add], addOther],
  ['DELETE', [add], release],
])(
  'killed anywhere in %s, the host can be told, released and contained',
  async (_title, ordersBefore, order) => {
    const host = Bench.create();
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
    await inParallel([...pointsWithin(names), ...pointsAt(names)], 3, killAndRecover);
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
