import { setTimeout as wait } from 'node:timers/promises';
import { typicalHost } from '../../fixtures/standin/hosts';
import { readEvidence, type Snapshot } from '../../src/evidence/read';
import { verify } from '../../src/evidence/verify';
import { useWindows } from './windows';

const newWindows = useWindows();

test('beside an order the executable collects evidence by real programs, and the order is as without', async () => {
  const windows = newWindows().setUpHost(typicalHost());
  windows.setSettings({ evidence: 'snapshot' });
  const before = windows.fingerprint();
  expect(await windows.run('contain', '192.0.2.50', 'case=77')).toMatchObject({ exitCode: 0 });
  expect(windows.traffic().isContained).toBe(true);
  let found: Snapshot | undefined;
  while (found?.second === undefined) {
    await wait(200);
    [found] = readEvidence(windows.state).snapshots;
  }
  expect(verify(windows.state, found).findings).toEqual([]);
  const items = [found.first, found.second].flatMap((stage) => stage?.manifest.items ?? []);
  // Wine's netstat prints connections; of most other tools it has none, or one that does little.
  const connections = items.findLast(({ name }) => name === 'connections');
  expect(connections).toMatchObject({ end: 'complete', files: [{ stream: 'stdout' }] });
  expect(items.filter(({ end }) => end === 'failed')).toEqual([]);
  expect(items.find(({ name }) => name === 'hosts')?.end).toMatch(/complete|missing/);
  expect(windows.audit().at(-1)).toMatch(/ evidence=(pending|[0-9a-f]{64}) case=77$/);
  expect(await windows.run('release')).toMatchObject({ exitCode: 0 });
  expect(windows.fingerprint()).toBe(before);
  expect(windows.calls().filter(({ refused }) => refused)).toEqual([]);
});
