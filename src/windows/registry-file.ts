/** A value of the registry. Only texts and numbers matter here; of every other type it is only known that it is there. */
export type RegistryValue =
  | { readonly type: 'text'; readonly text: string }
  | { readonly type: 'number'; readonly number: number }
  | { readonly type: 'other' };

/** Values by name; names compare without case. */
export class RegistryValues {
  private readonly byName = new Map<string, { readonly name: string; readonly value: RegistryValue }>();

  set(name: string, value: RegistryValue): void {
    this.byName.set(name.toLowerCase(), { name, value });
  }

  text(name: string): string | undefined {
    const value = this.byName.get(name.toLowerCase())?.value;
    return value?.type === 'text' ? value.text : undefined;
  }

  number(name: string): number | undefined {
    const value = this.byName.get(name.toLowerCase())?.value;
    return value?.type === 'number' ? value.number : undefined;
  }

  /** All texts with their names as they were written. */
  *texts(): IterableIterator<readonly [name: string, text: string]> {
    for (const { name, value } of this.byName.values()) if (value.type === 'text') yield [name, value.text];
  }
}

/** Keys by their full path in lower case, without the root's short form: `hkey_local_machine\system\...`. */
export type RegistryKeys = ReadonlyMap<string, RegistryValues>;

/** How a key is looked up, from the form in which paths are written in code: `HKLM\System`. */
export function keyPath(path: string): string {
  return path.toLowerCase().replace(/^hklm\\/, 'hkey_local_machine\\');
}

const signature = 'Windows Registry Editor Version 5.00';
const line = /\r?\n/y;
const name = /"([^"\\]*(?:\\["\\][^"\\]*)*)"=/y;
const text = /"([^"\\]*(?:\\["\\][^"\\]*)*)"/y;
const dword = /dword:([0-9a-fA-F]{8})/y;
const hex = /hex(?:\([0-9a-fA-F]+\))?:(?:[0-9a-fA-F]{2},?(?:\\\r?\n[ \t]*)?)*/y;
const key = /\[-?([^\r\n]+)\]/y;
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
      if (this.take(line) || this.take(comment)) continue;
      if (!this.readKey() && !this.readValue()) return { error: `position ${this.at} is not understood` };
    }
    return { keys: this.keys };
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
    const found = this.source[this.at] === '@' ? this.takeDefault() : this.take(name)?.[1];
    const value = found === undefined ? undefined : this.takeData();
    if (found === undefined || value === undefined || this.current === undefined) return false;
    this.current.set(unquote(found), value);
    return true;
  }

  private takeDefault(): string | undefined {
    if (!this.source.startsWith('@=', this.at)) return undefined;
    this.at += 2;
    return '';
  }

  private takeData(): RegistryValue | undefined {
    const string = this.take(text)?.[1];
    if (string !== undefined) return { type: 'text', text: unquote(string) };
    const digits = this.take(dword)?.[1];
    if (digits !== undefined) return { type: 'number', number: Number.parseInt(digits, 16) };
    return this.take(hex) ? { type: 'other' } : undefined;
  }

  private take(pattern: RegExp): RegExpExecArray | undefined {
    pattern.lastIndex = this.at;
    const found = pattern.exec(this.source);
    if (found !== null) this.at = pattern.lastIndex;
    return found ?? undefined;
  }
}

function unquote(escaped: string): string {
  return escaped.includes('\\') ? escaped.replace(/\\(["\\])/g, '$1') : escaped;
}
