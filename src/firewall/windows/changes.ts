import { rangeText } from '../../policy/address-set';
import type { Rule } from '../../policy/rule';
import { batchScriptNames, isOurName } from '../../policy/rules';
import { addRule, deleteRules, disableEveryRule, disableRules, fitsScript, type NetshCommand } from './netsh';
import { findWanted, type Matches, type StoredRule, soleRemote } from './read/rule';

/** What has to be told to netsh to bring the live rules to those wanted. Empty when all is right. */
export interface RuleChanges {
  /** For one `netsh -f` script, in order. */
  readonly script: readonly NetshCommand[];
  /** Commands with names that a script cannot carry: one process each. */
  readonly single: readonly NetshCommand[];
}

/** A host with more odd names than this keeps the rest of them active; the judgement names them. */
const mostSingles = 50;

const handlerNames: readonly string[] = batchScriptNames.slice(4);

/**
 * The changes from the rules that are stored to those wanted. While no rule of ours lets the server through, and there is no
 * handler to keep, everything is disabled at once and ours are added. Otherwise the server's rule must never be off, so what is missing is added first, and
 * what is too much is taken out by name. With `keepHandlers` the rules of other handlers stay.
 */
export function ruleChanges(
  wanted: readonly Rule[],
  stored: readonly StoredRule[],
  keepHandlers: boolean,
): RuleChanges {
  const { missing, ours } = findWanted(wanted, stored);
  const serverInForce = wanted.some((rule) => rule.vital === true && !missing.has(rule));
  const others = stored.filter((candidate) => candidate.active && !ours.has(candidate));
  const tooMuch = others.filter(({ name }) => !(keepHandlers && handlerNames.includes(name)));
  if (!serverInForce && tooMuch.length === others.length) return startAfresh(wanted, stored);
  return repair(wanted, missing, tooMuch);
}

function startAfresh(wanted: readonly Rule[], stored: readonly StoredRule[]): RuleChanges {
  const leftovers = stored
    .filter(({ name }) => isOurName(name))
    .map(({ name, direction }) => deleteRules(name, direction));
  return { script: [disableEveryRule, ...distinct(leftovers), ...wanted.map(addRule)], single: [] };
}

function repair(wanted: readonly Rule[], missing: Matches['missing'], tooMuch: readonly StoredRule[]): RuleChanges {
  const namesakes = namesakesOf(wanted);
  const commands = distinct(tooMuch.flatMap((rule) => removal(rule, namesakes.get(rule.name.toLowerCase()))));
  const removed = new Set(commands.map(withoutCase));
  const goesAlong = ({ name, direction }: Rule): boolean => removed.has(withoutCase(deleteRules(name, direction)));
  const again = wanted.filter((rule) => !missing.has(rule) && goesAlong(rule));
  return {
    script: [...[...missing].map(addRule), ...commands.filter(fitsScript), ...again.map(addRule)],
    single: commands.filter((command) => !fitsScript(command)).slice(0, mostSingles),
  };
}

/** What has to be known of the wanted rules of one name before another rule of that name is taken out. */
interface Namesakes {
  readonly remotes: Set<string>;
  readonly vitalDirections: Set<Rule['direction']>;
}

function namesakesOf(wanted: readonly Rule[]): Map<string, Namesakes> {
  const byName = new Map<string, Namesakes>();
  for (const { name, remote, direction, vital } of wanted) {
    const key = name.toLowerCase();
    const namesakes: Namesakes = byName.get(key) ?? { remotes: new Set(), vitalDirections: new Set() };
    if (typeof remote === 'object') for (const range of remote) namesakes.remotes.add(rangeText(range));
    if (vital === true) namesakes.vitalDirections.add(direction);
    byName.set(key, namesakes);
  }
  return byName;
}

/** How one rule is taken out; none where it has to stay. What goes with it by its name is added again. */
function removal(rule: StoredRule, namesakes: Namesakes | undefined): NetshCommand[] {
  if (namesakes === undefined) return outByName(rule);
  const { name, direction } = rule;
  const remote = soleRemote(rule);
  if (remote !== undefined && !namesakes.remotes.has(remote)) return [deleteRules(name, direction, remote)];
  // The server's rule is never off, not even for the moment between a deletion and an addition.
  return namesakes.vitalDirections.has(direction) ? [] : [deleteRules(name, direction)];
}

function outByName({ name, direction }: StoredRule): NetshCommand[] {
  if (isOurName(name)) return [deleteRules(name, direction)];
  // To netsh the name "all" means every rule, the server's included; and a quote in a name cannot be passed at all.
  if (name.toLowerCase() === 'all' || name.includes('"')) return [];
  return [disableRules(name)];
}

/** netsh compares names without case. */
function withoutCase(command: NetshCommand): string {
  return command.join('\0').toLowerCase();
}

function distinct(commands: readonly NetshCommand[]): NetshCommand[] {
  return [...new Map(commands.map((command) => [command.join('\0'), command])).values()];
}
