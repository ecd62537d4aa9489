import { setTimeout as wait } from 'node:timers/promises';
import type { Fault } from '../../fixtures/standin/faults';
import { typicalHost } from '../../fixtures/standin/hosts';
import { useWindows } from './windows';

const newWindows = useWindows();

/** One of each kind; test/end-to-end/faults.test.ts has them all at every step. */
const faultsOfAdd: [what: string, fault: Fault, exitCode: number, expected: 'contained' | 'as before'][] = [
  ['the export fails', { kind: 'fail', match: 'export' }, 3, 'as before'],
  ['the export lies', { kind: 'lie', match: 'export' }, 3, 'as before'],
  ['the exported file is cut short', { kind: 'cut-export', match: 'export' }, 3, 'as before'],
  ['the exported file is noise', { kind: 'junk-export', match: 'export' }, 3, 'as before'],
  ['the exported policy is hollow', { kind: 'hollow-export', rules: 5, match: 'export' }, 3, 'as before'],
  ['the export crashes', { kind: 'crash', match: 'export', nth: 1 }, 0, 'contained'],
  ['the script is killed', { kind: 'killed', match: 'script' }, 0, 'contained'],
  ['a ping rule is never added', { kind: 'fail', match: 'add', name: 'Allow ICMP in' }, 6, 'contained'],
  ['a rule is skipped once', { kind: 'add-skipped', name: 'Allow OSSEC Server in/tcp', nth: 1 }, 0, 'contained'],
  ['the state is not set', { kind: 'fail', match: 'state' }, 4, 'as before'],
  ['the policy is set, then netsh is killed', { kind: 'killed-after', match: 'policy' }, 0, 'contained'],
  ['the policy is set but exit 1', { kind: 'commit-and-fail', match: 'policy' }, 0, 'contained'],
  ['all output is in Russian, code page 866', { kind: 'garble', encoding: 'cp866' }, 0, 'contained'],
  ['there is a megabyte of output', { kind: 'flood' }, 0, 'contained'],
];

test.each(faultsOfAdd)('ADD when %s', async (_what, fault, exitCode, expected) => {
  const windows = newWindows().setUpHost(typicalHost());
  const before = windows.fingerprint();
  windows.setFaults(fault);
  expect(await windows.run('ADD', '-', '192.0.2.50')).toMatchObject({ exitCode });
  if (expected === 'contained') expect(windows.traffic().isContained).toBe(true);
  else expect(windows.fingerprint()).toBe(before);
});

test('a netsh that hangs is ended for good, and the step is done again', async () => {
  const windows = newWindows().setUpHost(typicalHost());
  windows.setFaults({ kind: 'hang', match: 'state', nth: 1 });
  expect(await windows.run('ADD', '-', '192.0.2.50')).toMatchObject({ exitCode: 0 });
  expect(windows.traffic().isContained).toBe(true);
  expect(windows.calls().filter(({ endedAt }) => endedAt === undefined)).toHaveLength(1);
});

test('an import that dies after the rules were deleted is done again', async () => {
  const windows = newWindows().setUpHost(typicalHost());
  const before = windows.fingerprint();
  await windows.run('ADD', '-', '192.0.2.50');
  windows.setFaults({ kind: 'import-dies-after', rules: 10, how: 'kill', nth: 1 });
  expect(await windows.run('DELETE', '-', '-')).toMatchObject({ exitCode: 0 });
  expect(windows.fingerprint()).toBe(before);
});

test('an import goes on when its worker is killed, and holds the lock until it is done', async () => {
  const windows = newWindows().setUpHost(typicalHost());
  const before = windows.fingerprint();
  await windows.run('ADD', '-', '192.0.2.50');
  windows.setFaults({ kind: 'slow', ms: 15_000, match: 'import' });
  const first = windows.run('DELETE', '-', '-');
  while (!windows.calls().some(({ argv }) => argv.includes('import'))) await wait(100);
  windows.kill('--worker');
  expect(await first).toMatchObject({ exitCode: 5 });

  expect(await windows.run('DELETE', '-', '-')).toMatchObject({ exitCode: 0 });
  expect(windows.fingerprint()).toBe(before);
  expect(windows.calls().filter(({ argv }) => argv.includes('import'))).toHaveLength(1);
});
