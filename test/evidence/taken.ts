import { createHash } from 'node:crypto';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { makeFolders } from '../../src/evidence/folders';
import type { Item, Manifest } from '../../src/evidence/manifest';
import { readEvidence } from '../../src/evidence/read';
import { snapshot } from '../../src/evidence/snapshot';
import type { Task } from '../../src/evidence/task';
import { type Host, type Timeouts, timeouts } from '../../src/host';

/** Nobody waits for the order of a snapshot that has none, and tools that hang are given up soon. */
const impatience = {
  evidence: 60_000,
  evidenceTool: 60_000,
  evidenceLater: 60_000,
  evidenceOrder: 0,
  evidencePause: 0,
};

const task: Task = {
  ...{ case: '77', snapshot: '20261130T092200123Z' },
  order: { at: '2026-11-30T09:22:00.123Z', requestedBy: 'operator', caseNumber: '77' },
  ...{ worker: process.pid, caseSince: 0 },
};

/** A Windows PC as far as a snapshot sees it: a System32 with the tools that a test puts there, and a state folder. */
export class EvidencePc {
  readonly folder = mkdtempSync(join(tmpdir(), 'evidence pc '));
  readonly system32 = join(this.folder, 'Windows', 'System32');
  readonly state = join(this.folder, 'Program Files', 'contain-host', 'state');
  readonly place = join(this.state, 'evidence', task.case, task.snapshot);

  constructor() {
    mkdirSync(join(this.system32, 'drivers', 'etc'), { recursive: true });
    mkdirSync(this.state, { recursive: true, mode: 0o700 });
  }

  /** A small program of the shell in the place of a tool. */
  install(tool: string, script: string): void {
    const file = join(this.system32, tool);
    mkdirSync(join(file, '..'), { recursive: true });
    writeFileSync(file, `#!/bin/sh\n${script}\n`);
    chmodSync(file, 0o755);
  }

  host(limits: Partial<Timeouts> = {}): Host {
    return {
      platform: 'windows',
      env: { SystemRoot: join(this.folder, 'Windows'), ProgramFiles: join(this.folder, 'Program Files') },
      program: '/nowhere/contain-host.js',
      command: [process.execPath, '/nowhere/contain-host.js'],
      name: 'contain-host',
      timeouts: { ...timeouts, ...impatience, ...limits },
    };
  }

  /** What an order tells the process of the snapshot. */
  readonly task = JSON.stringify(task);

  /** As an order does before it starts the process of the snapshot. */
  makeFolders(): void {
    makeFolders(this.state, ['evidence', task.case, task.snapshot, 'unfinished']);
  }

  /** Takes the snapshot, and returns its exit code. */
  async take(host: Host = this.host()): Promise<number | undefined> {
    if (!existsSync(join(this.state, 'evidence'))) this.makeFolders();
    return snapshot(host, this.task);
  }

  manifest(stage: Manifest['stage']): Manifest {
    const found = readEvidence(this.state).snapshots[0]?.[stage]?.manifest;
    if (found === undefined) throw new Error(`there is no manifest of the ${stage} stage`);
    return found;
  }

  item(stage: Manifest['stage'], name: string): Item {
    const found = this.manifest(stage).items.find((item) => item.name === name);
    if (found === undefined) throw new Error(`the ${stage} stage has no ${name}`);
    return found;
  }

  content(stage: Manifest['stage'], file: string): Buffer {
    return readFileSync(join(this.place, stage, file));
  }

  remove(): void {
    rmSync(this.folder, { recursive: true, maxRetries: 10 });
  }
}

/** Every file that any manifest below a state folder names and that is not just so on disk. */
export function wrongFiles(state: string): string[] {
  return readEvidence(state).snapshots.flatMap((one) =>
    [one.first, one.second].flatMap((found) =>
      (found?.manifest.items ?? []).flatMap(({ files }) =>
        files.flatMap(({ file, bytes, sha256 }) => {
          const path = join(state, 'evidence', one.case, one.name, found?.manifest.stage ?? '', file);
          const content = existsSync(path) ? readFileSync(path) : undefined;
          const isRight = content?.length === bytes && createHash('sha256').update(content).digest('hex') === sha256;
          return isRight ? [] : [path];
        }),
      ),
    ),
  );
}

/** All files below a folder, by their paths in it. */
export function filesBelow(folder: string): string[] {
  const found = readdirSync(folder, { recursive: true, withFileTypes: true });
  return found
    .filter((one) => !one.isDirectory())
    .map((one) => join(one.parentPath, one.name).slice(folder.length + 1));
}
