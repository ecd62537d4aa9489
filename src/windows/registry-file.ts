/** A value of the registry. Only texts and numbers matter here; null stands for a value of every other type. */
export type RegistryValue = string | number | null;

/** Values by name; names compare without case. */
export class RegistryValues {
  private readonly byName = new Map<string, { readonly name: string; readonly value: RegistryValue }>();

  /** False where a value of that name was there, which it replaces. */
  set(name: string, value: RegistryValue): boolean {
    const count = this.byName.size;
    this.byName.set(name.toLowerCase(), { name, value });
    return this.byName.size > count;
  }

  text(name: string): string | undefined {
    const value = this.byName.get(name.toLowerCase())?.value;
    return typeof value === 'string' ? value : undefined;
  }

  number(name: string): number | undefined {
    const value = this.byName.get(name.toLowerCase())?.value;
    return typeof value === 'number' ? value : undefined;
  }

  /** All texts with their names as they were written. */
  *texts(): IterableIterator<readonly [name: string, text: string]> {
    for (const { name, value } of this.byName.values()) if (typeof value === 'string') yield [name, value];
  }
}

/** Keys by their full path in lower case, without the root's short form: `hkey_local_machine\system\...`. */
export type RegistryKeys = ReadonlyMap<string, RegistryValues>;

/** How a key is looked up, from the form in which paths are written in code: `HKLM\System`. */
export function keyPath(path: string): string {
  return path.toLowerCase().replace(/^hklm\\/, 'hkey_local_machine\\');
}

const signature = 'Windows Registry Editor Version 5.00';
const dword = /dword:([0-9a-fA-F]{8})/y;
const hexStart = /hex(?:\([0-9a-fA-F]+\))?:/y;
/** Digits and commas of one line; one that goes on ends in a comma and a backslash. */
const hexLine = /[0-9a-fA-F,]*/y;
const hexGoesOn = /\\\r?\n[ \t]*/y;
const key = /\[([^\r\n]+)\]/y;
const comment = /;[^\r\n]*/y;

/**
 * Reads the file that `reg.exe export` writes: UTF-16 with a byte order mark, format 5.00. A file that ends in the middle, or
 * holds anything else, is an error as a whole: half a policy must not be taken for one.
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
    return this.takeHex() ? null : undefined;
  }

  /** A value of many megabytes has as many lines; a pattern for all of it at once would overflow the stack. */
  private takeHex(): boolean {
    if (!this.take(hexStart)) return false;
    let digits = this.take(hexLine)?.[0];
    const isEmpty = digits === '';
    while (digits?.endsWith(',') && this.take(hexGoesOn)) digits = this.take(hexLine)?.[0];
    return isEmpty || /[0-9a-fA-F]{2}$/.test(digits?.slice(-2) ?? '');
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
