import { rmSync } from 'node:fs';
import { arch, availableParallelism, hostname, release, type } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import type { Host } from '../host';
import { exitCodes } from '../outcome/exit-codes';
import { Log } from '../outcome/output/log';
import { version } from '../outcome/version';
import { isThere } from '../state/files';
import { stateFolderOf } from '../state/folder';
import { copyFile } from './copy-file';
import { isFolderName, makeFolders, stampForm } from './folders';
import { linuxSources } from './linux-sources';
import { evidenceFolder, type Item, type Manifest, type Stage } from './manifest';
import { limits, removeOldEvidence } from './retention';
import { Room } from './room';
import type { Source } from './source';
import { Collection, writeManifest } from './stage';
import { hostsBefore, type Task, unfinishedFolder } from './task';
import { beginInTurn, toolsAtOnce } from './turns';
import { windowsSources } from './windows-sources';

/**
 * Takes the snapshot that an order started, in a process of its own. Returns its exit code, which nobody waits for;
 * undefined where these words are no task of ours.
 */
export async function snapshot(host: Host, words: string): Promise<number | undefined> {
  const task = parseTask(words);
  if (task === undefined) return undefined;
  const log = new Log(stateFolderOf(host));
  try {
    await new TakenSnapshot(host, task, log).take();
    return exitCodes.done;
  } catch (error) {
    log.warn('The evidence could not be collected, or not all of it', { case: task.case, error: String(error) });
    return exitCodes.unable;
  }
}

function parseTask(text: string): Task | undefined {
  try {
    const task = JSON.parse(text) as Task;
    return isFolderName(task.case) && stampForm.test(task.snapshot) ? task : undefined;
  } catch {
    return undefined;
  }
}

class TakenSnapshot {
  private readonly begun = new Date();
  private readonly stateFolder: string;
  private readonly folder: string;

  constructor(
    private readonly host: Host,
    private readonly task: Task,
    private readonly log: Log,
  ) {
    const { case: name, snapshot: own } = task;
    this.stateFolder = stateFolderOf(host);
    this.folder = makeFolders(this.stateFolder, [evidenceFolder, name, own]);
  }

  async take(): Promise<void> {
    const { host, folder, log, task } = this;
    const room = new Room(folder);
    if (room.isUsedUp) throw new Error('there is too little room on the disk');
    const { evidence, evidenceOrder, evidencePause } = host.timeouts;
    const sources = host.platform === 'windows' ? windowsSources(host) : linuxSources(host);
    makeFolders(folder, ['first']);
    const collect = (source: Source, turn?: Promise<void>) => new Collection(source, folder, room, turn);
    const turns = { atOnce: toolsAtOnce(availableParallelism()), withinMs: evidence * 0.75 };
    const early = beginInTurn(sources.first, collect, turns);
    await Promise.race([endOf(early), wait(evidence, undefined, { ref: false })]);
    const done = early.filter(({ hasEnded }) => hasEnded);
    const late = early.filter((one) => !done.includes(one));
    const firstManifest = await this.close('first', done, late);

    await orderEnded(task.worker, evidenceOrder);
    await wait(evidencePause);
    makeFolders(folder, ['second']);
    const hosts = join(folder, hostsBefore);
    const kept: Source = {
      ...{ name: 'hosts-before', ending: 'txt', source: [hosts] },
      collect: (keep) => copyFile(hosts, keep),
    };
    const others = [...(isThere(hosts) ? [kept] : []), ...sources.second];
    const second = [...late, ...others.map((one) => collect(one))];
    await endOf(second);
    await this.close('second', second, [], firstManifest);
    for (const name of [unfinishedFolder, hostsBefore]) rmSync(join(folder, name), { recursive: true, force: true });
    const removed = removeOldEvidence(this.stateFolder, task.caseSince, limits);
    log.info('evidence', { case: task.case, snapshot: task.snapshot, ...(removed.length === 0 ? {} : { removed }) });
  }

  /** Finishes what has ended, and writes the manifest of the stage. Returns its hash. */
  private async close(
    stage: Stage,
    ended: readonly Collection[],
    pending: readonly Collection[],
    firstManifest?: string,
  ): Promise<string> {
    const { begun, folder, task } = this;
    const finished = await Promise.all(ended.map((one) => one.finish(join(folder, stage))));
    const items: Item[] = [...finished, ...pending.map((one) => one.pending())];
    const manifest: Manifest = {
      ...{ version: 1, stage, host: hostname(), system: `${type()} ${release()} ${arch()}`, program: version },
      ...{ case: task.case, snapshot: task.snapshot, order: task.order },
      ...{ startedAt: begun.toISOString(), endedAt: new Date().toISOString() },
      ...(firstManifest === undefined ? {} : { firstManifest }),
      items,
    };
    return writeManifest(folder, manifest);
  }
}

async function endOf(collections: readonly Collection[]): Promise<void> {
  await Promise.all(collections.map(({ ended }) => ended));
}

const lookMs = 50;

/** Waits until the order has ended: its block goes first. */
async function orderEnded(pid: number, limitMs: number): Promise<void> {
  const until = performance.now() + limitMs;
  while (isAlive(pid) && performance.now() < until) await wait(lookMs);
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}
