import { isatty, WriteStream } from 'node:tty';
import type { Host } from '../../host';

const codes = { red: 31, yellow: 33, green: 32 } as const;
export type Colour = keyof typeof codes;

/** Colours a text where standard output is a terminal that has colours and nobody set NO_COLOR (no-color.org). */
export function painter({ env }: Host): (colour: Colour, text: string) => string {
  // Node reads only the environment to learn what a terminal can do; a stream would make a pipe non-blocking.
  const isWanted = isatty(1) && WriteStream.prototype.hasColors(16, { ...env });
  return (colour, text) => (isWanted ? `\u001b[${codes[colour]}m${text}\u001b[0m` : text);
}
