import { type Gap, gapOf, textOf } from '../../outcome/gaps';
import { networksOf } from '../../policy/address-set';
import type { AllowList } from '../../policy/allow-list';
import type { Rule } from '../../policy/rule';
import { rulesOf } from '../../policy/rules';
import { allowedAddresses, isSealName, type SealWhen, type Surroundings, sealRules } from '../../policy/seal';
import type { Context } from '../firewall';
import { handlersLetIn, nobodyLetIn } from './let-in';
import { judge } from './read/judge';
import { planned, type Sources } from './read/reach';
import { storedForm } from './read/rule';
import { allowedFlows, blockedFlows } from './seal-check';
import { readSurroundings } from './surroundings';

/**
 * The block rules that are to be in force, and what is wrong with them; where there are no rules, no seal is wanted or
 * none is possible.
 */
export interface Sealing {
  readonly rules: readonly Rule[];
  /** The rules that allow, with the addresses to which the seal narrows them; absent where there is no seal. */
  readonly letThrough?: readonly Rule[];
  readonly gaps: readonly Gap[];
}

const noSealing: Sealing = { rules: [], gaps: [] };

/** Gaps about what cannot be read or understood, and so may open anything. */
const unclear: ReadonlySet<string> = new Set([
  'domain-policy-unreadable',
  'rule-not-understood',
  'value-not-understood',
]);

/** Surroundings without any server: they are enough to tell whether a seal would close something at all. */
const nobody: Surroundings = { dhcpServers: [], resolvers: [] };

/**
 * True when there is a door that a seal may close: once the plan is carried out, a seal would leave fewer gaps, or
 * nobody can tell. A seal that is in force now does not matter.
 */
export function isSealNeeded(when: SealWhen = 'where-needed', sources: Sources, allowList: AllowList): boolean {
  if (when !== 'where-needed') return when === 'always';
  const asked = JSON.stringify(allowList);
  const known = decided.get(sources);
  if (known?.asked === asked) return known.isNeeded;
  const isNeeded = hasDoors(sources, allowList);
  decided.set(sources, { asked, isNeeded });
  return isNeeded;
}

/** An order asks twice about one reading: beside the preflight, and when it makes the seal. */
const decided = new WeakMap<Sources, { readonly asked: string; readonly isNeeded: boolean }>();

function hasDoors(sources: Sources, allowList: AllowList): boolean {
  const { gaps } = judge(planned(sources, allowList), allowList);
  if (gaps.length === 0) return false;
  if (gaps.some(({ code }) => unclear.has(code))) return true;
  const sealed = judge(planned(sources, allowList, sealRules(rulesOf(allowList), nobody)), allowList);
  return allOf(gaps) !== allOf(sealed.gaps);
}

function allOf(gaps: readonly Gap[]): string {
  return gaps.map(textOf).join('\n');
}

/** What a seal is made from. */
interface Given {
  readonly sources: Sources;
  readonly allowList: AllowList;
  /** True when the handlers that the host lets in now are let through as well. */
  readonly keepHandlers: boolean;
  /** Present where the surroundings are being read already. */
  readonly around: Promise<Surroundings> | undefined;
}

/**
 * The seal that this order has to put in force. Where handlers are to stay who are not all known, there is none, since
 * it could cut them off; one that is in force already lets through whom it let through.
 */
export async function sealingFor(
  context: Context,
  { sources, allowList, keepHandlers, around }: Given,
): Promise<Sealing> {
  if (!isSealNeeded(context.seal, sources, allowList)) return noSealing;
  const { rules } = sources.local;
  const { addresses, isAll } = keepHandlers ? handlersLetIn(rules) : nobodyLetIn;
  if (!isAll && !rules.some(({ active, name }) => active && isSealName(name))) return unset(unknownHandlers);
  const known = await (around ?? readSurroundings(context, allowList.needsDns));
  return sealWith({ ...allowList, handlers: [...allowList.handlers, ...networksOf(addresses)] }, known);
}

const unknownHandlers = 'it might cut off a handler: a rule that lets handlers in names them not by addresses alone';

/** The seal for this host as it is now. */
export async function prepareSealing(context: Context, allowList: AllowList): Promise<Sealing> {
  return sealWith(allowList, await readSurroundings(context, allowList.needsDns));
}

function sealWith(allowList: AllowList, around: Surroundings): Sealing {
  const allowed = rulesOf(allowList);
  return checkedSealing(sealRules(allowed, around), allowed, around);
}

/**
 * A seal of these block rules. When one of them may block what the allow rules let through there is no seal at all, so
 * that nobody is cut off, and a gap says what it would have blocked.
 */
export function checkedSealing(rules: readonly Rule[], allowed: readonly Rule[], around: Surroundings): Sealing {
  const lost = blockedFlows(rules.map(storedForm), allowedFlows(allowed, around));
  if (lost.length > 0) return unset(`it would block what is to be let through (${lost.slice(0, 3).join('; ')})`);
  const letThrough = allowed.map((rule) =>
    rule.service === 'dhcp' ? { ...rule, remote: allowedAddresses(rule, around) } : rule,
  );
  if (around.dhcpServers !== undefined) return { rules, letThrough, gaps: [] };
  return {
    rules,
    letThrough,
    gaps: [gapOf({ code: 'dhcp-open' }, 'it could not be read which server gave this host its leases')],
  };
}

function unset(why: string): Sealing {
  return { rules: [], gaps: [gapOf({ code: 'seal-incomplete' }, `it was not set, since ${why}`)] };
}
