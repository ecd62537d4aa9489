import { type RegistryKeys, type RegistryValue, RegistryValues } from '../../../windows/registry-file';
import { checkHiveHeader, headerLength } from './hive-header';

/** Deeper or fuller than any policy; a file that needs more is not one. */
const deepestKey = 16;
const mostCells = 4_000_000;

const valueTypes = { text: [1, 2], number: 4 } as const;

/** Longest data of a value that lies in one cell; longer data is split ("db"), from version 1.4 on. */
const longestSingleCell = 16344;

class Damage extends Error {}

/**
 * Reads a registry hive, the form of an exported policy file (.wfw), into its keys by their path from the root, in lower case.
 * Layout: M. Suhanov, "Windows registry file format specification". Only cells that the root leads to count; free cells hold
 * rules of yesterday. Never throws and never loops, whatever the bytes are.
 */
export function readHive(bytes: Buffer): { readonly keys: RegistryKeys } | { readonly damaged: string } {
  const header = checkHiveHeader(bytes);
  if ('damaged' in header) return header;
  try {
    return { keys: new HiveReader(bytes, header.end).read(header.rootOffset) };
  } catch (error) {
    if (error instanceof Damage || error instanceof RangeError) return { damaged: error.message };
    throw error;
  }
}

class HiveReader {
  private readonly keys = new Map<string, RegistryValues>();
  private cells = 0;

  constructor(
    private readonly bytes: Buffer,
    private readonly end: number,
  ) {}

  read(rootOffset: number): RegistryKeys {
    this.readKey(rootOffset, undefined, 0);
    return this.keys;
  }

  /** The content of an allocated cell: its size is negative, a free cell's is positive. */
  private cell(offset: number): Buffer {
    if (++this.cells > mostCells) throw new Damage('it holds more than a policy can');
    const start = headerLength + offset;
    if (offset % 8 !== 0 || start + 4 > this.end) throw new Damage(`there is no cell at ${offset}`);
    const size = -this.bytes.readInt32LE(start);
    if (size < 8 || start + size > this.end) throw new Damage(`the cell at ${offset} is free or cut`);
    return this.bytes.subarray(start + 4, start + size);
  }

  private signed(offset: number, ...signatures: string[]): Buffer {
    const cell = this.cell(offset);
    if (!signatures.includes(cell.toString('latin1', 0, 2)))
      throw new Damage(`the cell at ${offset} is not what it should be`);
    return cell;
  }

  private readKey(offset: number, parent: string | undefined, depth: number): void {
    if (depth > deepestKey) throw new Damage('its keys are nested too deep');
    const node = this.signed(offset, 'nk');
    const name = readName(node, 76, node.readUInt16LE(72), (node.readUInt16LE(2) & 0x20) !== 0).toLowerCase();
    // The root's own name is a temporary one and stands in no path.
    const path = parent === undefined ? '' : parent === '' ? name : `${parent}\\${name}`;
    if (this.keys.has(path)) throw new Damage(`the key ${path} stands there twice`);
    this.keys.set(path, this.readValues(node));
    if (node.readUInt32LE(20) > 0) {
      for (const subkey of this.subkeys(node.readUInt32LE(28), 0)) this.readKey(subkey, path, depth + 1);
    }
  }

  private subkeys(listOffset: number, depth: number): number[] {
    const list = this.signed(listOffset, 'lf', 'lh', 'li', 'ri');
    const kind = list.toString('latin1', 0, 2);
    const width = kind === 'lf' || kind === 'lh' ? 8 : 4;
    const offsets = Array.from({ length: list.readUInt16LE(2) }, (_, index) => list.readUInt32LE(4 + index * width));
    if (kind !== 'ri') return offsets;
    if (depth > 0) throw new Damage('its index of keys is nested too deep');
    return offsets.flatMap((offset) => this.subkeys(offset, depth + 1));
  }

  private readValues(node: Buffer): RegistryValues {
    const values = new RegistryValues();
    const count = node.readUInt32LE(36);
    if (count === 0) return values;
    const list = this.cell(node.readUInt32LE(40));
    if (count * 4 > list.length) throw new Damage('a list of values is cut');
    for (let index = 0; index < count; index++) {
      const value = this.signed(list.readUInt32LE(index * 4), 'vk');
      const name = readName(value, 20, value.readUInt16LE(2), (value.readUInt16LE(16) & 1) !== 0);
      values.set(name, this.readData(value));
    }
    return values;
  }

  private readData(value: Buffer): RegistryValue {
    const rawSize = value.readUInt32LE(4);
    const type = value.readUInt32LE(12);
    const inline = (rawSize & 0x80000000) !== 0;
    const size = rawSize & 0x7fffffff;
    if (inline && size > 4) throw new Damage('a short value is too long');
    const data = inline ? value.subarray(8, 8 + size) : this.longData(value.readUInt32LE(8), size);
    if (type === valueTypes.number && data.length === 4) return { type: 'number', number: data.readUInt32LE(0) };
    if (type !== valueTypes.text[0] && type !== valueTypes.text[1]) return { type: 'other' };
    return { type: 'text', text: data.toString('utf16le').replace(/\0+$/, '') };
  }

  private longData(offset: number, size: number): Buffer {
    if (size <= longestSingleCell) {
      const data = this.cell(offset);
      if (size > data.length) throw new Damage('the data of a value is cut');
      return data.subarray(0, size);
    }
    if (size > this.bytes.length) throw new Damage('the data of a value is cut');
    const index = this.signed(offset, 'db');
    const list = this.cell(index.readUInt32LE(4));
    const parts = Array.from({ length: index.readUInt16LE(2) }, (_, part) =>
      this.cell(list.readUInt32LE(part * 4)).subarray(0, longestSingleCell),
    );
    const data = Buffer.concat(parts);
    if (size > data.length) throw new Damage('the data of a value is cut');
    return data.subarray(0, size);
  }
}

/** Names are stored in one byte a character where they can be, else in UTF-16. */
function readName(cell: Buffer, at: number, length: number, compressed: boolean): string {
  if (at + length > cell.length) throw new Damage('a name is cut');
  return cell.toString(compressed ? 'latin1' : 'utf16le', at, at + length);
}
