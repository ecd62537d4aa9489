import { chmodSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { waitUntilIdle } from '../../fixtures/idle';
import { readEvidence } from '../../src/evidence/read';
import { verify } from '../../src/evidence/verify';
import { wrongFiles } from '../evidence/taken';
import { add, Bench, inParallel, release } from './bench';

/** So many places of the order, from the start of the snapshot to its last call, and one before. */
const points = 12;

test('killed anywhere in an ADD while a snapshot is taken, the host comes back and no half of a file is evidence', async () => {
  const host = Bench.create();
  for (const tool of ['netstat', 'arp', 'net']) {
    const file = join(host.machine.system32, `${tool}.exe`);
    writeFileSync(file, '#!/bin/sh\necho begun; sleep 0.2; echo ended\n');
    chmodSync(file, 0o755);
  }
  const before = host.machine.fingerprint();
  const trial = host.copy();
  const names = await trial.record(add);
  trial.remove();
  const begun = names.findIndex((name) => name.startsWith('start snapshot'));
  const calls = Array.from({ length: points }, (_, index) => {
    const position = begun - 1 + (index * (names.length - begun)) / (points - 1);
    return String(names[Math.floor(position)]);
  });
  const problems: string[] = [];
  const benches = new Map<string, Bench>();
  const killAndRelease = async (call: string): Promise<void> => {
    const bench = host.copy();
    benches.set(call, bench);
    const { signal } = await bench.work(add, { snapshots: 'real', kill: { call, when: 'after' } });
    if (signal !== 'SIGKILL') problems.push(`${call}: the order was not killed`);
    problems.push(...wrongFiles(bench.stateFolder).map((file) => `${call}: ${file} is not whole`));
    const { exitCode, outcome } = await bench.work(release);
    if (exitCode !== 0) problems.push(`${call}: DELETE ends with ${exitCode}: ${outcome?.message}`);
    if (bench.machine.fingerprint() !== before) problems.push(`${call}: the policy is not the one from before`);
  };
  await inParallel(calls, 3, killAndRelease);

  let whole = 0;
  for (const [call, bench] of benches) {
    await waitUntilIdle(`TMPDIR=${bench.folder}`);
    const { snapshots, problems: found } = readEvidence(bench.stateFolder);
    problems.push(...found.map((problem) => `${call}: ${problem}`));
    for (const one of snapshots) {
      const { findings, present } = verify(bench.stateFolder, one);
      if (one.first === undefined ? present.length > 0 : findings.length > 0)
        problems.push(`${call}: ${findings.join(' ')} ${present.length} files count`);
      if (one.second !== undefined) whole++;
    }
    bench.remove();
  }
  host.remove();
  expect(problems).toEqual([]);
  // Once it was started nothing that befalls the order ends it.
  expect(whole).toBe(points - 1);
}, 300_000);
