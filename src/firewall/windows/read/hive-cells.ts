import { blockLength, type HiveHeader } from './hive-header';

/**
 * Thrown where a hive is damaged; the message tells people how, with "it" for the file. Code in this folder always
 * catches it.
 */
export class Damage extends Error {}

const binHeaderLength = 32;

/**
 * The allocated cells of a hive. Each can be taken once, since in a sound hive only one owner leads to each cell
 * (security descriptors are shared, but nobody here needs them). So no cycle and no absurd count can make a reader do
 * more work than the file is long.
 */
export class HiveCells {
  /** One bit for every place where a cell can start, every eight bytes; set while the cell can be taken. */
  private readonly open: Uint8Array;

  /** Walks all bins and cells; throws `Damage` unless they follow each other to the declared end. */
  constructor(
    private readonly bytes: Buffer,
    { end }: HiveHeader,
  ) {
    this.open = new Uint8Array((end - blockLength) / 64);
    for (let bin = blockLength; bin < end; ) bin = this.walkBin(bin, end);
  }

  /**
   * The content of the cell at an offset. Throws `Damage` where no allocated cell starts, or when it was taken before.
   */
  take(offset: number): HiveCell {
    const index = offset >>> 6;
    const bit = 1 << ((offset >>> 3) & 7);
    if (offset % 8 !== 0 || ((this.open[index] ?? 0) & bit) === 0) throw new Damage(`it has no cell at ${offset}`);
    this.open[index] = (this.open[index] ?? 0) & ~bit;
    const start = blockLength + offset;
    return new HiveCell(this.bytes, start + 4, start - this.bytes.readInt32LE(start));
  }

  private walkBin(bin: number, end: number): number {
    const size = this.bytes.readUInt32LE(bin + 8);
    const isBin =
      this.bytes.toString('latin1', bin, bin + 4) === 'hbin' && this.bytes.readUInt32LE(bin + 4) === bin - blockLength;
    if (!isBin || size === 0 || size % blockLength !== 0 || bin + size > end)
      throw new Damage(`its bin at ${bin - blockLength} is broken`);
    for (let cell = bin + binHeaderLength; cell < bin + size; ) cell += this.walkCell(cell, bin + size);
    return bin + size;
  }

  /**
   * The size of a cell is negative while it is allocated. A free cell keeps what it held before, such as deleted rules.
   */
  private walkCell(cell: number, end: number): number {
    const stored = this.bytes.readInt32LE(cell);
    const size = Math.abs(stored);
    const offset = cell - blockLength;
    if (size < 8 || size % 8 !== 0 || cell + size > end) throw new Damage(`its cell at ${offset} is broken`);
    if (stored < 0) this.open[offset >>> 6] = (this.open[offset >>> 6] ?? 0) | (1 << ((offset >>> 3) & 7));
    return size;
  }
}

/** The content of one cell. Every read beyond its end throws `Damage`. */
export class HiveCell {
  constructor(
    private readonly bytes: Buffer,
    private readonly start: number,
    private readonly end: number,
  ) {}

  /** The two letters that most kinds of cells start with. */
  get signature(): string {
    return this.text(0, 2);
  }

  word(at: number): number {
    return this.bytes.readUInt16LE(this.place(at, 2));
  }

  long(at: number): number {
    return this.bytes.readUInt32LE(this.place(at, 4));
  }

  /** Names are stored in one byte a character where they can be, else in UTF-16. */
  text(at: number, length: number, encoding: 'latin1' | 'utf16le' = 'latin1'): string {
    const place = this.place(at, length);
    return this.bytes.toString(encoding, place, place + length);
  }

  part(at: number, length: number): Buffer {
    const place = this.place(at, length);
    return this.bytes.subarray(place, place + length);
  }

  private place(at: number, length: number): number {
    const place = this.start + at;
    if (place + length > this.end) throw new Damage('a part of it is cut off');
    return place;
  }
}
