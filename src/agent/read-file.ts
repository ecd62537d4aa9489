import { closeSync, constants, fstatSync, openSync, readSync } from 'node:fs';

/**
 * Reads a whole regular file of at most `largest` bytes. Throws the system's error, or one that says what is wrong with the
 * file; whatever stands at the path, it returns in bounded time and memory.
 */
export function readFile(file: string, largest: number): Buffer {
  return withFile(file, (fd, size) => {
    if (size > largest) throw new Error(`it is larger than ${largest} bytes`);
    return readAt(fd, 0, size);
  });
}

/** As `readFile`, but of a longer file only its last `length` bytes. */
export function readTail(file: string, length: number): Buffer {
  return withFile(file, (fd, size) => {
    const start = Math.max(0, size - length);
    return readAt(fd, start, size - start);
  });
}

function withFile<T>(file: string, use: (fd: number, size: number) => T): T {
  // Without O_NONBLOCK, opening a named pipe waits for somebody to write into it. Windows has no such flag.
  const fd = openSync(file, constants.O_RDONLY | (constants.O_NONBLOCK ?? 0));
  try {
    const stat = fstatSync(fd);
    if (!stat.isFile()) throw new Error('it is not a file');
    return use(fd, stat.size);
  } finally {
    closeSync(fd);
  }
}

function readAt(fd: number, start: number, length: number): Buffer {
  const bytes = Buffer.alloc(length);
  return bytes.subarray(0, readSync(fd, bytes, 0, length, start));
}
