import type { Fault } from '../../fixtures/standin/faults';
import { typicalHost } from '../../fixtures/standin/hosts';
import { managedHost } from '../matrix/bench';
import { useWindows, Windows } from './windows';

const newWindows = useWindows();

/** One for all tests that leave it as it was. */
let untouched: Windows;
let untouchedPolicy: string;
beforeAll(() => {
  untouched = new Windows().setUpHost(typicalHost());
  untouchedPolicy = untouched.fingerprint();
});
afterAll(() => untouched.close());

/** One of each kind; test/matrix has every kind at every call. */
test.each<[what: string, fault: Fault]>([
  ['fails', { kind: 'fail', match: 'export' }],
  ['lies', { kind: 'lie', match: 'export' }],
  ['leaves a file that is cut short', { kind: 'cut-export', match: 'export' }],
  ['leaves noise', { kind: 'junk-export', match: 'export' }],
  ['leaves a hollow policy', { kind: 'hollow-export', rules: 5, match: 'export' }],
])('an export that %s: nothing is changed', async (_what, fault) => {
  untouched.setFaults(fault);
  expect(await untouched.run('ADD', '-', '192.0.2.50')).toMatchObject({ exitCode: 3 });
  expect(untouched.fingerprint()).toBe(untouchedPolicy);
});

test('whatever goes wrong once on the way, the host ends contained', async () => {
  const windows = newWindows().setUpHost(typicalHost());
  windows.setFaults(
    { kind: 'crash', match: 'export', nth: 1 },
    { kind: 'killed', match: 'script' },
    { kind: 'killed-after', match: 'state' },
    { kind: 'commit-and-fail', match: 'policy' },
    { kind: 'garble', encoding: 'cp866', match: 'add' },
    { kind: 'flood', match: 'disable' },
  );
  expect(await windows.run('ADD', '-', '192.0.2.50')).toMatchObject({ exitCode: 0 });
  expect(windows.traffic().isContained).toBe(true);
});

test('a ping rule is never added on a sealed host: contained, with a gap', async () => {
  const windows = newWindows().setUpHost(managedHost());
  windows.setFaults({ kind: 'fail', match: 'add', name: 'Allow ICMP in' });
  expect(await windows.run('ADD', '-', '192.0.2.50')).toMatchObject({ exitCode: 6 });
  expect(windows.traffic().isContained).toBe(true);
});

test('the block cannot be set: the host is as it was', async () => {
  untouched.setFaults({ kind: 'fail', match: 'policy' });
  expect(await untouched.run('ADD', '-', '192.0.2.50')).toMatchObject({ exitCode: 4 });
  expect(untouched.fingerprint()).toBe(untouchedPolicy);
});

test('an import on a sealed host that dies after the rules were deleted is done again', async () => {
  const windows = newWindows().setUpHost(managedHost());
  const before = windows.fingerprint();
  await windows.run('ADD', '-', '192.0.2.50');
  windows.setFaults({ kind: 'import-dies-after', rules: 10, how: 'kill', nth: 1 });
  expect(await windows.run('DELETE', '-', '-')).toMatchObject({ exitCode: 0 });
  expect(windows.fingerprint()).toBe(before);
});
