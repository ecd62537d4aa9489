import { createHash } from 'node:crypto';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Manifest, Stage } from '../../src/evidence/manifest';

/** What a manifest of an operator's snapshot says, with one file in it. */
export function manifestOf(stage: Stage, content: string, others: Partial<Manifest> = {}): Manifest {
  const sha256 = createHash('sha256').update(content).digest('hex');
  return {
    version: 1,
    stage,
    ...{ host: 'PC-17', system: 'Windows_NT 10.0.19045 x64', program: '1.2.3' },
    ...{ case: '77', snapshot: '20261130T092200123Z' },
    order: { at: '2026-11-30T09:22:00.123Z', requestedBy: 'operator', caseNumber: '77' },
    ...{ startedAt: '2026-11-30T09:22:00.200Z', endedAt: '2026-11-30T09:22:00.900Z' },
    ...(stage === 'second' ? { firstManifest: '0'.repeat(64) } : {}),
    items: [
      {
        name: 'connections',
        source: ['C:\\Windows\\System32\\netstat.exe', '-ano'],
        end: 'complete',
        ...{ startedAt: '2026-11-30T09:22:00.210Z', endedAt: '2026-11-30T09:22:00.400Z' },
        exitCode: 0,
        files: [{ file: 'connections.txt', stream: 'stdout', bytes: content.length, sha256 }],
      },
    ],
    ...others,
  };
}

/** Puts one stage of a snapshot into a state folder. */
export function putStage(stateFolder: string, manifest: Manifest, content: string): string {
  const folder = join(stateFolder, 'evidence', manifest.case, manifest.snapshot, manifest.stage);
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  writeFileSync(join(folder, 'connections.txt'), content);
  const text = JSON.stringify(manifest);
  writeFileSync(join(folder, 'manifest.json'), text);
  writeFileSync(join(folder, 'manifest.sha256'), `${createHash('sha256').update(text).digest('hex')}  manifest.json\n`);
  return folder;
}
