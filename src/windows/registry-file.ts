/** A value of a type that nothing here needs, such as REG_BINARY or REG_QWORD: its type and its first bytes. */
export interface OtherValue {
  readonly type: number;
  readonly bytes: Buffer;
}

/** A text that may hold names of variables (REG_EXPAND_SZ). */
export interface ExpandableText {
  readonly expandable: string;
}

/** A string is REG_SZ, a number is REG_DWORD. */
export type RegistryValue = string | number | ExpandableText | OtherValue;

/** The numbers of the two types of text (Windows SDK, winnt.h). */
export const textTypes = { plain: 1, expandable: 2 } as const;

/** Of a value of another type no more bytes than these are kept. */
const mostOtherBytes = 64;

/** Makes a value of any type but REG_DWORD. A text ends at its first NUL or, without one, with its bytes. */
export function typedValue(type: number, bytes: Buffer): RegistryValue {
  if (type !== textTypes.plain && type !== textTypes.expandable) {
    return { type, bytes: Buffer.from(bytes.subarray(0, mostOtherBytes)) };
  }
  const text = bytes.toString('utf16le');
  const end = text.indexOf('\0');
  const whole = end < 0 ? text : text.slice(0, end);
  return type === textTypes.plain ? whole : { expandable: whole };
}

/** Values by name, in which upper and lower case are the same. */
export class RegistryValues {
  private readonly byName = new Map<string, { readonly name: string; readonly value: RegistryValue }>();

  /** Sets a value. False where it replaced one of the same name. */
  set(name: string, value: RegistryValue): boolean {
    const count = this.byName.size;
    this.byName.set(name.toLowerCase(), { name, value });
    return this.byName.size > count;
  }

  /** A text of either type: the same path may be REG_EXPAND_SZ in a live registry and REG_SZ in an exported file. */
  text(name: string): string | undefined {
    const value = this.byName.get(name.toLowerCase())?.value;
    return value === undefined ? undefined : textOf(value);
  }

  number(name: string): number | undefined {
    const value = this.byName.get(name.toLowerCase())?.value;
    return typeof value === 'number' ? value : undefined;
  }

  /** A value of whatever type. */
  value(name: string): RegistryValue | undefined {
    return this.byName.get(name.toLowerCase())?.value;
  }

  /** All texts, of either type, with their names as they were written. */
  *texts(): IterableIterator<readonly [name: string, text: string]> {
    for (const { name, value } of this.byName.values()) {
      const text = textOf(value);
      if (text !== undefined) yield [name, text];
    }
  }

  /** All values with their names as they were written. */
  *all(): IterableIterator<readonly [name: string, value: RegistryValue]> {
    for (const { name, value } of this.byName.values()) yield [name, value];
  }
}

/** The text of a value, of either type; undefined for a value that is no text. */
export function textOf(value: RegistryValue): string | undefined {
  if (typeof value === 'string') return value;
  return typeof value === 'object' && 'expandable' in value ? value.expandable : undefined;
}

/** Keys by their full path in lower case, without the root's short form: `hkey_local_machine\system\...`. */
export type RegistryKeys = ReadonlyMap<string, RegistryValues>;

/** Turns a path as code writes it, such as `HKLM\System`, into the form by which `RegistryKeys` has it. */
export function keyPath(path: string): string {
  return path.toLowerCase().replace(/^hklm\\/, 'hkey_local_machine\\');
}

const signature = 'Windows Registry Editor Version 5.00';
const dword = /dword:([0-9a-fA-F]{8})/y;
/** Without a number the type is 3, REG_BINARY. */
const hexStart = /hex(?:\(([0-9a-fA-F]{1,8})\))?:/y;
/**
 * The digits and commas of one line. A value that goes on in the next line ends this one in a comma and a backslash.
 */
const hexLine = /[0-9a-fA-F,]*/y;
const hexGoesOn = /\\\r?\n[ \t]*/y;
const key = /\[([^\r\n]+)\]/y;
const comment = /;[^\r\n]*/y;

/**
 * Reads the file that `reg.exe export` writes: UTF-16 with a byte order mark, format 5.00. Returns an error for a file
 * that is cut short or holds anything else: half a policy must not be taken for a whole one.
 */
export function parseRegistryFile(bytes: Buffer): { readonly keys: RegistryKeys } | { readonly error: string } {
  if (bytes.length % 2 !== 0 || bytes[0] !== 0xff || bytes[1] !== 0xfe) return { error: 'it is not UTF-16' };
  const source = bytes.toString('utf16le', 2);
  if (!source.startsWith(signature)) return { error: 'it is not a registry file of version 5.00' };
  // A whole file ends in an empty line behind its last key; one that was cut short does not.
  if (!/\r?\n\r?\n$/.test(source.slice(-4))) return { error: 'its end is missing' };
  return new RegistryFileReader(source).read();
}

class RegistryFileReader {
  private at = signature.length;
  private readonly keys = new Map<string, RegistryValues>();
  private current: RegistryValues | undefined;

  constructor(private readonly source: string) {}

  read(): { readonly keys: RegistryKeys } | { readonly error: string } {
    while (this.at < this.source.length) {
      if (!this.readLine() || !this.takeLineEnd()) return { error: `position ${this.at} is not understood` };
    }
    return { keys: this.keys };
  }

  /** Reads one line; its first character says what it is. */
  private readLine(): boolean {
    switch (this.source[this.at]) {
      case '\r':
      case '\n':
        return true;
      case '[':
        return this.readKey();
      case ';':
        return this.take(comment) !== undefined;
      default:
        return this.readValue();
    }
  }

  private takeLineEnd(): boolean {
    return this.takeText('\n') || this.takeText('\r\n');
  }

  private readKey(): boolean {
    const found = this.take(key)?.[1];
    if (found === undefined) return false;
    const path = keyPath(found);
    this.current = this.keys.get(path) ?? new RegistryValues();
    this.keys.set(path, this.current);
    return true;
  }

  private readValue(): boolean {
    const name = this.takeText('@') ? '' : this.takeQuoted();
    if (name === undefined || this.current === undefined || !this.takeText('=')) return false;
    const value = this.takeData();
    if (value !== undefined) this.current.set(name, value);
    return value !== undefined;
  }

  private takeData(): RegistryValue | undefined {
    const text = this.takeQuoted();
    if (text !== undefined) return text;
    const digits = this.take(dword)?.[1];
    if (digits !== undefined) return Number.parseInt(digits, 16);
    return this.takeHex();
  }

  /** Reads line by line: one pattern for a value of many megabytes would overflow the stack. */
  private takeHex(): RegistryValue | undefined {
    const start = this.take(hexStart);
    if (start === undefined) return undefined;
    const type = Number.parseInt(start[1] ?? '3', 16);
    const isText = type === textTypes.plain || type === textTypes.expandable;
    let line = this.take(hexLine)?.[0] ?? '';
    const isEmpty = line === '';
    const lines = [line];
    while (line.endsWith(',') && this.take(hexGoesOn)) {
      line = this.take(hexLine)?.[0] ?? '';
      if (isText || lines.length === 1) lines.push(line);
    }
    if (!isEmpty && !/[0-9a-fA-F]{2}$/.test(line)) return undefined;
    return typedValue(type, Buffer.from(lines.join('').replaceAll(',', ''), 'hex'));
  }

  /** Reads a text in quotes. `\\` stands for a backslash, `\"` for a quote, and a line break for itself. */
  private takeQuoted(): string | undefined {
    if (this.source[this.at] !== '"') return undefined;
    let end = this.at;
    do end = this.source.indexOf('"', end + 1);
    while (end > 0 && this.isEscaped(end));
    if (end < 0) return undefined;
    const text = unquote(this.source.slice(this.at + 1, end));
    if (text !== undefined) this.at = end + 1;
    return text;
  }

  private isEscaped(at: number): boolean {
    let backslashes = 0;
    while (this.source[at - 1 - backslashes] === '\\') backslashes++;
    return backslashes % 2 === 1;
  }

  private takeText(text: string): boolean {
    const isThere = this.source.startsWith(text, this.at);
    if (isThere) this.at += text.length;
    return isThere;
  }

  private take(pattern: RegExp): RegExpExecArray | undefined {
    pattern.lastIndex = this.at;
    const found = pattern.exec(this.source);
    if (found !== null) this.at = pattern.lastIndex;
    return found ?? undefined;
  }
}

/** Undefined where anything but a quote or a backslash is escaped. */
function unquote(escaped: string): string | undefined {
  let text = '';
  let from = 0;
  for (let at = escaped.indexOf('\\'); at >= 0; at = escaped.indexOf('\\', at + 2)) {
    const character = escaped[at + 1];
    if (character !== '"' && character !== '\\') return undefined;
    text += escaped.slice(from, at);
    from = at + 1;
  }
  return text + escaped.slice(from);
}
