/**
 * The two pattern languages of OSSEC and Wazuh (ossec-hids src/os_regex): OS_Regex for decoders and fields, OS_Match
 * for `<match>`. Only what the stock decoders and our rules use.
 */

/** `\w` takes the hyphen and the at sign; `\s` is the blank alone; a dot is a dot, and `\.` is any character. */
const classes: Readonly<Record<string, string>> = {
  w: '[A-Za-z0-9@_-]',
  d: '[0-9]',
  s: ' ',
  p: '[()*+,.:;<=>?\\[\\]!"\'#$%&|{}-]',
  S: '[^ ]',
  D: '[^0-9]',
  '.': '[\\s\\S]',
};

/** What stands for itself behind a backslash. */
const literals = '\\()$|<';

/**
 * As a regular expression. Letters match in any case. A repetition goes on only while what follows it does not match,
 * save at the end of an alternative, where it takes all it can.
 */
export function osRegex(pattern: string): RegExp {
  return new RegExp(alternatives(pattern).map(translate).join('|'), 'i');
}

/** Plain texts, any of which the line holds; `^` and `$` bind one to the start or end. */
export function osMatch(pattern: string, line: string): boolean {
  const lower = line.toLowerCase();
  return pattern
    .toLowerCase()
    .split('|')
    .some((text) => {
      const plain = text.replace(/^\^/, '').replace(/\$$/, '');
      const start = text.startsWith('^') ? [0] : undefined;
      const end = text.endsWith('$') ? [lower.length - plain.length] : undefined;
      const places = start ?? end ?? [lower.indexOf(plain)];
      return places.every((at) => at >= 0 && lower.startsWith(plain, at) && (!end || at === end[0]));
    });
}

/** Split at each `|` that no backslash makes a character. */
function alternatives(pattern: string): string[] {
  return pattern.match(/(?:\\[\s\S]|[^\\|])+/g) ?? [];
}

function translate(alternative: string): string {
  const tokens = alternative.match(/\\[\s\S][+*]?|[\s\S]/g) ?? [];
  return tokens
    .map((token, index) => {
      if (!token.startsWith('\\')) return '^$()'.includes(token) ? token : token.replace(/[.*+?{}[\]/]/, '\\$&');
      const name = token.charAt(1);
      const found = classes[name] ?? (literals.includes(name) ? `\\${name}` : undefined);
      if (found === undefined) throw new Error(`OS_Regex has no \\${name}`);
      const isLast = tokens.slice(index + 1).every((rest) => rest === ')');
      return `${found}${token.slice(2)}${token.length > 2 && !isLast ? '?' : ''}`;
    })
    .join('');
}
