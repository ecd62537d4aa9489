/**
 * What the two families of agents, OSSEC and Wazuh, read differently (src/os_xml/os_xml.c and os_xml_internal.h of
 * ossec-hids and of wazuh).
 */
export interface Dialect {
  /** A text, a name or an attribute of this many characters is too long (XML_MAXSIZE). */
  readonly tooLong: number;
  /** A backslash makes the `<` behind it text. True where a second backslash before it takes that back. */
  readonly pairsBackslashes: boolean;
  /** True where the agent skips an XML declaration at the very start. Elsewhere a declaration is an error. */
  readonly skipsDeclaration: boolean;
}

/** As OSSEC reads since 3.6; it skips the declaration since 4.3. */
export const ossecDialect: Dialect = { tooLong: 8192, pairsBackslashes: false, skipsDeclaration: true };
export const wazuhDialect: Dialect = { tooLong: 20480, pairsBackslashes: true, skipsDeclaration: false };

/** The agent would not start with this configuration; the message says why. */
export class Rejected extends Error {}

const declaration = /^(?:\xef\xbb\xbf)?<\?[ \t\n\v\f\r]*xml[\s\S]*?\?[ \t\n\v\f\r]*>/;

/** The agent reads attributes recursively, and overflows its stack before it has read so many. */
const mostAttributes = 1024;

/**
 * Walks through a configuration as the agent's own reader does (os_xml.c, _ReadElem and _getattributes), in linear
 * time. The source has one character a byte. Every method throws `Rejected` where that reader gives up.
 */
export class Scanner {
  private at = 0;

  constructor(
    private readonly source: string,
    private readonly dialect: Dialect,
  ) {
    if (dialect.skipsDeclaration) this.at = declaration.exec(source)?.[0].length ?? 0;
  }

  /**
   * Reads the text up to the next tag and passes the `<` of that tag; undefined at the end of the file. Text outside a
   * root may have any length.
   */
  readText(insideRoot: boolean): string | undefined {
    let text = '';
    let backslashes = 0;
    for (;;) {
      const tag = this.source.indexOf('<', this.at);
      const piece = this.source.slice(this.at, tag < 0 ? undefined : tag);
      const run = backslashesAtEnd(piece);
      backslashes = run === piece.length ? backslashes + run : run;
      text += piece;
      if (tag < 0) return undefined;
      if (insideRoot) this.checkLength(text);
      this.at = tag + 1;
      // A backslash does not keep a comment from opening; it counts for what follows the comment.
      if (this.source[this.at] === '!') this.skipComment();
      else if (this.dialect.pairsBackslashes ? backslashes % 2 === 0 : backslashes === 0) return text;
      else {
        text += '<';
        backslashes = 0;
      }
    }
  }

  /** Passes the slash of a closing tag and returns true; false where the tag is not a closing one. */
  skipSlash(): boolean {
    if (this.source[this.at] !== '/') return false;
    this.at++;
    return true;
  }

  /** Reads the rest of a closing tag. A blank in it belongs to the name. */
  readClosingTag(): string {
    return cString(this.readName(/[<>]/g));
  }

  /** Reads the rest of an opening tag. Checks its attributes and leaves them out. */
  readOpeningTag(): { name: string; closed: boolean } {
    const name = this.readName(/[<> \t\n\v\f\r]/g);
    const closedByName = name.endsWith('/');
    const hasAttributes = this.source[this.at - 1] !== '>';
    const closedByAttributes = hasAttributes && this.skipAttributes();
    return { name: cString(closedByName ? name.slice(0, -1) : name), closed: closedByName || closedByAttributes };
  }

  reject(why: string): never {
    throw new Rejected(`line ${this.source.slice(0, this.at).split('\n').length}: ${why}`);
  }

  /** Reads a name, without the comments in it, and passes the character that ends it. A `<` in a name is part of it. */
  private readName(ends: RegExp): string {
    let name = '';
    for (;;) {
      ends.lastIndex = this.at;
      const end = ends.exec(this.source)?.index ?? this.reject('the file ends inside a tag');
      name += this.source.slice(this.at, end);
      this.checkLength(name);
      this.at = end + 1;
      if (this.source[end] !== '<') return name;
      if (this.source[this.at] === '!') this.skipComment();
      else name += '<';
    }
  }

  /**
   * Passes the attributes. True where they end in the slash of an empty element; the agent takes what stands between
   * that slash and the `>` for text.
   */
  private skipAttributes(): boolean {
    const names = new Set<string>();
    for (;;) {
      this.skipBlanks();
      const first = this.source[this.at];
      if (first === '>' || first === '/') {
        this.at++;
        return first === '/';
      }
      const name = cString(this.readAttributeName());
      if (names.has(name)) this.reject('an attribute stands twice in a tag');
      if (names.size === mostAttributes) this.reject('a tag has too many attributes');
      names.add(name);
      this.skipAttributeValue();
      const next = this.source[this.at++] ?? '';
      if (next === '>' || next === '/') return next === '/';
      if (!/[ \t\n\v\f\r]/.test(next)) this.reject('a tag has no blank behind an attribute');
    }
  }

  private readAttributeName(): string {
    const ends = /[=>/ \t\n\v\f\r]/g;
    ends.lastIndex = this.at;
    const end = ends.exec(this.source)?.index;
    if (end === undefined || this.source[end] !== '=') this.reject('an attribute has no value');
    const name = this.source.slice(this.at, end);
    this.checkLength(name);
    this.at = end + 1;
    return name;
  }

  private skipAttributeValue(): void {
    this.skipBlanks();
    const quote = this.source[this.at];
    if (quote !== '"' && quote !== "'") this.reject('the value of an attribute has no quotes');
    const end = this.source.indexOf(quote, this.at + 1);
    const value = this.source.slice(this.at + 1, end < 0 ? undefined : end);
    if (end < 0 || value.includes('>')) this.reject('the value of an attribute is not closed');
    this.checkLength(value);
    this.at = end + 1;
  }

  private skipBlanks(): void {
    const blanks = /[ \t\n\v\f\r]*/y;
    blanks.lastIndex = this.at;
    blanks.exec(this.source);
    this.at = blanks.lastIndex;
  }

  /** Passes a comment, from its `!` to behind its end. Comments do not nest: the first end counts. */
  private skipComment(): void {
    const end = /-->|!>/g;
    end.lastIndex = this.at + 1;
    if (end.exec(this.source) === null) this.reject('a comment is never closed');
    this.at = end.lastIndex;
  }

  private checkLength(text: string): void {
    if (text.length >= this.dialect.tooLong)
      this.reject(`more than ${this.dialect.tooLong - 1} characters in one piece`);
  }
}

function backslashesAtEnd(text: string): number {
  let count = 0;
  while (text[text.length - 1 - count] === '\\') count++;
  return count;
}

/** The text up to its first NUL, where it ends for the agent. */
export function cString(text: string): string {
  const end = text.indexOf('\0');
  return end < 0 ? text : text.slice(0, end);
}
