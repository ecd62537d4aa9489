import { copyFileSync, mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { watchRuns } from '../../fixtures/interpose/within';
import { add, addOther, Bench, type Order, release } from './bench';
import { passes, truthOf } from './truth';

let bench: Bench;
let before = '';
let endWatching: () => void;
beforeEach(() => {
  endWatching = watchRuns();
  bench = Bench.create();
  before = bench.machine.fingerprint();
});
afterEach(() => {
  jest.useRealTimers();
  endWatching();
  bench.remove();
});

const carryOut = async (order: Order): Promise<number | null> => (await bench.workWithin(order)).exitCode;

describe('a disk that is full', () => {
  const fullFrom = (call: string) => ({ fileFault: { call, code: 'ENOSPC', lasting: 'all' } }) as const;

  test('before an ADD: nothing is changed', async () => {
    const { exitCode } = await bench.workWithin(add, fullFrom('openSync state #1'));
    expect(exitCode).toBe(3);
    expect(bench.machine.fingerprint()).toBe(before);
  });

  test('from the first change on: the host is as it was, or contained, and never said to be what it is not', async () => {
    // The lines before it: who asked, a warning of the reserve, the backup and where it is.
    const { exitCode, outcome } = await bench.workWithin(add, fullFrom('writeSync state/journal.jsonl #5'));
    expect(exitCode).toBe(5);
    expect(outcome?.message).toMatch(/uncertain/);
    expect(bench.machine.fingerprint()).toBe(before);
    expect(await carryOut(release)).toBe(0);
    expect(bench.machine.fingerprint()).toBe(before);
  });

  test('before a DELETE: nothing is lost, and it can be repeated when there is space again', async () => {
    await carryOut(add);
    const { exitCode } = await bench.workWithin(release, fullFrom('readSync state/journal.jsonl #1'));
    expect(exitCode).toBe(7);
    expect(await carryOut(release)).toBe(0);
    expect(bench.machine.fingerprint()).toBe(before);
  });
});

test('an ADD whose first line may not be on disk is refused, and leaves no case that a later one would take up', async () => {
  const { exitCode } = await bench.workWithin(add, {
    fileFault: { call: 'fsyncSync state/journal.jsonl #1', code: 'EIO' },
  });
  expect(exitCode).toBe(3);
  expect(await carryOut(['ADD', '-', '203.0.113.9', '1598432109.1 5710 (h) any->/var/log/secure (null)'])).toBe(0);
  const handler = { remote: add[2], direction: 'in', localPort: 445, remotePort: 50_000 } as const;
  expect(passes(bench.machine, handler)).toEqual([false, false, false]);
});

test('a release whose end cannot be written down ends the case all the same: what somebody adds then is not lost with the next one', async () => {
  await carryOut(add);
  const trial = bench.copy();
  const calls = await trial.record(release);
  trial.remove();
  const call = String(calls.findLast((name) => name.startsWith('writeSync state/journal.jsonl ')));
  const { exitCode } = await bench.workWithin(release, { fileFault: { call, code: 'EIO' } });
  expect(exitCode).toBe(0);
  bench.machine.addRule('{new}', 'v2.31|Action=Allow|Active=TRUE|Dir=Out|Protocol=6|RPort=8080|Name=New|');
  const withNew = bench.machine.fingerprint();
  expect(await carryOut(add)).toBe(0);
  expect(await carryOut(release)).toBe(0);
  expect(bench.machine.fingerprint()).toBe(withNew);
});

test('an alert that cannot read whose the case is lifts nothing, and does not say that it is an operator’s', async () => {
  const alert = '1598432109.1 5710 (h) any->/var/log/secure (null)';
  await carryOut(['ADD', '-', '203.0.113.9', alert]);
  const fileFault = { call: 'fstatSync state/journal.jsonl #1', code: 'EIO' } as const;
  const { exitCode, outcome } = await bench.workWithin(['DELETE', '-', '-', alert], { fileFault });
  expect(exitCode).toBe(7);
  expect(outcome?.message).toMatch(/nobody knows whether an operator asked/);
  expect(truthOf(bench.machine)).toBe('contained');
  expect(await carryOut(['DELETE', '-', '-', alert])).toBe(0);
  expect(bench.machine.fingerprint()).toBe(before);
});

describe('a clock that jumps', () => {
  const setClock = (time: string): void => {
    jest.useFakeTimers({ now: new Date(time), doNotFake: everythingElse });
  };
  const everythingElse = [
    ...(['hrtime', 'nextTick', 'performance', 'queueMicrotask', 'setImmediate', 'clearImmediate'] as const),
    ...(['setInterval', 'clearInterval', 'setTimeout', 'clearTimeout'] as const),
  ];

  test('back to the very moment of an earlier case: the new case has its own backup, and the old one is kept', async () => {
    setClock('2026-11-25T03:18:00.000Z');
    await carryOut(add);
    await carryOut(release);
    bench.machine.addRule('{new}', 'v2.31|Action=Allow|Active=TRUE|Dir=In|Protocol=6|LPort=80|Name=New service|');
    const changed = bench.machine.fingerprint();
    setClock('2026-11-25T03:18:00.000Z');
    expect(await carryOut(add)).toBe(0);
    expect(await carryOut(release)).toBe(0);
    expect(bench.machine.fingerprint()).toBe(changed);
  });

  test.each(['1999-01-01T00:00:00Z', '2038-01-19T03:14:08Z'])('to %s in the middle of a case', async (time) => {
    await carryOut(add);
    setClock(time);
    expect((await bench.statusWithin()).state).toBe('contained');
    expect(await carryOut(addOther)).toBe(0);
    expect(truthOf(bench.machine)).toBe('contained');
    expect(await carryOut(release)).toBe(0);
    expect(bench.machine.fingerprint()).toBe(before);
  });
});

test('case after case does not fill the disk: of each kind of file the newest 20 stay', async () => {
  const kinds = ['journal-', 'fw-backup-', 'before-', 'fw-before-release-', 'import-'];
  const filesOf = (folder: string, kind: string): string[] =>
    readdirSync(folder).filter((name) => new RegExp(`^${kind}\\d`).test(name));
  const counts = (): number[] => kinds.map((kind) => filesOf(bench.stateFolder, kind).length);
  const journals = new Set<string>();
  for (let cases = 0; cases < 22; cases++) {
    expect([await carryOut(add), await carryOut(release)]).toEqual([0, 0]);
    for (const name of filesOf(bench.stateFolder, 'journal-')) journals.add(name);
  }
  expect([counts(), filesOf(bench.home, 'fw-backup-').length]).toEqual([[20, 20, 20, 20, 0], 20]);
  expect(filesOf(bench.stateFolder, 'journal-').sort()).toEqual([...journals].sort().slice(-20));
  const trial = bench.copy();
  const call = String((await trial.record(add)).find((name) => name.startsWith('start netsh advfirewall export')));
  trial.remove();
  const toolFault = { call, kind: 'lies', always: true } as const;
  expect(await bench.workWithin(add, { toolFault })).toMatchObject({ exitCode: 3, isMet: true });
  expect(counts()).toEqual([20, 20, 20, 20, 0]);
});

test('of old cases nothing goes that is somebody else’s, or that is of this very release', async () => {
  const own = ['fw-backup-1-golden image.wfw', 'before-1.reg', 'journal-2026.jsonl'];
  for (const name of own) writeFileSync(join(bench.home, name), '');
  // The clock was wrong once.
  mkdirSync(bench.stateFolder, { recursive: true });
  for (let day = 10; day < 31; day++) {
    for (const folder of [bench.home, bench.stateFolder])
      writeFileSync(join(folder, `fw-backup-203601${day}T000000000Z.wfw`), '');
    writeFileSync(join(bench.stateFolder, `journal-203601${day}T000000000Z.jsonl`), '');
  }
  expect([await carryOut(add), await carryOut(release)]).toEqual([0, 0]);
  expect(readdirSync(bench.home)).toEqual(expect.arrayContaining([...own, expect.stringMatching(/^fw-backup-2026/)]));
  const kept = readdirSync(bench.stateFolder);
  for (const kind of [/^fw-backup-/, /^journal-/]) {
    expect(kept.filter((name) => kind.test(name))).toHaveLength(20);
    expect(kept.filter((name) => kind.test(name) && name.includes('-2026'))).toHaveLength(1);
  }
});

test('without a good backup, and with a state folder that cannot be listed, the host is said to be contained', async () => {
  await carryOut(add);
  rmSync(join(bench.home, 'fw-backup.wfw'));
  for (const name of readdirSync(bench.stateFolder).filter((file) => file.endsWith('.wfw')))
    rmSync(join(bench.stateFolder, name));
  const fileFault = { call: 'readdirSync state #2', code: 'EIO' } as const;
  const { exitCode, outcome, isMet } = await bench.workWithin(release, { fileFault });
  expect([exitCode, isMet]).toEqual([7, true]);
  expect(outcome?.message).toMatch(/no good backup.* CONTAINED/);
});

test('an old backup that somebody holds open in its place hinders no containment, and is not taken for the present one', async () => {
  await carryOut(add);
  await carryOut(release);
  const [old = ''] = readdirSync(bench.home).filter((name) => /^fw-backup-.*\.wfw$/.test(name));
  copyFileSync(join(bench.home, old), join(bench.home, 'fw-backup.wfw'));
  bench.machine.addRule('{new}', 'v2.31|Action=Allow|Active=TRUE|Dir=Out|Protocol=6|RPort=8080|Name=New|');
  const withNew = bench.machine.fingerprint();
  const fileFault = { call: 'renameSync home/fw-backup.wfw #1', code: 'EACCES' } as const;
  expect(await bench.workWithin(add, { fileFault })).toMatchObject({ exitCode: 0, isMet: true });
  expect(await bench.workWithin(release, { fileFault })).toMatchObject({ exitCode: 0 });
  expect(bench.machine.fingerprint()).toBe(withNew);
});
