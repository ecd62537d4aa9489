import { rangeText } from '../../policy/address-set';
import type { Rule } from '../../policy/rule';
import { isOurName } from '../../policy/rules';
import { isSealName } from '../../policy/seal';
import { isHandlerRule } from './let-in';
import { addRule, deleteRules, disableEveryRule, disableRules, fitsScript, type NetshCommand } from './netsh';
import { enableOthersAgain, isHarmlessBlock, mayMeet } from './others';
import { findWanted, type Matches, type StoredRule, soleRemote } from './read/rule';

/** What netsh has to be told to turn the live rules into the wanted ones. Empty when all is right. */
export interface RuleChanges {
  /** For one `netsh -f` script, in order. */
  readonly script: readonly NetshCommand[];
  /** Commands with names that a script cannot carry: one process each. */
  readonly single: readonly NetshCommand[];
  /**
   * Adds what is missing of the seal: in a script of its own or, where the block is in force already, in the same one.
   */
  readonly seal: readonly NetshCommand[];
  /** What is left of a seal that is not wanted any more. It goes only once the new one is in force. */
  readonly oldSeal: readonly OldSeal[];
}

export interface OldSeal {
  readonly remove: NetshCommand;
  /** It may block what is to be let through now. */
  readonly isHarmful: boolean;
}

/** What is to be in force. */
export interface Wanted {
  /** Rules that allow, in the order in which they are written. */
  readonly allowed: readonly Rule[];
  readonly seal: readonly Rule[];
  /** The same as `allowed`, with the addresses to which a seal narrows them. */
  readonly letThrough: readonly Rule[];
}

/** Rules with odd names beyond this number stay active, and the judgement names them. */
const mostSingles = 50;

/**
 * The changes from the rules that are stored to those wanted. While no rule of ours lets the server through, and there
 * is neither a handler nor a seal to keep, everything is disabled at once and our rules are added; with a seal, the
 * block rules of others are then enabled again. Otherwise neither the server's rule nor a seal must ever be off, so
 * missing rules are added first, and then surplus rules are taken out by name. With `keepHandlers` the rules of other
 * handlers stay.
 */
export function ruleChanges(wanted: Wanted, stored: readonly StoredRule[], keepHandlers: boolean): RuleChanges {
  const { allowed, seal, letThrough } = wanted;
  const { missing, ours } = findWanted(allowed, stored);
  const serverInForce = allowed.some((rule) => rule.vital === true && !missing.has(rule));
  const sealed = stored.filter(({ name }) => isSealName(name));
  const others = stored.filter((rule) => rule.active && !ours.has(rule) && !isSealName(rule.name));
  const tooMuch = others.filter((rule) => !(keepHandlers && isHandlerRule(rule)));
  const isFresh = !serverInForce && tooMuch.length === others.length && !sealed.some(({ active }) => active);
  const changes = isFresh
    ? startAfresh(allowed, stored, seal.length > 0 ? enableOthersAgain(stored, letThrough) : [])
    : repair(
        allowed,
        missing,
        tooMuch.filter((rule) => !isHarmlessBlock(rule, letThrough)),
      );
  return { ...changes, ...sealChanges(wanted, isFresh ? [] : sealed) };
}

/**
 * A stored rule that has the name of a wanted rule but differs from it is deleted, and the wanted rule is added right
 * after.
 */
function sealChanges(
  { letThrough, seal }: Wanted,
  sealed: readonly StoredRule[],
): Pick<RuleChanges, 'seal' | 'oldSeal'> {
  const { missing, ours } = findWanted(seal, sealed);
  const names = new Set(seal.map(({ name }) => name.toLowerCase()));
  const changed = new Set(sealed.filter((rule) => !ours.has(rule)).map(({ name }) => name.toLowerCase()));
  const old = sealed.filter(({ name }) => !names.has(name.toLowerCase()));
  return {
    seal: seal.flatMap((rule) => {
      if (changed.has(rule.name.toLowerCase())) return [deleteRules(rule.name, rule.direction), addRule(rule)];
      return missing.has(rule) ? [addRule(rule)] : [];
    }),
    oldSeal: old.map((rule) => ({
      remove: deleteRules(rule.name, rule.direction),
      isHarmful: letThrough.some((one) => mayMeet(rule, one)),
    })),
  };
}

type AllowChanges = Pick<RuleChanges, 'script' | 'single'>;

function startAfresh(
  allowed: readonly Rule[],
  stored: readonly StoredRule[],
  again: readonly NetshCommand[],
): AllowChanges {
  const leftovers = stored
    .filter(({ name }) => isOurName(name))
    .map(({ name, direction }) => deleteRules(name, direction));
  return { script: [disableEveryRule, ...distinct(leftovers), ...again, ...allowed.map(addRule)], single: [] };
}

function repair(wanted: readonly Rule[], missing: Matches['missing'], tooMuch: readonly StoredRule[]): AllowChanges {
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

/**
 * The commands that take out one rule; none where it has to stay. Wanted rules of its name that go with it are added
 * again.
 */
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
