import { closeSync, fsyncSync, openSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { errorText } from '../process/error-code';
import { sha256Of } from '../process/sha256';
import { KeptOutput } from './kept-output';
import { hashFile, hashLine, type Item, type KeptFile, type Manifest, manifestFile } from './manifest';
import type { Room } from './room';
import type { Source, Taken } from './source';
import { unfinishedFolder } from './task';

/** One source that is being collected. */
export class Collection {
  /** Resolves when it has ended, however it did. */
  readonly ended: Promise<void>;
  private startedAt = new Date();
  private readonly streams: Readonly<Record<KeptFile['stream'], KeptOutput>>;
  private taken: Taken | undefined;
  private endedAt: Date | undefined;

  /** `folder`: the snapshot's. `turn`: what it waits for before it begins. */
  constructor(
    private readonly source: Source,
    folder: string,
    room: Room,
    private readonly turn: Promise<void> | undefined = undefined,
  ) {
    const { name, ending } = source;
    const unfinished = join(folder, unfinishedFolder);
    this.streams = {
      stdout: new KeptOutput(unfinished, `${name}.${ending}`, 'stdout', room),
      stderr: new KeptOutput(unfinished, `${name}.err.txt`, 'stderr', room),
    };
    this.ended = this.collect();
  }

  get hasEnded(): boolean {
    return this.taken !== undefined;
  }

  private async collect(): Promise<void> {
    if (this.turn !== undefined) await this.turn;
    this.startedAt = new Date();
    try {
      this.taken = await this.source.collect((stream, bytes) => this.streams[stream].write(bytes));
    } catch (error) {
      this.taken = { end: 'failed', why: errorText(error) };
    }
    this.endedAt = new Date();
  }

  /** What a manifest says of it while it goes on. */
  pending(): Item {
    const { name, source } = this.source;
    return { name, source, end: 'pending', startedAt: this.startedAt.toISOString(), files: [] };
  }

  /** Puts its files into the folder of a stage, and returns what the manifest says of it. Never throws. */
  async finish(stageFolder: string): Promise<Item> {
    const { name, source } = this.source;
    const { end, exitCode, why } = this.taken ?? { end: 'failed' };
    const times = { startedAt: this.startedAt.toISOString(), endedAt: (this.endedAt ?? new Date()).toISOString() };
    const item = { name, source, end, ...times, ...(exitCode === undefined ? {} : { exitCode }) };
    const outputs = Object.values(this.streams);
    try {
      const error = outputs.find((output) => output.error !== undefined)?.error;
      if (error !== undefined) throw error;
      const files = (await Promise.all(outputs.map((output) => output.finish(stageFolder)))).flatMap(
        (file) => file ?? [],
      );
      return { ...item, ...(why === undefined ? {} : { why }), files };
    } catch (error) {
      for (const output of outputs) output.drop();
      return { ...item, end: 'failed', why: `its output could not be kept: ${errorText(error)}`, files: [] };
    }
  }
}

/**
 * Writes the manifest of a stage, whose files are on disk, and its hash beside it. Returns that hash. Throws the file
 * system's error.
 */
export function writeManifest(folder: string, manifest: Manifest): string {
  const text = `${JSON.stringify(manifest, null, 2)}\n`;
  const sha256 = sha256Of(text);
  const stage = join(folder, manifest.stage);
  const put = (file: string, content: string): void => {
    const part = join(folder, unfinishedFolder, `${manifest.stage}-${file}`);
    writeFileSync(part, content, { mode: 0o600, flag: 'wx', flush: true });
    renameSync(part, join(stage, file));
  };
  put(hashFile, hashLine(sha256));
  put(manifestFile, text);
  keepNames(stage);
  return sha256;
}

/** A power cut right after must not take the names of the files away. Windows opens no folder, and needs none of it. */
function keepNames(folder: string): void {
  if (process.platform === 'win32') return;
  const fd = openSync(folder, 'r');
  try {
    fsyncSync(fd);
  } finally {
    closeSync(fd);
  }
}
