import { cidr } from '../../policy/address';
import { batchScriptNames, isOurName, type Rule } from '../../policy/rules';
import { addRule, deleteRules, disableEveryRule, disableRules, fitsScript, type NetshCommand } from './netsh';
import { matches, type StoredRule, soleRemote } from './read/rule';

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
  const missing = wanted.filter((rule) => !stored.some((candidate) => matches(candidate, rule)));
  const serverInForce = wanted.some((rule) => rule.vital === true && !missing.includes(rule));
  const others = stored.filter((candidate) => candidate.active && !wanted.some((rule) => matches(candidate, rule)));
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

function repair(wanted: readonly Rule[], missing: readonly Rule[], tooMuch: readonly StoredRule[]): RuleChanges {
  const removals = tooMuch.map((rule) => removal(rule, wanted));
  const commands = distinct(removals.flatMap(({ command }) => (command === undefined ? [] : [command])));
  const again = wanted.filter(
    (rule) => !missing.includes(rule) && removals.some(({ takesAlong }) => takesAlong.includes(rule)),
  );
  return {
    script: [...missing.map(addRule), ...commands.filter(fitsScript), ...again.map(addRule)],
    single: commands.filter((command) => !fitsScript(command)).slice(0, mostSingles),
  };
}

/** How one rule is taken out, and which rules of ours go with it and must be added again. */
function removal(rule: StoredRule, wanted: readonly Rule[]): { command?: NetshCommand; takesAlong: readonly Rule[] } {
  const { name, direction } = rule;
  const namesakes = wanted.filter((own) => own.name.toLowerCase() === name.toLowerCase());
  if (namesakes.length === 0) return { ...outByName(rule), takesAlong: [] };
  const remote = soleRemote(rule);
  if (remote !== undefined && !namesakes.some((own) => typeof own.remote === 'object' && cidr(own.remote) === remote)) {
    return { command: deleteRules(name, direction, remote), takesAlong: [] };
  }
  const takesAlong = namesakes.filter((own) => own.direction === direction);
  // The server's rule is never off, not even for the moment between a deletion and an addition.
  if (takesAlong.some((own) => own.vital === true)) return { takesAlong: [] };
  return { command: deleteRules(name, direction), takesAlong };
}

function outByName({ name, direction }: StoredRule): { command?: NetshCommand } {
  if (isOurName(name)) return { command: deleteRules(name, direction) };
  // To netsh the name "all" means every rule, the server's included; and a quote in a name cannot be passed at all.
  if (name.toLowerCase() === 'all' || name.includes('"')) return {};
  return { command: disableRules(name) };
}

function distinct(commands: readonly NetshCommand[]): NetshCommand[] {
  return [...new Map(commands.map((command) => [command.join('\0'), command])).values()];
}
