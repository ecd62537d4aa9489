/** A key of a hive to build. */
export interface Key {
  readonly name: string;
  readonly values?: Readonly<Record<string, Value>>;
  readonly subkeys?: readonly Key[];
}

/** A text is REG_SZ, a number REG_DWORD; anything else is a type and its bytes. */
export type Value = string | number | { readonly type: number; readonly data: Buffer };

export interface Shape {
  /** How keys are listed below their parent; `ri` is an index of lists of two. */
  readonly list?: 'lf' | 'lh' | 'li' | 'ri';
  readonly minor?: number;
  /** Values to leave behind in free cells, as after a deletion. */
  readonly leftovers?: Readonly<Record<string, Value>>;
  /** Cells before which a new bin starts, so that the hive has several. */
  readonly cellsPerBin?: number;
}

const nowhere = 0xffffffff;
const segment = 16_344;

/** Builds a hive file from the format's description (M. Suhanov, "Windows registry file format specification"). */
export function buildHive(root: Key, shape: Shape = {}): Buffer {
  return new HiveBuilder(shape).build(root);
}

/** Writes the checksum anew after the header was changed on purpose. */
export function seal(hive: Buffer): Buffer {
  let sum = 0;
  for (let at = 0; at < 508; at += 4) sum = (sum ^ hive.readUInt32LE(at)) >>> 0;
  hive.writeUInt32LE(sum === 0 ? 1 : sum === nowhere ? nowhere - 1 : sum, 508);
  return hive;
}

class HiveBuilder {
  private readonly bins: Buffer[][] = [];
  private cellCount = 0;
  /** Offset of the next cell. */
  private next = 0;

  constructor(private readonly shape: Shape) {}

  build(root: Key): Buffer {
    for (const [name, value] of Object.entries(this.shape.leftovers ?? {})) this.value(name, value, true);
    const rootAt = this.key(root);
    this.closeBin();
    const bins = Buffer.concat(this.bins.flat());
    const header = Buffer.alloc(4096);
    header.write('regf', 'latin1');
    const fields = [4, 7, 8, 7, 20, 1, 24, this.shape.minor ?? 5, 32, 1, 36, rootAt, 40, bins.length, 44, 1];
    for (let at = 0; at < fields.length; at += 2) header.writeUInt32LE(fields[at + 1] ?? 0, fields[at] ?? 0);
    return seal(Buffer.concat([header, bins]));
  }

  private key({ name, values = {}, subkeys = [] }: Key): number {
    const children = subkeys.map((child) => this.key(child));
    const listAt = children.length === 0 ? nowhere : this.list(children);
    const valuesAt = Object.entries(values).map(([valueName, value]) => this.value(valueName, value, false));
    const text = nameBytes(name);
    const node = Buffer.alloc(76);
    node.write('nk', 'latin1');
    node.writeUInt16LE(text.narrow ? 0x20 : 0, 2);
    node.writeUInt32LE(children.length, 20);
    node.writeUInt32LE(listAt, 28);
    node.writeUInt32LE(nowhere, 32);
    node.writeUInt32LE(valuesAt.length, 36);
    node.writeUInt32LE(valuesAt.length === 0 ? nowhere : this.cell(longs(valuesAt)), 40);
    node.writeUInt32LE(nowhere, 44);
    node.writeUInt16LE(text.bytes.length, 72);
    return this.cell(Buffer.concat([node, text.bytes]));
  }

  private list(children: readonly number[], kind = this.shape.list ?? 'lh'): number {
    const head = Buffer.from(`${kind}\0\0`, 'latin1');
    if (kind === 'ri') {
      const parts = [];
      for (let at = 0; at < children.length; at += 2) parts.push(this.list(children.slice(at, at + 2), 'li'));
      head.writeUInt16LE(parts.length, 2);
      return this.cell(Buffer.concat([head, longs(parts)]));
    }
    head.writeUInt16LE(children.length, 2);
    return this.cell(
      Buffer.concat([head, longs(kind === 'li' ? children : children.flatMap((at) => [at, 0x41424344]))]),
    );
  }

  private value(name: string, value: Value, isFree: boolean): number {
    const { type, data } = encode(value);
    const text = nameBytes(name);
    const node = Buffer.alloc(20);
    node.write('vk', 'latin1');
    node.writeUInt16LE(text.bytes.length, 2);
    node.writeUInt32LE(data.length <= 4 && data.length > 0 ? data.length + 0x80000000 : data.length, 4);
    if (data.length === 0) node.writeUInt32LE(nowhere, 8);
    else if (data.length <= 4) data.copy(node, 8);
    else node.writeUInt32LE(this.data(data, isFree), 8);
    node.writeUInt32LE(type, 12);
    node.writeUInt16LE(text.narrow ? 1 : 0, 16);
    return this.cell(Buffer.concat([node, text.bytes]), isFree);
  }

  private data(data: Buffer, isFree: boolean): number {
    if (data.length <= segment || (this.shape.minor ?? 5) < 4) return this.cell(data, isFree);
    const parts = [];
    for (let at = 0; at < data.length; at += segment) parts.push(this.cell(data.subarray(at, at + segment), isFree));
    const head = Buffer.alloc(8);
    head.write('db', 'latin1');
    head.writeUInt16LE(parts.length, 2);
    head.writeUInt32LE(this.cell(longs(parts), isFree), 4);
    return this.cell(head, isFree);
  }

  private cell(content: Buffer, isFree = false): number {
    if (this.cellCount++ % (this.shape.cellsPerBin ?? Number.POSITIVE_INFINITY) === 0) this.openBin();
    const size = Math.ceil((content.length + 4) / 8) * 8;
    const cell = Buffer.alloc(size);
    cell.writeInt32LE(isFree ? size : -size);
    content.copy(cell, 4);
    this.bins.at(-1)?.push(cell);
    const at = this.next;
    this.next += size;
    return at;
  }

  private openBin(): void {
    this.closeBin();
    const header = Buffer.alloc(32);
    header.write('hbin', 'latin1');
    header.writeUInt32LE(this.next, 4);
    this.bins.push([header]);
    this.next += 32;
  }

  /** The rest of a bin is one free cell. */
  private closeBin(): void {
    const bin = this.bins.at(-1);
    if (bin?.[0] === undefined) return;
    const length = bin.reduce((sum, part) => sum + part.length, 0);
    const size = Math.ceil(length / 4096) * 4096;
    if (size > length) {
      const rest = Buffer.alloc(size - length);
      rest.writeInt32LE(size - length);
      bin.push(rest);
      this.next += rest.length;
    }
    bin[0].writeUInt32LE(size, 8);
  }
}

function encode(value: Value): { type: number; data: Buffer } {
  if (typeof value === 'string') return { type: 1, data: Buffer.from(`${value}\0`, 'utf16le') };
  if (typeof value !== 'number') return value;
  const data = Buffer.alloc(4);
  data.writeUInt32LE(value);
  return { type: 4, data };
}

function nameBytes(name: string): { narrow: boolean; bytes: Buffer } {
  const narrow = /^[\x01-\xff]*$/.test(name);
  return { narrow, bytes: Buffer.from(name, narrow ? 'latin1' : 'utf16le') };
}

function longs(values: readonly number[]): Buffer {
  const buffer = Buffer.alloc(values.length * 4);
  for (const [index, value] of values.entries()) buffer.writeUInt32LE(value, index * 4);
  return buffer;
}
