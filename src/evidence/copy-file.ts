import { constants } from 'node:fs';
import { errorCode, errorText } from '../process/error-code';
import type { Keep, Taken } from './source';

const chunkBytes = 64 * 1024;

/**
 * Copies a file of the system, one of /proc too, whose size is not known before it is read. Waits for no pipe that
 * somebody put there. What it needs of Node is loaded only now, when the tools have been started. Never throws.
 */
export async function copyFile(path: string, keep: Keep): Promise<Taken> {
  try {
    const { open } = await import('node:fs/promises');
    const file = await open(path, constants.O_RDONLY | (constants.O_NONBLOCK ?? 0));
    try {
      if (!(await file.stat()).isFile()) return { end: 'failed', why: 'it is not a file' };
      const chunk = Buffer.alloc(chunkBytes);
      for (;;) {
        const { bytesRead } = await file.read(chunk, 0, chunk.length, null);
        if (bytesRead === 0) return { end: 'complete' };
        if (!keep('stdout', chunk.subarray(0, bytesRead))) return { end: 'truncated' };
      }
    } finally {
      await file.close();
    }
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return { end: 'missing' };
    return { end: 'failed', why: errorText(error) };
  }
}
