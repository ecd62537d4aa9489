import { version } from '../../outcome/version';
import { FleetFailure } from '../server';

const begin = (of: string): string =>
  `<!-- contain-host kit ${of}: from here to its end "contain-host fleet install-kit" replaces everything -->`;
const end = '<!-- contain-host kit: end -->';
const beginnings = /<!-- contain-host kit (\S{1,32}): from here to its end /g;
/** With the line break behind it. */
const whole =
  /<!-- contain-host kit (\S{1,32}): from here to its end [^\n]*-->\r?\n[\s\S]*?<!-- contain-host kit: end -->(?:\r?\n)?/;

/** Our part of a file of the server's, between two comments. */
export interface Found {
  readonly start: number;
  readonly end: number;
  /** Which version of this program put it there. */
  readonly version: string;
  readonly text: string;
}

/** Our part of this text; undefined where it has none. Throws `FleetFailure` where it is damaged or there twice. */
export function findBlock(text: string, file: string): Found | undefined {
  const begun = [...text.matchAll(beginnings)].length;
  const found = whole.exec(text);
  if (begun === 0 && !text.includes(end)) return undefined;
  const isWhole = found !== null && begun === 1 && text.split(end).length === 2;
  if (!isWhole)
    throw new FleetFailure(
      `${file}: the comments around the kit are not one beginning and one end. Nothing was changed. Delete what is left of the kit there, and run this again.`,
    );
  return { start: found.index, end: found.index + found[0].length, version: found[1] ?? '', text: found[0] };
}

/** Our part with this content, which ends with a line break; in the line breaks of the file that it is for. */
export function makeBlock(content: string, file: string): string {
  const text = `${begin(version)}\n${content}${end}\n`;
  return file.includes('\r\n') ? text.replaceAll('\n', '\r\n') : text;
}

/** A text of the same length in which comments are blank: what stands in one does not count, and places stay. */
export function withoutComments(text: string): string {
  return text.replace(/<!--[\s\S]*?(?:-->|$)/g, (comment) => comment.replace(/[^\n]/g, ' '));
}

/** A block at the end of a text. */
export function append(text: string, block: string): string {
  const lineEnd = block.endsWith('\r\n') ? '\r\n' : '\n';
  const gap = text === '' ? '' : text.endsWith('\n') ? lineEnd : lineEnd.repeat(2);
  return `${text}${gap}${block}`;
}
