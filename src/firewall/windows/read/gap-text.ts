import { type Gap, gapOf } from '../../../outcome/gaps';

/** Names in a message are bounded, and so is each name; the count tells the rest. */
const mostNames = 10;
const longestName = 100;

type OwnRuleCode = 'rule-missing' | 'rule-differs' | 'rule-not-understood';

/** One gap that lists rules by name, or none when there are no rules. */
export function gapOfRules(
  code: 'policy-allow-rule' | 'open-policy-rule' | 'foreign-rule' | 'open-foreign-rule' | OwnRuleCode,
  rules: readonly { readonly name: string; readonly id?: string }[],
): Gap[] {
  if (rules.length === 0) return [];
  const names = rules.slice(0, mostNames).map(({ name, id }) => quoteName(name || (id ?? '')));
  const more = rules.length > mostNames ? ` and ${rules.length - mostNames} more` : '';
  return [gapOf({ code }, `${names.join(', ')}${more}`)];
}

/** A name from the registry as it may stand in a message: quoted, on one line, printable, and not without end. */
function quoteName(name: string): string {
  const characters = [...name.slice(0, 2 * longestName + 1)];
  const printable = characters
    .slice(0, longestName)
    .join('')
    .replace(/[\p{C}\p{Zl}\p{Zp}]/gu, '?')
    .replaceAll('"', "'");
  return `"${printable}${characters.length > longestName ? '...' : ''}"`;
}
