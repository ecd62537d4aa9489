import type { OperatorWords } from './request';

const longestNote = 200;

/** A word `key=value`; the value may be missing. */
export function isPair(word: string): boolean {
  return /^[A-Za-z][A-Za-z0-9_-]*=\S*$/.test(word);
}

export function splitWords(text: string): string[] {
  return text.split(/\s+/).filter((word) => word !== '');
}

/**
 * The words of an operator: `case=` and `order=` count in the allowed form, other pairs have no effect, the rest is the
 * note.
 */
export function readOperatorWords(words: readonly string[]): OperatorWords {
  const pairs = words.filter(isPair);
  const [caseNumber, orderId] = [allowedValue(pairs, 'case'), allowedValue(pairs, 'order')];
  const note = words
    .filter((word) => !isPair(word))
    .join(' ')
    .replace(/\p{C}+/gu, ' ')
    .slice(0, longestNote)
    .trim();
  return {
    ...(caseNumber === undefined ? {} : { caseNumber }),
    ...(orderId === undefined ? {} : { orderId }),
    ...(note === '' ? {} : { note }),
  };
}

/** The first value in the allowed form: it goes into lines that other programs read. */
function allowedValue(pairs: readonly string[], key: string): string | undefined {
  return pairs
    .filter((pair) => pair.startsWith(`${key}=`))
    .map((pair) => pair.slice(key.length + 1))
    .find((value) => /^[A-Za-z0-9._-]{1,64}$/.test(value));
}
