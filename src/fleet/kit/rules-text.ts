import { FleetFailure } from '../server';
import { append, findBlock, makeBlock, withoutComments } from './block';

/**
 * The group in which the kit's rules stand, as an administrator pasted it by hand. Rules have groups, too, which end on
 * the line on which they begin.
 */
const pasted = /<group name="local,active_response,contain_host,">[\s\S]*?\n[ \t]*<\/group>(?:\r?\n)?/g;
/** The comment that the kit has above it. */
const heading = /<!--\s+For (?:etc\/)?rules\/local_rules\.xml on the (?:(?!-->)[\s\S])*-->\s*$/;

/**
 * The rules file with the kit in it, and otherwise as it was: an older kit is replaced where it stands, one that was
 * pasted too. `file` names it in messages. Throws `FleetFailure`.
 */
export function withRules(text: string, rules: string, file: string): string {
  const block = makeBlock(rules, text);
  const found = findBlock(text, file);
  const { rest, at } = takeOut(found === undefined ? text : cut(text, found), found?.start);
  return at === undefined ? append(rest, block) : `${rest.slice(0, at)}${block}${rest.slice(at)}`;
}

/** The rules file without the kit, marked or pasted. */
export function withoutRules(text: string, file: string): string {
  const found = findBlock(text, file);
  return takeOut(found === undefined ? text : cut(text, found), undefined).rest;
}

function cut(text: string, { start, end }: { readonly start: number; readonly end: number }): string {
  return text.slice(0, start) + text.slice(end);
}

/** Takes out what was pasted. `at`: where our part goes, if that is known. */
function takeOut(text: string, at: number | undefined): { readonly rest: string; readonly at: number | undefined } {
  let rest = text;
  let place = at;
  for (const found of [...withoutComments(text).matchAll(pasted)].reverse()) {
    const above = heading.exec(rest.slice(0, found.index))?.[0] ?? '';
    const start = found.index - above.length;
    rest = cut(rest, { start, end: found.index + found[0].length });
    place = place === undefined || start < place ? start : place - above.length - found[0].length;
  }
  return { rest, at: place };
}

/** The numbers of the rules in a text. Those that change a rule that stands elsewhere do not count. */
function ruleNumbers(text: string): string[] {
  return [...withoutComments(text).matchAll(/<rule\s([^>]*)>/g)]
    .filter(([, attributes = '']) => !/overwrite\s*=\s*["']yes["']/.test(attributes))
    .flatMap(([, attributes = '']) => /\bid\s*=\s*["'](\d+)["']/.exec(attributes)?.[1] ?? []);
}

const mostNamed = 5;

/** Throws `FleetFailure` where a rule of somebody else's has a number of the kit's. */
export function checkNumbers(rules: string, others: readonly { readonly file: string; readonly text: string }[]): void {
  const ours = new Set(ruleNumbers(rules));
  const taken = others.flatMap(({ file, text }) =>
    ruleNumbers(text)
      .filter((id) => ours.has(id))
      .map((id) => `${id} in ${file}`),
  );
  const more = taken.length > mostNamed ? ` and ${taken.length - mostNamed} more` : '';
  if (taken.length > 0)
    throw new FleetFailure(
      `The kit's rules need numbers that others have: ${taken.slice(0, mostNamed).join(', ')}${more}. Nothing was changed. Give those rules other numbers, and run this again.`,
    );
}
