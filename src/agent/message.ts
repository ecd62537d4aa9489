/** What whoever is logged on is told, in the administrator's own words. */
export interface Message {
  readonly contained?: string;
  readonly released?: string;
}

/** What `msg`, `wall` and a desktop show whole. */
const longestMessage = 250;

/**
 * Reads the setting `message`, and leaves out what is no plain text. A text begins with a letter or a digit, because
 * the tools that show it would take it for an option otherwise.
 */
export function readMessage(value: unknown, warnings: string[]): Message {
  if (value === undefined) return {};
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    warnings.push('the setting message is not an object with the texts contained and released');
    return {};
  }
  const texts = Object.entries(value).flatMap(([key, text]: [string, unknown]) => {
    const why = whyNot(key, text);
    if (why !== undefined) warnings.push(`a text of the setting message is left out: ${why}`);
    return why === undefined ? [[key, text]] : [];
  });
  return Object.fromEntries(texts) as Message;
}

function whyNot(key: string, text: unknown): string | undefined {
  if (key !== 'contained' && key !== 'released') return 'its keys are contained and released only';
  if (typeof text !== 'string') return `${key} is no text`;
  if (text.length > longestMessage) return `${key} has more than ${longestMessage} characters`;
  if (/\p{C}|\p{Zl}|\p{Zp}/u.test(text)) return `${key} has line breaks or other control characters`;
  return /^[\p{L}\p{N}]/u.test(text) ? undefined : `${key} does not begin with a letter or a digit`;
}
