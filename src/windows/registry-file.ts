/** A value of a type that nothing here asks for, such as REG_BINARY or REG_QWORD: its number, and its first bytes. */
export interface OtherValue {
  readonly type: number;
  readonly bytes: Buffer;
}

/** A text that may hold the names of variables, REG_EXPAND_SZ. */
export interface ExpandableText {
  readonly expandable: string;
}

/** REG_SZ as a string, REG_DWORD as a number. */
export type RegistryValue = string | number | ExpandableText | OtherValue;

/** The numbers of the types that texts have (Windows SDK, winnt.h). */
export const textTypes = { plain: 1, expandable: 2 } as const;

/** More of a value of another type tells nobody anything. */
const mostOtherBytes = 64;

/** A value of the type of this number, other than REG_DWORD. A text ends at its first NUL, or with its bytes. */
export function typedValue(type: number, bytes: Buffer): RegistryValue {
  if (type !== textTypes.plain && type !== textTypes.expandable) {
    return { type, bytes: Buffer.from(bytes.subarray(0, mostOtherBytes)) };
  }
  const text = bytes.toString('utf16le');
  const end = text.indexOf('\0');
  const whole = end < 0 ? text : text.slice(0, end);
  return type === textTypes.plain ? whole : { expandable: whole };
}

/** Values by name; names compare without case. */
export class RegistryValues {
  private readonly byName = new Map<string, { readonly name: string; readonly value: RegistryValue }>();

  /** False where a value of that name was there, which it replaces. */
  set(name: string, value: RegistryValue): boolean {
    const count = this.byName.size;
    this.byName.set(name.toLowerCase(), { name, value });
    return this.byName.size > count;
  }

  /** A text of either type: live registries have a path as REG_EXPAND_SZ where exported files have REG_SZ. */
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

/** The text of a value that is one, of either type. */
export function textOf(value: RegistryValue): string | undefined {
  if (typeof value === 'string') return value;
  return typeof value === 'object' && 'expandable' in value ? value.expandable : undefined;
}

/** Keys by their full path in lower case, without the root's short form: `hkey_local_machine\system\...`. */
export type RegistryKeys = ReadonlyMap<string, RegistryValues>;

/** How a key is looked up, from the form in which paths are written in code: `HKLM\System`. */
export function keyPath(path: string): string {
  return path.toLowerCase().replace(/^hklm\\/, 'hkey_local_machine\\');
}

const signature = 'Windows Registry Editor Version 5.00';
const dword = /dword:([0-9a-fA-F]{8})/y;
/** Without a number it is REG_BINARY, type 3. */
const hexStart = /hex(?:\(([0-9a-fA-F]{1,8})\))?:/y;
/** Digits and commas of one line; one that goes on ends in a comma and a backslash. */
const hexLine = /[0-9a-fA-F,]*/y;
const hexGoesOn = /\\\r?\n[ \t]*/y;
const key = /\[([^\r\n]+)\]/y;
const comment = /;[^\r\n]*/y;

/**
 * Reads the file that `reg.exe export` writes: UTF-16 with a byte order mark, format 5.00. A file that ends in the
 * middle, or holds anything else, is an error as a whole: half a policy must not be taken for one.
 */
export function parseRegistryFile(bytes: Buffer): { readonly keys: RegistryKeys } | { readonly error: string } {
  if (bytes.length % 2 !== 0 || bytes[0] !== 0xff || bytes[1] !== 0xfe) return { error: 'it is not UTF-16' };
  const source = bytes.toString('utf16le', 2);
  if (!source.startsWith(signature)) return { error: 'it is not a registry file of version 5.00' };
  // Every file ends with the empty line behind its last key; one that was cut short does not.
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

  /** A line's first character says what it is. */
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

  /** A value of many megabytes has as many lines; a pattern for all of it at once would overflow the stack. */
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

  /** A text in quotes, with `\\` and `\"` in place of a backslash and a quote; a line break in it stands as it is. */
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

/** Undefined when something else than a quote or a backslash is escaped. */
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
