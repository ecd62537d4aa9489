/** Length of a hive's first block, and the unit of its bins. Cells are counted from behind it. */
export const blockLength = 4096;

const checksumAt = 508;

export interface HiveHeader {
  /** Where the last bin ends in the file. */
  readonly end: number;
  /** Offset of the root key's cell. */
  readonly root: number;
  /** The version is 1.`minor`. */
  readonly minor: number;
}

/** Tells people why a file is not a sound hive, with "it" for the file. */
export interface Damaged {
  readonly damaged: string;
}

/**
 * Checks the first block of a hive: that it is one, of a version that is known, and that its writing was finished
 * (M. Suhanov, "Windows registry file format specification", base block).
 */
export function readHiveHeader(bytes: Buffer): HiveHeader | Damaged {
  if (bytes.length < 2 * blockLength) return { damaged: 'it is too short for a policy' };
  if (bytes.toString('latin1', 0, 4) !== 'regf') return { damaged: 'it is not a registry hive' };
  if (bytes.readUInt32LE(4) !== bytes.readUInt32LE(8)) return { damaged: 'its writing was not finished' };
  const [major, minor] = [bytes.readUInt32LE(20), bytes.readUInt32LE(24)];
  if (major !== 1 || minor < 3 || minor > 6) return { damaged: `its version ${major}.${minor} is unknown` };
  if (bytes.readUInt32LE(28) !== 0 || bytes.readUInt32LE(32) !== 1) return { damaged: 'it is not a primary hive file' };
  if (bytes.readUInt32LE(checksumAt) !== checksum(bytes)) return { damaged: 'its checksum is wrong' };
  const binsLength = bytes.readUInt32LE(40);
  if (binsLength === 0 || binsLength % blockLength !== 0) return { damaged: 'the length of its bins is wrong' };
  if (bytes.length < blockLength + binsLength) return { damaged: 'its end is missing' };
  const root = bytes.readUInt32LE(36);
  if (root >= binsLength) return { damaged: 'its root lies outside of it' };
  return { end: blockLength + binsLength, root, minor };
}

/** The XOR of the 127 words before it. The two values that could stand for "no checksum" are never written. */
function checksum(bytes: Buffer): number {
  let sum = 0;
  for (let at = 0; at < checksumAt; at += 4) sum ^= bytes.readUInt32LE(at);
  const unsigned = sum >>> 0;
  return unsigned === 0 ? 1 : unsigned === 0xffffffff ? 0xfffffffe : unsigned;
}
