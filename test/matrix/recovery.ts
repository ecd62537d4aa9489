import type { Plan } from '../../fixtures/interpose/plan';
import { add, type Bench, type Order, release } from './bench';
import { truthOf } from './truth';

/**
 * What may be said of a host that is so. `degraded`: contained, and a rule is missing yet; `ineffective`: not
 * contained, and rules are set.
 */
export const meanings: Record<ReturnType<typeof truthOf>, readonly string[]> = {
  contained: ['contained', 'degraded'],
  'not-contained': ['not-contained', 'ineffective'],
  partial: [],
};

/**
 * What goes wrong on the ways back from an interruption; nothing, if all is well. `within`: in this process, which
 * saves most of the time; `watchRuns` must be on then. `moving`: netsh still works and holds the lock, so the truth may
 * be another one a moment later.
 */
export async function tryRecovery(bench: Bench, before: string, within: boolean, moving: boolean): Promise<string[]> {
  const plan: Partial<Plan> = moving ? {} : { lock: 'played' };
  const statusOf = (host: Bench) => (within ? host.statusWithin(plan) : host.status());
  const problems: string[] = [];
  const expect = (isRight: boolean, problem: string): void => {
    if (!isRight) problems.push(problem);
  };
  const carryOut = async (host: Bench, order: Order): Promise<void> => {
    const { exitCode, outcome, complaint } = await (within ? host.workWithin(order, plan) : host.work(order));
    const isDone = exitCode === 0 && complaint === '';
    expect(isDone, `${order[0]} afterwards ends with ${exitCode}: ${outcome?.message ?? complaint}`);
  };
  const releaseAndCompare = async (host: Bench): Promise<void> => {
    await carryOut(host, release);
    expect(host.machine.fingerprint() === before, 'the policy is not the one from before');
    const { state } = await statusOf(host);
    expect(state === 'not-contained', `after the release the status is ${state}`);
  };

  const other = bench.copy();
  const { state } = await statusOf(bench);
  const truth = truthOf(bench.machine);
  const isTrue = moving || state === 'interrupted' || meanings[truth].includes(state);
  expect(isTrue, `the status is ${state}, the truth ${truth}`);
  await releaseAndCompare(bench);

  await carryOut(other, add);
  expect(truthOf(other.machine) === 'contained', `after ADD the host is ${truthOf(other.machine)}`);
  const after = await statusOf(other);
  expect(after.state === 'contained', `after ADD the status is ${after.state}`);
  await releaseAndCompare(other);
  other.remove();
  return problems;
}
