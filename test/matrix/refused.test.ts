import { watchRuns } from '../../fixtures/interpose/within';
import { add, addOther, Bench, type Order, release } from './bench';
import { passes, truthOf } from './truth';

const rest = '1598432109.1 5710 (h) any->/var/log/secure (null)';
const alertAdd: Order = ['ADD', '-', '203.0.113.9', rest];
const alertRelease: Order = ['DELETE', '-', '-', rest];
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

/** The order is written down, and the line of its first step cannot be any more: it is refused, and changes nothing. */
async function giveInVain(order: Order): Promise<void> {
  const trial = host.copy();
  const names = await trial.record(order);
  trial.remove();
  const firstStep = names.findIndex((name) => /^start netsh -f/.test(name));
  const call = String(names.slice(0, firstStep).findLast((name) => name.startsWith('openSync state/journal.jsonl')));
  const before = host.machine.fingerprint();
  const { exitCode } = await host.workWithin(order, { fileFault: { call, code: 'EACCES' }, lock });
  expect(exitCode).toBe(3);
  expect(host.machine.fingerprint()).toBe(before);
}

const isLetIn = (remote: string): boolean[] =>
  passes(host.machine, { remote, direction: 'in', localPort: 445, remotePort: 50_000 });
const everywhere = [true, true, true];
const nowhere = [false, false, false];

test('an operator whose ADD was refused is let in by no alert, and the one before is not lost', async () => {
  await host.workWithin(add, { lock });
  await giveInVain(addOther);
  expect(await host.statusWithin()).toMatchObject({ state: 'contained', gaps: [] });
  expect(await host.workWithin(alertAdd, { lock })).toMatchObject({ exitCode: 0 });
  expect(isLetIn('192.0.2.50')).toEqual(everywhere);
  expect(isLetIn('192.0.2.51')).toEqual(nowhere);
});

test('an operator whose ADD was refused is let in by the next one', async () => {
  await host.workWithin(add, { lock });
  await giveInVain(addOther);
  expect(await host.workWithin(addOther, { lock })).toMatchObject({ exitCode: 0 });
  expect(isLetIn('192.0.2.50')).toEqual(nowhere);
  expect(isLetIn('192.0.2.51')).toEqual(everywhere);
});

test('a host that an operator asked for is released by no alert, although that ADD was refused', async () => {
  const original = host.machine.fingerprint();
  await host.workWithin(alertAdd, { lock });
  await giveInVain(add);
  const { outcome } = await host.workWithin(alertRelease, { lock });
  expect(outcome?.words).toContain('held-by-operator');
  expect(truthOf(host.machine)).toBe('contained');
  await host.workWithin(release, { lock });
  expect(host.machine.fingerprint()).toBe(original);
});
