import { isRefusal, parseHost } from '../../policy/address';

/** A name and one of its addresses, as a line of the hosts file says it. */
export interface Pin {
  readonly name: string;
  readonly address: string;
}

/** What every pin of ours ends in. A line of ours holds nothing that somebody else wrote. */
const mark = '# contain-host';
/** Lines of ours that say what we added, so that a release can take it away again. */
const noLineEnd = `${mark}: the line before this one had no end`;
const newFile = `${mark}: made this file`;
const pinned = new RegExp(`^[0-9A-Fa-f:.]{2,45} [\\w.-]{1,255} ${mark}$`);

export function pinLine({ name, address }: Pin): string {
  return `${address} ${name} ${mark}`;
}

/** The names and addresses in a hosts file, one character a byte (hosts(5), and the comments in Windows's own file). */
export function pinsIn(text: string): Pin[] {
  return text.split('\n').flatMap((line) => {
    const [address = '', ...names] = (line.split('#')[0] ?? '').trim().split(/\s+/);
    const parsed = parseHost(address);
    return isRefusal(parsed) ? [] : names.map((name) => ({ name: name.toLowerCase(), address: parsed.text }));
  });
}

/**
 * The pins that are not in a hosts file yet. Only lines with one of their names are understood: a list of advertisers'
 * names has hundreds of thousands of lines, and to understand them all takes half a minute.
 */
export function missingPins(text: string, wanted: readonly Pin[]): Pin[] {
  const names = wanted.map(({ name }) => name.toLowerCase());
  const lines = text
    .toLowerCase()
    .split('\n')
    .filter((line) => names.some((name) => line.includes(name)));
  const present = new Set(pinsIn(lines.join('\n')).map(({ name, address }) => `${address} ${name}`));
  return wanted.filter(({ name, address }) => !present.has(`${address} ${name.toLowerCase()}`));
}

/**
 * What has to be appended to a hosts file so that it holds these pins, with the file's own line ends. `isNew`: there
 * was no file. Our first line must not join a last line that has no end, or a byte order mark that stands alone.
 */
export function appendix(text: string, pins: readonly Pin[], isNew: boolean, platform: 'windows' | 'linux'): string {
  const end = lineEndOf(text) ?? (platform === 'windows' ? '\r\n' : '\n');
  const first = isNew ? `${newFile}${end}` : text === '' || text.endsWith('\n') ? '' : `${end}${noLineEnd}${end}`;
  return first + pins.map((pin) => pinLine(pin) + end).join('');
}

function lineEndOf(text: string): '\r\n' | '\n' | undefined {
  const last = text.lastIndexOf('\n');
  if (last < 0) return undefined;
  return text[last - 1] === '\r' ? '\r\n' : '\n';
}

/**
 * A hosts file without our lines, every other byte as it is; undefined where the file is there only because of us. What
 * others wrote behind our lines stays in lines of its own.
 */
export function withoutPins(text: string): string | undefined {
  const lines = text.match(/[^\n]*\n|[^\n]+$/g) ?? [];
  const isOurs = lines.map((line) => isOurLine(bodyOf(line)));
  const lastForeign = isOurs.lastIndexOf(false);
  let kept = '';
  for (const [index, line] of lines.entries()) {
    if (!isOurs[index]) kept += line;
    // No line of others follows, so the line before no longer needs the end that we gave it.
    else if (bodyOf(line) === noLineEnd && index > lastForeign) kept = withoutEnd(kept, line);
  }
  return kept === '' && lines.some((line) => bodyOf(line) === newFile) ? undefined : kept;
}

/** Our own pins in a hosts file, as lines. */
export function ourPins(text: string): string[] {
  return text.split('\n').flatMap((line) => (pinned.test(bodyOf(line)) ? [bodyOf(line)] : []));
}

function isOurLine(body: string): boolean {
  return pinned.test(body) || body === noLineEnd || body === newFile;
}

function bodyOf(line: string): string {
  return line.replace(/\r?\n?$/, '');
}

/** Takes the end off the last line. We gave that line the same kind of end as our own line has. */
function withoutEnd(text: string, line: string): string {
  const end = line.endsWith('\r\n') ? '\r\n' : '\n';
  return text.endsWith(end) ? text.slice(0, -end.length) : text;
}

/** What earlier orders of a case began to do to a hosts file; such an order may have been cut off. */
export interface Begun {
  /** The text that was appended, and the length that the file had before. */
  readonly appended?: { readonly at: number; readonly text: string };
  /** The whole file before our lines were taken out of its middle. */
  readonly before?: string | undefined;
}

/** A hosts file as it is or, where an order was cut off while it wrote, as that order meant it to be. */
export function meantText(text: string, { appended, before }: Begun): string {
  const whole = (torn: string): string =>
    appended === undefined ? torn : withoutTorn(torn, appended.at, appended.text);
  const after = before === undefined ? undefined : withoutPins(whole(before));
  // True where all of the new contents are there, and behind them the rest of the old ones.
  const isHalf = before !== undefined && after !== undefined && text === after + before.slice(after.length);
  return isHalf ? after : whole(text);
}

/**
 * The text without the end that we appended, where a power cut left only a part of that: its first characters, maybe
 * with zeros in place of some.
 */
export function withoutTorn(text: string, at: number, whole: string): string {
  const rest = text.slice(at);
  const isPart =
    rest.length <= whole.length && [...rest].every((char, index) => char === whole[index] || char === '\0');
  return isPart && rest !== whole ? text.slice(0, at) : text;
}
