import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import fc from 'fast-check';
import type { FileFault, Plan, ToolFault } from '../../fixtures/interpose/plan';
import { watchRuns } from '../../fixtures/interpose/within';
import { add, addOther, Bench, type Ended, managedHost, type Order, release } from './bench';
import { isLong, reportFigures } from './report';
import { passes, truthOf } from './truth';

type Known = 'yes' | 'no' | 'unknown';

/** What must be true of the host, whatever was done to it. Ten lines that know nothing of netsh. */
interface Model {
  /** `unknown`: an order was stopped half-way; the next one that ends well decides. */
  held: Known;
  /** The operator who is let in while the host is held, or nobody; undefined while that is not known. */
  handler: string | undefined;
  /**
   * Whether the case is an operator's, which no alert may end. `unknown`: what went wrong may have kept that from being
   * noted.
   */
  isOperators: Known;
  /** What a release may give back: one policy, or two when somebody added a rule while nobody knew. */
  originals: string[];
  /** The policies that the backup may hold. */
  backedUp: string[];
}

const handlers = ['192.0.2.50', '192.0.2.51', '2001:db8::50'];
const alert = '1598432109.1 5710 (h) any->/var/log/secure (null)';

/** Nobody else is at work on the host. */
const alone = { lock: 'played' } as const;

let calls: string[] = [];
/** A host whose policy opens doors, so that it needs a seal, and one without a policy. */
let prepared: readonly Bench[] = [];
let endWatching: () => void;

beforeAll(async () => {
  endWatching = watchRuns();
  prepared = [Bench.create(managedHost()), Bench.create()];
  for (const host of prepared) {
    const trial = host.copy();
    for (const order of [add, addOther, release]) calls.push(...(await trial.record(order)));
    trial.remove();
  }
  calls = [...new Set(calls)];
});

let sequences = 0;
let steps = 0;

afterAll(() => {
  endWatching();
  for (const host of prepared) host.remove();
  reportFigures('model', `${sequences} sequences of ${steps} steps, all as the model`, { sequences, steps });
});

type Step = fc.AsyncCommand<Model, Bench>;

/** An order, as it comes or with something going wrong in the middle of it. */
class Ordered implements Step {
  constructor(
    private readonly order: Order,
    private readonly trouble?: Partial<Plan>,
  ) {}

  check = (): boolean => true;

  toString = (): string => `${this.order.join(' ')} ${this.trouble === undefined ? '' : JSON.stringify(this.trouble)}`;

  async run(model: Model, bench: Bench): Promise<void> {
    steps++;
    const ended = await bench.workWithin(this.order, { ...alone, ...this.trouble }, this.trouble && 1500);
    if (this.trouble === undefined && ended.exitCode !== 0)
      throw new Error(`${this.order[0]} ends with ${ended.exitCode}: ${ended.outcome?.message}`);
    if (this.order[0] === 'ADD') this.judgeAdd(model, bench, ended);
    else this.judgeRelease(model, bench, ended);
    await expectTruth(bench);
  }

  private get isByAlert(): boolean {
    return this.order[3] !== undefined;
  }

  private judgeAdd(model: Model, bench: Bench, { exitCode }: Ended): void {
    const isDone = exitCode === 0 || exitCode === 6;
    // A host that was free is backed up anew. Of one that nobody knows the backup may be the old one or a new one.
    if (isDone && model.held === 'no') model.backedUp = [...model.originals];
    else if (model.held !== 'yes') model.backedUp.push(...model.originals);
    if (isDone) model.held = 'yes';
    else if (exitCode === 4) model.held = 'no';
    else if (exitCode === 5 || exitCode === 9 || exitCode === null) model.held = 'unknown';
    if (!this.isByAlert) {
      // An order that failed may have been noted all the same.
      model.handler = isDone ? this.order[2] : undefined;
      model.isOperators = isDone || model.isOperators === 'yes' ? 'yes' : 'unknown';
    }
    if (isDone) expectHeld(model, bench);
    if (model.held === 'unknown') model.handler = undefined;
    if (exitCode === 4) this.endCase(model, bench);
    else if (model.held === 'no') expectOriginal(model, bench);
  }

  private judgeRelease(model: Model, bench: Bench, { exitCode, outcome }: Ended): void {
    const isRefused = outcome?.words.includes('held-by-operator') === true;
    if (isRefused) expect([this.isByAlert, model.isOperators]).toEqual([true, expect.stringMatching('yes|unknown')]);
    if (this.isByAlert && model.isOperators === 'yes') {
      if (exitCode === 0) expect(isRefused).toBe(true);
      if (model.held === 'yes') expectHeld(model, bench);
    } else if (exitCode === 7 || exitCode === null) {
      model.held = 'unknown';
      this.mayHaveEnded(model);
    } else if (exitCode === 0 && !isRefused) {
      model.held = 'no';
      this.endCase(model, bench);
    }
  }

  private endCase(model: Model, bench: Bench): void {
    if (this.trouble === undefined) Object.assign(model, { handler: 'nobody', isOperators: 'no' });
    else this.mayHaveEnded(model);
    expectOriginal(model, bench);
  }

  private mayHaveEnded(model: Model): void {
    if (model.handler !== 'nobody') model.handler = undefined;
    if (model.isOperators === 'yes') model.isOperators = 'unknown';
  }
}

/** Somebody else makes a way out. */
class Intruded implements Step {
  constructor(private readonly port: number) {}

  check = (): boolean => true;

  toString = (): string => `somebody allows port ${this.port}`;

  async run(model: Model, { machine }: Bench): Promise<void> {
    const id = `{intruder-${this.port}}`;
    machine.addRule(id, `v2.31|Action=Allow|Active=TRUE|Dir=Out|Protocol=6|RPort=${this.port}|Name=Intruder|`);
    const isTheRule = (line: string): boolean => line.includes(id);
    const rule = String(machine.fingerprint().split('\n').find(isTheRule));
    const withRule = (whole: string): string => {
      const lines = whole.split('\n').filter((line) => !isTheRule(line));
      // The hosts file follows the policy, whose lines are sorted.
      const hosts = lines.findIndex((line) => line.startsWith('#'));
      return [...[...lines.slice(0, hosts), rule].sort(), ...lines.slice(hosts)].join('\n');
    };
    // Before a containment it is part of the policy. Within one it goes with the release.
    if (model.held === 'no') model.originals = model.originals.map(withRule);
    if (model.held === 'unknown') model.originals.push(...model.originals.map(withRule));
  }
}

/**
 * Somebody imports the backup without us. What comes after that is part of the policy again, though the case is still
 * open.
 */
class GivenBack implements Step {
  check = ({ held }: Readonly<Model>): boolean => held !== 'no';

  toString = (): string => 'somebody imports the backup';

  async run(model: Model, bench: Bench): Promise<void> {
    const { backup } = await bench.statusWithin(alone);
    if (backup?.good !== true) return;
    const netsh = join(bench.machine.system32, 'netsh.exe');
    expect(spawnSync(netsh, ['advfirewall', 'import', backup.file]).status).toBe(0);
    model.held = 'no';
    // What somebody changed after the backup was made, on a host that was free already, is not in it.
    model.originals = model.backedUp;
    expectOriginal(model, bench);
  }
}

/** The machine is started anew: what is on disk stays, and what is in force is what was. */
class Rebooted implements Step {
  check = (): boolean => true;

  toString = (): string => 'reboot';

  async run(_model: Model, bench: Bench): Promise<void> {
    const before = await bench.statusWithin(alone);
    bench.machine.forgetCalls();
    expect((await bench.statusWithin(alone)).state).toBe(before.state);
  }
}

function expectHeld({ handler }: Model, { machine }: Bench): void {
  expect(truthOf(machine)).toBe('contained');
  if (handler === undefined) return;
  for (const one of handlers) {
    const isIn = passes(machine, { remote: one, direction: 'in', localPort: 445, remotePort: 50_000 });
    expect(isIn).toEqual(Array(3).fill(one === handler));
  }
}

function expectOriginal(model: Model, { machine }: Bench): void {
  const now = machine.fingerprint();
  expect(model.originals).toContain(now);
  model.originals = [now];
}

/** Nobody is told that the host is contained when it is not. */
async function expectTruth(bench: Bench): Promise<void> {
  const { state } = await bench.statusWithin(alone);
  const truth = truthOf(bench.machine);
  if (state === 'contained') expect(truth).toBe('contained');
  if (truth === 'partial') expect(state).toMatch(/interrupted|ineffective/);
  expect(state).not.toBe('uncertain');
}

const order = fc.oneof(
  { weight: 4, arbitrary: fc.constantFrom(...handlers).map((address): Order => ['ADD', '-', address]) },
  { weight: 4, arbitrary: fc.constant(release) },
  { weight: 1, arbitrary: fc.constant<Order>(['ADD', '-', '203.0.113.9', alert]) },
  { weight: 1, arbitrary: fc.constant<Order>(['DELETE', '-', '-', alert]) },
);
const toolFaults: ToolFault[] = ['fails', 'is done, exit 1', 'lies', 'is killed', 'is done, killed', 'floods'];
const fileFaults: FileFault[] = ['EACCES', 'ENOSPC', 'EIO', 'EROFS'];
const call = fc.nat().map((index) => String(calls[index % calls.length]));
const trouble: fc.Arbitrary<Partial<Plan>> = fc.oneof(
  fc.record({ call, when: fc.constantFrom('before' as const, 'after' as const) }).map((kill) => ({ kill })),
  fc
    .record({ call, kind: fc.constantFrom(...toolFaults), always: fc.boolean() })
    .map((fault) => ({ toolFault: { ...fault, call: fault.call.replace(/^end /, 'start ') } })),
  fc.record({ call, code: fc.constantFrom(...fileFaults) }).map((fileFault) => ({ fileFault })),
);
const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 4, arbitrary: order.map((one) => new Ordered(one)) },
  { weight: 4, arbitrary: fc.tuple(order, trouble).map(([one, wrong]) => new Ordered(one, wrong)) },
  { weight: 1, arbitrary: fc.integer({ min: 1, max: 9 }).map((port) => new Intruded(port)) },
  { weight: 1, arbitrary: fc.constant(new GivenBack()) },
  { weight: 1, arbitrary: fc.constant(new Rebooted()) },
);

test('whatever happens in whatever order, the host is what the model says, and its first policy comes back', async () => {
  await fc.assert(
    fc.asyncProperty(fc.nat({ max: 3 }), fc.array(step, { minLength: 1, maxLength: 8 }), async (which, sequence) => {
      const host = prepared[Math.min(which, 1)] as Bench;
      const bench = host.copy();
      const original = host.machine.fingerprint();
      const model: Model = { held: 'no', handler: 'nobody', isOperators: 'no', originals: [original], backedUp: [] };
      try {
        for (const one of sequence) if (one.check(model)) await one.run(model, bench);
        await new Ordered(release).run(model, bench);
        expectOriginal(model, bench);
        sequences++;
      } finally {
        bench.remove();
      }
    }),
    { numRuns: isLong ? 500 : 150 },
  );
}, 3_600_000);
