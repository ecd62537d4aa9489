/** The first block of a hive; cells are counted from behind it. */
export const headerLength = 4096;

const checksumAt = 508;

/**
 * Checks what a whole, cleanly written hive must have: its header, its checksum, and bins that reach to the declared end (M.
 * Suhanov, "Windows registry file format specification"). Returns where the cells end in the file and where the root lies.
 */
export function checkHiveHeader(
  bytes: Buffer,
): { readonly end: number; readonly rootOffset: number } | { readonly damaged: string } {
  if (bytes.length < 2 * headerLength) return { damaged: 'it is too short for a policy' };
  if (bytes.toString('latin1', 0, 4) !== 'regf') return { damaged: 'it is not a registry hive' };
  if (bytes.readUInt32LE(4) !== bytes.readUInt32LE(8)) return { damaged: 'its writing was not finished' };
  const [major, minor] = [bytes.readUInt32LE(20), bytes.readUInt32LE(24)];
  if (major !== 1 || minor < 3 || minor > 6) return { damaged: `its version ${major}.${minor} is unknown` };
  if (bytes.readUInt32LE(28) !== 0 || bytes.readUInt32LE(32) !== 1) return { damaged: 'it is not a primary hive file' };
  if (bytes.readUInt32LE(checksumAt) !== checksum(bytes)) return { damaged: 'its checksum is wrong' };
  const rootOffset = bytes.readUInt32LE(36);
  const binsLength = bytes.readUInt32LE(40);
  if (binsLength === 0 || binsLength % headerLength !== 0) return { damaged: 'the length of its bins is wrong' };
  const end = headerLength + binsLength;
  if (bytes.length < end) return { damaged: 'its end is missing' };
  if (rootOffset >= binsLength) return { damaged: 'its root lies outside of it' };
  for (let bin = headerLength; bin < end; ) {
    const size = bytes.readUInt32LE(bin + 8);
    const wrong =
      bytes.toString('latin1', bin, bin + 4) !== 'hbin' || bytes.readUInt32LE(bin + 4) !== bin - headerLength;
    if (wrong || size === 0 || size % headerLength !== 0 || bin + size > end) {
      return { damaged: `the bin at ${bin - headerLength} is broken` };
    }
    bin += size;
  }
  return { end, rootOffset };
}

function checksum(bytes: Buffer): number {
  let sum = 0;
  for (let at = 0; at < checksumAt; at += 4) sum ^= bytes.readUInt32LE(at);
  const unsigned = sum >>> 0;
  // Neither of the two values that could stand for "no checksum" is ever written.
  return unsigned === 0 ? 1 : unsigned === 0xffffffff ? 0xfffffffe : unsigned;
}
