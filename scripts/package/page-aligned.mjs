/** The optional header of a 64-bit executable: where these stand in it (Microsoft, "PE Format"). */
const field = { fileAlignment: 36, sizeOfHeaders: 60, checksum: 64, debugDirectory: 160 };

const page = 4096;
const upToPage = (bytes) => Math.ceil(bytes / page) * page;

/**
 * Moves the sections of a Windows executable to whole pages of its file. Windows loads either. Wine, on which the tests
 * and benchmarks run, maps such a file as Windows does; all others it reads and copies, 90 MB at each start. Takes and
 * returns the bytes of the file.
 */
export function alignToPages(bytes) {
  const optional = bytes.readUInt32LE(0x3c) + 24;
  const headers = Buffer.from(bytes.subarray(0, bytes.readUInt32LE(optional + field.sizeOfHeaders)));
  headers.writeUInt32LE(page, optional + field.fileAlignment);
  headers.writeUInt32LE(upToPage(headers.length), optional + field.sizeOfHeaders);
  const pieces = [];
  let end = upToPage(headers.length);
  for (const section of sectionHeaders(bytes)) {
    const size = bytes.readUInt32LE(section + 16);
    const offset = bytes.readUInt32LE(section + 20);
    const piece = padded(bytes.subarray(offset, offset + size));
    headers.writeUInt32LE(piece.length, section + 16);
    headers.writeUInt32LE(end, section + 20);
    pieces.push(piece);
    end += piece.length;
  }
  const aligned = Buffer.concat([padded(headers), ...pieces]);
  moveDebugEntries(aligned, optional);
  aligned.writeUInt32LE(0, optional + field.checksum);
  aligned.writeUInt32LE(checksumOf(aligned), optional + field.checksum);
  return aligned;
}

/** The sum of its 16-bit words, each carry added again, and its length. */
function checksumOf(bytes) {
  let sum = 0;
  for (let at = 0; at < bytes.length; at += 2) {
    sum += bytes.readUInt16LE(at);
    sum = (sum & 0xffff) + (sum >>> 16);
  }
  return sum + bytes.length;
}

/** Where a relative virtual address stands in the file. */
export function fileOffset(bytes, address) {
  for (const section of sectionHeaders(bytes)) {
    const [start, size, offset] = [12, 16, 20].map((at) => bytes.readUInt32LE(section + at));
    if (address >= start && address < start + size) return address - start + offset;
  }
  throw new Error(`The executable has nothing at ${address}.`);
}

/** The places of the section headers in the file. */
function sectionHeaders(bytes) {
  const optional = bytes.readUInt32LE(0x3c) + 24;
  const first = optional + bytes.readUInt16LE(optional - 4);
  return Array.from({ length: bytes.readUInt16LE(optional - 18) }, (_, index) => first + 40 * index);
}

/** The only table that names places in the file, too, and not in memory alone. */
function moveDebugEntries(bytes, optional) {
  const [address, size] = [0, 4].map((at) => bytes.readUInt32LE(optional + field.debugDirectory + at));
  const first = size === 0 ? 0 : fileOffset(bytes, address);
  for (let entry = first; entry < first + size; entry += 28) {
    const data = bytes.readUInt32LE(entry + 20);
    if (data !== 0) bytes.writeUInt32LE(fileOffset(bytes, data), entry + 24);
  }
}

function padded(bytes) {
  return Buffer.concat([bytes, Buffer.alloc(upToPage(bytes.length) - bytes.length)]);
}
