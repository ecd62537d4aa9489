import { createReadStream, createWriteStream } from 'node:fs';
import { pipeline } from 'node:stream/promises';
import { ZipFile } from 'yazl';
import { removeIfPossible } from '../state/files';
import { openEvidence } from './read';
import type { PresentFile } from './verify';

/** Only its owner may read what is unpacked: command lines hold secrets. */
const mode = 0o100600;

/**
 * Packs files of the evidence into a new ZIP archive, under their names below the state folder. Follows no link. Throws
 * the system's error, EEXIST where something stands there already; nothing is left behind then.
 */
export async function archive(stateFolder: string, files: readonly PresentFile[], target: string): Promise<void> {
  const output = createWriteStream(target, { flags: 'wx', mode: 0o600 });
  await opened(output);
  const zip = new ZipFile();
  zip.on('error', (error) => output.destroy(error));
  for (const { names, at } of files)
    zip.addReadStreamLazy(names.join('/'), { mtime: at, mode }, (give) => {
      try {
        give(null, createReadStream('', { fd: openEvidence(stateFolder, names) }));
      } catch (error) {
        output.destroy(error as Error);
      }
    });
  zip.end();
  try {
    await pipeline(zip.outputStream, output);
  } catch (error) {
    removeIfPossible(target);
    throw error;
  }
}

function opened(output: ReturnType<typeof createWriteStream>): Promise<void> {
  return new Promise((resolve, reject) => {
    output.once('open', () => resolve()).once('error', reject);
  });
}
