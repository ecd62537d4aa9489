import type { Plan } from '../../fixtures/interpose/plan';
import { watchRuns } from '../../fixtures/interpose/within';
import { add, addOther, Bench, inParallel, managedHost, type Order, release } from './bench';
import { cameTo } from './came-to';
import { codes, isChange, promiseFor, promiseForFullDisk } from './file-table';
import { isLong, reportFigures } from './report';
import { kinds, type OrderName, orderOf, rows, type SceneName } from './tool-table';

const orders: Record<OrderName, Order> = { ADD: add, 'second ADD': addOther, DELETE: release };

/** A host before the order, and the calls that the order makes when nothing goes wrong. */
interface Scene {
  readonly host: Bench;
  /** The policy from before the containment, and the one that the order finds. */
  readonly original: string;
  readonly found: string;
  readonly calls: readonly string[];
}

const sceneNames = [...new Set(rows.map(({ order }) => order))];
const scenes = {} as Record<SceneName, Scene>;
let endWatching: () => void;

beforeAll(async () => {
  endWatching = watchRuns();
  for (const name of sceneNames) {
    const host = Bench.create(name.startsWith('sealed') ? managedHost() : undefined);
    const order = orders[orderOf(name)];
    if (name === 'shut ADD') host.machine.setProfileValue('public', 'DefaultOutboundAction', 1);
    const original = host.machine.fingerprint();
    if (order !== add) await host.workWithin(add);
    const trial = host.copy();
    const calls = await trial.record(order);
    trial.remove();
    scenes[name] = { host, original, found: host.machine.fingerprint(), calls };
  }
});

let tried = 0;
let kept = 0;

afterAll(() => {
  endWatching();
  for (const { host } of Object.values(scenes)) host.remove();
  reportFigures('faults', `${tried} faults, ${kept} as promised`, { faults: tried, asPromised: kept });
});

/** No word of an exception in what people are told. */
const exceptionText = /unexpected error|\bat .+:\d+:\d+|undefined|\[object|TypeError/;

/** Carries the order out with the fault, and then releases the host without one. Returns what was not as promised. */
async function tryFault(name: SceneName, plan: Partial<Plan>, promised: string | undefined): Promise<string[]> {
  const scene = scenes[name];
  const order = orders[orderOf(name)];
  const bench = scene.host.copy();
  const problems: string[] = [];
  const whole = { lock: 'played', ...plan } as const;
  // What came of an order is said by the program around it.
  const ended = plan.fileFault?.call.includes(' stdout ')
    ? await bench.work(order, whole)
    : await bench.workWithin(order, whole, promised === 'waits' ? 3000 : undefined);
  if (ended.isMet === false) problems.push('the call that was to fail was not made');
  const { exitCode, signal } = ended;
  const end = exitCode === null && signal === null ? 'waits' : exitCode;
  const came = cameTo(order, end, { ...scene, now: bench.machine.fingerprint() }, bench.machine);
  if (came !== promised) problems.push(`came to "${came}", promised is "${promised}"`);
  const said = ended.outcome?.message ?? '';
  if (exceptionText.test(said)) problems.push(`it says: ${said}`);
  const after = await bench.workWithin(release, { lock: 'played' });
  if (after.exitCode !== 0) problems.push(`DELETE afterwards ends with ${after.exitCode}: ${after.outcome?.message}`);
  if (bench.machine.fingerprint() !== scene.original)
    problems.push('after DELETE the policy is not the one from before');
  bench.remove();
  tried++;
  if (problems.length === 0) kept++;
  return problems;
}

/**
 * Of what goes wrong once, `npm test` tries one in so many, in turn: a retry mends it, whichever it is. Each kind gets
 * its turn, since their number is no multiple of this one.
 */
const share = 3;
let taken = 0;

type Cell = readonly [title: string, plan: Partial<Plan>, promised: string | undefined];

/** So many at a time that others work while one waits for a tool that hangs. */
const atOnce = 16;
/** To judge a seal takes this process longer, and what hangs elsewhere is given up by its clock. */
const sealedAtOnce = 3;

async function tryAll(name: SceneName, cells: readonly Cell[]): Promise<string[]> {
  const problems: string[] = [];
  await inParallel(cells, name.startsWith('sealed') ? sealedAtOnce : atOnce, async ([title, plan, promised]) => {
    problems.push(...(await tryFault(name, plan, promised)).map((problem) => `${title}: ${problem}`));
  });
  return problems;
}

const names = ['ADD', 'second ADD', 'DELETE'] as const satisfies OrderName[];

test.each(sceneNames)(
  '%s: every call of netsh and reg x every fault of a tool comes to what is promised',
  async (name) => {
    const cells = rows
      .filter(({ order }) => order === name)
      .flatMap(({ always, call, promised }) => {
        const found = scenes[name].calls.filter((other) => call.test(other));
        expect(found).not.toEqual([]);
        const chosen = always ? found.slice(0, 1) : found;
        const all = chosen.flatMap((one) =>
          kinds.flatMap((group, column) =>
            group.map(
              (kind): Cell => [
                `${kind} ${always ? 'always' : 'once'}: ${one}`,
                { toolFault: { call: one, kind, always } },
                promised[column],
              ],
            ),
          ),
        );
        return isLong || always ? all : all.filter(() => taken++ % share === 0);
      });
    const known = rows.filter(({ order }) => order === name || order === orderOf(name));
    const tools = scenes[name].calls.filter((call) => /^start (netsh|reg) /.test(call));
    expect(tools.filter((call) => !known.some((row) => row.call.test(call)))).toEqual([]);
    expect(await tryAll(name, cells)).toEqual([]);
  },
  1_200_000,
);

test.each(names)(
  '%s: every file operation x EACCES, ENOSPC, EIO, EROFS comes to what is promised',
  async (name) => {
    const { calls } = scenes[name];
    const firstChange = calls.findIndex(isChange);
    const cells = calls.flatMap((call, index) => {
      if (/^(start|end) /.test(call)) return [];
      const tried = isLong ? codes : [codes[(index >> 1) % codes.length] ?? 'EIO'];
      return tried.map((code): Cell => {
        const promised = promiseFor(name, call, index > firstChange, code);
        return [`${code}: ${call}`, { fileFault: { call, code } }, promised];
      });
    });
    expect(await tryAll(name, cells)).toEqual([]);
  },
  1_200_000,
);

test.each(['sealed ADD', 'sealed second ADD'] as const)(
  '%s: every operation on the files of the seal x EACCES, ENOSPC, EIO, EROFS comes to what is promised',
  async (name) => {
    const calls = scenes[name].calls.filter((call) => /Sync state\/(old-)?seal\.netsh /.test(call));
    const cells = calls.flatMap((call) =>
      codes.map((code): Cell => {
        return [`${code}: ${call}`, { fileFault: { call, code } }, promiseFor(orderOf(name), call, true, code)];
      }),
    );
    expect(cells).not.toEqual([]);
    expect(await tryAll(name, cells)).toEqual([]);
  },
);

/** The log is opened while a tool is waited for, or at the end: nobody can say what comes before that. */
const isLog = (call: string): boolean => call.includes(' state/contain-host.log');

/** A disk that is full from one of these on is the same as one that is full from a call just before it on. */
const needsSpace = /^(write|append|copyFile|mkdtemp|fsync)Sync /;

test.each(names)(
  '%s: a disk that is full from any file operation on comes to what is promised',
  async (name) => {
    const { calls } = scenes[name];
    const cells = calls.flatMap((call, index): Cell[] => {
      if (!(isLong ? /Sync / : needsSpace).test(call) || isLog(call)) return [];
      const plan: Partial<Plan> = { fileFault: { call, code: 'ENOSPC', lasting: 'all' } };
      return [[`full from ${call}`, plan, promiseForFullDisk(name, calls, index)]];
    });
    expect(await tryAll(name, cells)).toEqual([]);
  },
  1_200_000,
);
