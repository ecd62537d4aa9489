import { watchRuns } from '../../fixtures/interpose/within';
import { add, addOther, Bench, type Order, release } from './bench';
import { passes } from './truth';

const alert: Order = ['ADD', '-', '203.0.113.9', '1598432109.1 5710 (h) any->/var/log/secure (null)'];
const lock = 'played';

let endWatching: () => void;
let host: Bench;
beforeEach(() => {
  endWatching = watchRuns();
  host = Bench.create();
});
afterEach(() => {
  endWatching();
  host.remove();
});

/** Everything that an order does to files and tools. */
async function callsOf(order: Order): Promise<string[]> {
  const trial = host.copy();
  const calls = await trial.record(order);
  trial.remove();
  return calls;
}

/** The line of the order's first change cannot be put on disk: it is refused, and changes nothing. */
async function giveInVain(order: Order, failing: string): Promise<void> {
  const calls = await callsOf(order);
  const change = calls.findIndex((call) => call.startsWith('start netsh -f'));
  const call = String(calls.slice(0, change).findLast((one) => one.startsWith(`${failing} state/journal.jsonl`)));
  const before = host.machine.fingerprint();
  const { exitCode } = await host.workWithin(order, { fileFault: { call, code: 'EIO' }, lock });
  expect(exitCode).toBe(3);
  expect(host.machine.fingerprint()).toBe(before);
}

function expectLetIn(only: string): void {
  for (const remote of ['192.0.2.50', '192.0.2.51']) {
    const isIn = passes(host.machine, { remote, direction: 'in', localPort: 445, remotePort: 50_000 });
    expect(isIn).toEqual(Array(3).fill(remote === only));
  }
}

describe.each(['openSync', 'writeSync', 'fsyncSync'])('an operator whose ADD was refused, for %s', (failing) => {
  test('is let in by no alert, and the one before is not lost', async () => {
    await host.workWithin(add, { lock });
    await giveInVain(addOther, failing);
    expect(await host.statusWithin()).toMatchObject({ state: 'contained', gaps: [] });
    expect(await host.workWithin(alert, { lock })).toMatchObject({ exitCode: 0 });
    expectLetIn('192.0.2.50');
  });

  test('is let in by the next ADD', async () => {
    await host.workWithin(add, { lock });
    await giveInVain(addOther, failing);
    expect(await host.workWithin(addOther, { lock })).toMatchObject({ exitCode: 0 });
    expectLetIn('192.0.2.51');
  });

  test('is let in by no alert after a release that was killed', async () => {
    await host.workWithin(add, { lock });
    await giveInVain(addOther, failing);
    const call = String((await callsOf(release)).find((one) => /^start netsh advfirewall import/.test(one)));
    await host.workWithin(release, { kill: { call, when: 'before' }, lock });
    expect(await host.workWithin(alert, { lock })).toMatchObject({ exitCode: 0 });
    expectLetIn('192.0.2.50');
  });
});

test('an operator who was refused for want of a backup, in the case of one whose ADD was killed, is let in by no alert', async () => {
  const calls = await callsOf(add);
  const kept = String(calls.find((call) => call.startsWith('openSync state/fw-backup-')));
  await host.workWithin(add, { kill: { call: kept, when: 'before' }, lock });
  const exporting = String((await callsOf(addOther)).find((call) => call.startsWith('start netsh advfirewall export')));
  const toolFault = { call: exporting, kind: 'lies', always: true } as const;
  expect(await host.workWithin(addOther, { toolFault, lock })).toMatchObject({ exitCode: 3 });
  expect(await host.workWithin(alert, { lock })).toMatchObject({ exitCode: 0 });
  expectLetIn('192.0.2.50');
});
