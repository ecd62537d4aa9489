import type { Request } from './request';

/** What came of somebody's words: an order, a question for help, or the reason why they are neither. */
export type Understood =
  | {
      readonly kind: 'order';
      readonly request: Request;
      /** Typed at a prompt, or by a script there. */
      readonly byHand?: boolean;
      /** `--keep-my-session` was given. */
      readonly keepsSession?: boolean;
    }
  | { readonly kind: 'help' }
  | { readonly kind: 'refused'; readonly reason: string };

export const help: Understood = { kind: 'help' };

export function refused(reason: string): Understood {
  return { kind: 'refused', reason };
}

const helpWords = new Set(['help', '-help', '--help', '-h', '/h', '/help', '-?', '/?', '?']);

/** The words with which people of both systems ask for help, in any case. */
export function isHelpWord(word: string | undefined): boolean {
  return word !== undefined && helpWords.has(word.trim().toLowerCase());
}

/** A word from outside in a message: short, and without anything that a terminal would act on. */
export function quote(word: string): string {
  const plain = word.replace(/\p{C}/gu, '?');
  return `"${plain.length > 40 ? `${plain.slice(0, 40)}...` : plain}"`;
}
