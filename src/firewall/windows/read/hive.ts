import { type RegistryKeys, type RegistryValue, RegistryValues, typedValue } from '../../../windows/registry-file';
import { Damage, type HiveCell, HiveCells } from './hive-cells';
import { type Damaged, type HiveHeader, readHiveHeader } from './hive-header';

/** No policy has keys that are nested deeper than this. */
const deepestKey = 16;

/** REG_DWORD. */
const numberType = 4;

/** Longest data in one cell; from version 1.4 on longer data is cut into segments of this length. */
const segmentLength = 16_344;

/**
 * Reads a registry hive, the form of an exported policy file (.wfw), into its keys by their path from the root, in
 * lower case (M. Suhanov, "Windows registry file format specification"). Only cells that the root leads to count.
 * Whatever the bytes are, it neither throws nor takes more time and memory than their length accounts for.
 */
export function readHive(bytes: Buffer): { readonly keys: RegistryKeys } | Damaged {
  const header = readHiveHeader(bytes);
  if ('damaged' in header) return header;
  try {
    return { keys: new HiveReader(bytes, header).read() };
  } catch (error) {
    if (error instanceof Damage) return { damaged: error.message };
    throw error;
  }
}

class HiveReader {
  private readonly keys = new Map<string, RegistryValues>();
  private readonly cells: HiveCells;

  constructor(
    bytes: Buffer,
    private readonly header: HiveHeader,
  ) {
    this.cells = new HiveCells(bytes, header);
  }

  read(): RegistryKeys {
    this.readKey(this.header.root, undefined, 0);
    return this.keys;
  }

  private take(offset: number, ...signatures: string[]): HiveCell {
    const cell = this.cells.take(offset);
    if (!signatures.includes(cell.signature)) throw new Damage(`its cell at ${offset} is not what it should be`);
    return cell;
  }

  /** The root's own name is a temporary one and stands in no path. */
  private readKey(offset: number, parent: string | undefined, depth: number): void {
    if (depth > deepestKey) throw new Damage('its keys are nested too deep');
    const node = this.take(offset, 'nk');
    const encoding = (node.word(2) & 0x20) !== 0 ? 'latin1' : 'utf16le';
    const name = node.text(76, node.word(72), encoding).toLowerCase();
    const path = parent === undefined ? '' : parent === '' ? name : `${parent}\\${name}`;
    if (this.keys.has(path)) throw new Damage('one of its keys stands there twice');
    this.keys.set(path, this.readValues(node));
    const count = node.long(20);
    const subkeys = count === 0 ? [] : this.subkeys(node.long(28), true);
    if (subkeys.length !== count) throw new Damage('some of its keys are missing');
    for (const subkey of subkeys) this.readKey(subkey, path, depth + 1);
  }

  private subkeys(offset: number, mayBeIndex: boolean): number[] {
    const list = this.take(offset, 'lf', 'lh', 'li', ...(mayBeIndex ? ['ri'] : []));
    const width = list.signature === 'lf' || list.signature === 'lh' ? 8 : 4;
    const offsets: number[] = [];
    for (let index = 0; index < list.word(2); index++) offsets.push(list.long(4 + index * width));
    return list.signature === 'ri' ? offsets.flatMap((part) => this.subkeys(part, false)) : offsets;
  }

  private readValues(node: HiveCell): RegistryValues {
    const values = new RegistryValues();
    const count = node.long(36);
    const list = count === 0 ? undefined : this.cells.take(node.long(40));
    for (let index = 0; list !== undefined && index < count; index++) {
      const value = this.take(list.long(index * 4), 'vk');
      const name = value.text(20, value.word(2), (value.word(16) & 1) !== 0 ? 'latin1' : 'utf16le');
      if (!values.set(name, this.readValue(value))) throw new Damage('one of its values stands there twice');
    }
    return values;
  }

  private readValue(value: HiveCell): RegistryValue {
    const data = this.readData(value);
    const type = value.long(12);
    if (type === numberType && data.length === 4) return data.readUInt32LE();
    return typedValue(type, data);
  }

  /** Up to four bytes stand in the place of an offset; the highest bit of their length says so. */
  private readData(value: HiveCell): Buffer {
    const size = value.long(4);
    if (size >= 0x80000000) return value.part(8, 4).subarray(0, shortLength(size - 0x80000000));
    if (size === 0) return Buffer.alloc(0);
    if (size <= segmentLength || this.header.minor < 4) return this.cells.take(value.long(8)).part(0, size);
    const index = this.take(value.long(8), 'db');
    const list = this.cells.take(index.long(4));
    const segments: Buffer[] = [];
    for (let rest = size; rest > 0; rest -= segmentLength) {
      if (segments.length === index.word(2)) throw new Damage('a part of it is cut off');
      segments.push(this.cells.take(list.long(segments.length * 4)).part(0, Math.min(rest, segmentLength)));
    }
    return Buffer.concat(segments);
  }
}

function shortLength(length: number): number {
  if (length > 4) throw new Damage('a short value is too long');
  return length;
}
