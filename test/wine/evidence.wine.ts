import { setTimeout as wait } from 'node:timers/promises';
import { typicalHost } from '../../fixtures/standin/hosts';
import { readEvidence, type Snapshot } from '../../src/evidence/read';
import { verify } from '../../src/evidence/verify';
import { useWindows } from './windows';

const newWindows = useWindows();

/** The tools of the first stage that Wine has, too; it prints what it knows. */
const known = ['connections', 'processes', 'addresses'];

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
  for (const name of known) {
    const item = items.findLast((one) => one.name === name);
    expect([name, item?.end, item?.files[0]?.bytes]).toEqual([name, 'complete', expect.any(Number)]);
  }
  expect(items.find(({ name }) => name === 'hosts')?.end).toMatch(/complete|missing/);
  expect(windows.audit().at(-1)).toMatch(/ evidence=(pending|[0-9a-f]{64}) case=77$/);
  expect(await windows.run('release')).toMatchObject({ exitCode: 0 });
  expect(windows.fingerprint()).toBe(before);
  expect(windows.calls().filter(({ refused }) => refused)).toEqual([]);
});
