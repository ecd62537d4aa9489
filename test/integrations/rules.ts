import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { XMLParser } from 'fast-xml-parser';
import { osMatch, osRegex } from './os-regex';
import type { Event, Server } from './stock';

export interface Rule {
  readonly id: string;
  readonly level: number;
  /** Rules one of which must have matched before this one is asked; none: it stands at the root. */
  readonly parents: readonly string[];
  readonly holds: (event: Event) => boolean;
  /** With `<check_diff />` a rule matches only where the line is another than the last that came to it. */
  readonly isChange?: boolean;
}

export type Product = 'ossec' | 'wazuh';

export const kitFile = (product: Product, name: string): string => join(__dirname, '../../integrations', product, name);

/** A rule as the file has it. */
interface WrittenRule {
  readonly '@id': string;
  readonly '@level': string;
  readonly if_sid?: string;
  readonly decoded_as?: string;
  readonly check_diff?: string;
  readonly match?: string;
  readonly regex?: string;
  readonly field?: { readonly '@name': string; readonly '#text': string };
  readonly description: string;
  readonly group?: string;
  readonly options?: string;
}

export function readWrittenRules(product: Product): WrittenRule[] {
  const parser = new XMLParser({
    ignoreAttributes: false,
    attributeNamePrefix: '@',
    parseTagValue: false,
    trimValues: false,
    isArray: (name) => name === 'rule',
  });
  const parsed = parser.parse(readFileSync(kitFile(product, 'local_rules.xml'), 'utf8')) as {
    group: { rule: WrittenRule[] };
  };
  return parsed.group.rule;
}

/** The kit's rules. Throws for an option that the kits are not known to use. */
export function readRules(product: Product): Rule[] {
  return readWrittenRules(product).map(({ '@id': id, '@level': level, if_sid, match, regex, field, ...more }) => {
    const { decoded_as: decoder, check_diff: change, ...rest } = more;
    const unknown = Object.keys(rest).filter((key) => !['#text', 'description', 'group', 'options'].includes(key));
    if (unknown.length > 0) throw new Error(`rule ${id} has ${unknown.join(', ')}, which this reader does not know`);
    const holds = ({ decoder: by, log, fields }: Event): boolean =>
      (decoder === undefined || decoder === by) &&
      (match === undefined || osMatch(match, log)) &&
      (regex === undefined || osRegex(regex).test(log)) &&
      (field === undefined || osRegex(field['#text']).test(fields[field['@name']] ?? ''));
    const parents = if_sid?.split(',') ?? [];
    return { id, level: Number(level), parents, holds, isChange: change !== undefined };
  });
}

/**
 * All rules that a line could end at: those that match below matching parents, and have no child that matches. A server
 * takes the first it comes to; where there is only one, the order of the rules does not matter.
 */
export function rulesHit(server: Server, kit: readonly Rule[], line: string): string[] {
  const event = server.decode(line);
  if (event === undefined) return [];
  const rules = [...server.stockRules, ...kit];
  const hit = (parent: string | undefined): string[] =>
    rules
      .filter(({ parents }) => (parent === undefined ? parents.length === 0 : parents.includes(parent)))
      .filter(({ holds }) => holds(event))
      .flatMap(({ id }) => {
        const below = hit(id);
        return below.length > 0 ? below : [id];
      });
  return [...new Set(hit(undefined))];
}

/**
 * The rule that a server comes to. Of the rules below one it asks those of level 0 first, then the others from the
 * highest level down (rules_list.c). `kept`: for each rule that compares, the last line of this host; it starts empty.
 */
export function ruleHit(
  server: Server,
  kit: readonly Rule[],
  line: string,
  kept: Map<string, string>,
): string | undefined {
  const event = server.decode(line);
  if (event === undefined) return undefined;
  const rank = ({ level }: Rule): number => (level === 0 ? 99 : level);
  const rules = [...server.stockRules, ...kit].sort((a, b) => rank(b) - rank(a));
  const isAnother = ({ id, isChange }: Rule): boolean => {
    if (!isChange) return true;
    const last = kept.get(id);
    kept.set(id, line);
    return last !== undefined && last !== line;
  };
  const hit = (parent: string | undefined): string | undefined => {
    for (const rule of rules) {
      const isHere = parent === undefined ? rule.parents.length === 0 : rule.parents.includes(parent);
      if (isHere && rule.holds(event) && isAnother(rule)) return hit(rule.id) ?? rule.id;
    }
    return undefined;
  };
  return hit(undefined);
}

/** One line of the test file, and the rule it must hit. */
export interface TestLine {
  readonly rule: string;
  readonly line: string;
}

/** `# <rule>: what it is`, then the lines for it. Everything before the first such heading explains the file. */
export function readTestLines(product: Product): TestLine[] {
  let rule = '';
  return readFileSync(kitFile(product, 'test-lines.log'), 'utf8')
    .split('\n')
    .flatMap((line) => {
      rule = /^# (\d+):/.exec(line)?.[1] ?? rule;
      return line === '' || line.startsWith('#') ? [] : [{ rule, line }];
    });
}

/** A line without what differs from run to run: the time, and where no alert gave one the id, which is a time too. */
export const kindOf = (line: string): string =>
  line
    .replace(/^\w{3} \w{3} \d\d \d\d:\d\d:\d\d UTC \d{4} /, '')
    .replace(/^\d{4}\/\d\d\/\d\d \d\d:\d\d:\d\d /, '')
    .replace(/ \d{9,}\.0 /, ' TIME.0 ')
    .replace(/ ?(block-ms=\d+|evidence=(pending|[0-9a-f]{64}))/g, '');
