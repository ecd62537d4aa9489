import { setTimeout as wait } from 'node:timers/promises';
import { typicalHost } from '../../fixtures/standin/hosts';
import { useWindows } from './windows';

// It waits for something that takes long: in a file of its own, others run meanwhile.
const newWindows = useWindows();

test('an import goes on when its worker is killed, and holds the lock until it is done', async () => {
  const windows = newWindows().setUpHost(typicalHost());
  const before = windows.fingerprint();
  await windows.run('ADD', '-', '192.0.2.50');
  windows.setFaults({ kind: 'slow', ms: 8_000, match: 'import' });
  const first = windows.run('DELETE', '-', '-');
  while (!windows.calls().some(({ argv }) => argv.includes('import'))) await wait(100);
  windows.kill('--worker');
  expect(await first).toMatchObject({ exitCode: 7 });

  expect(await windows.run('DELETE', '-', '-')).toMatchObject({ exitCode: 0 });
  expect(windows.fingerprint()).toBe(before);
  expect(windows.calls().filter(({ argv }) => argv.includes('import'))).toHaveLength(1);
});
