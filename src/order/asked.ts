import type { AgentServers } from '../agent/servers';
import { mostEntries, mostHandlers, type Settings } from '../agent/settings';
import { type Address, cidr, isRefusal, parseNetwork } from '../policy/address';
import { entryText, parseEntryText } from '../policy/allow-entry';
import type { AllowList } from '../policy/allow-list';
import type { Request } from '../request/request';
import type { Asked } from '../state/journal';
import { parseHandler } from './handler';

/**
 * Who asked, and who is let in now: always the configured handlers and the last operator's address. An alert takes
 * nobody away, and its own address comes in only where the settings say so and there is room: with each alert there may
 * be one more. An order without the number of a case keeps that of the open one.
 */
export function mergeAsked(
  request: Request,
  operator: Address | undefined,
  settings: Settings,
  before: Asked | undefined,
): Asked {
  const { alertId, ruleId, by, note, caseNumber = before?.caseNumber } = request;
  const origin = {
    ...(alertId === undefined ? {} : { alertId }),
    ...(ruleId === undefined ? {} : { ruleId }),
    ...(caseNumber === undefined ? {} : { caseNumber }),
    ...(by === undefined ? {} : { by }),
    ...(note === undefined ? {} : { note }),
  };
  const configured = settings.handlers.map(cidr);
  if (operator !== undefined) {
    const own = cidr(operator);
    const kept = request.keptSession === undefined ? [] : [cidr(parseHandler(request.keptSession))];
    const handlers = unique([...configured, own, ...kept]);
    return { requestedBy: 'operator', ...origin, handlers, ...allowed(settings, []), operatorAddress: own };
  }
  const others = unique([...(before?.handlers ?? []), ...configured]);
  const isAllowed = settings.alertAddress === 'allow' && others.length < mostHandlers;
  const handlers = unique([...others, ...(isAllowed ? alertHandler(request.address) : [])]);
  const asked = { handlers, ...allowed(settings, before?.allow ?? []) };
  return before === undefined ? { requestedBy: 'alert', ...origin, ...asked } : { ...before, ...asked };
}

/** The entries of the settings, and those from before; there are never more than the settings may have. */
function allowed(settings: Settings, before: readonly string[]): Pick<Asked, 'allow'> {
  const allow = unique([...before, ...settings.allow.map(entryText)]).slice(0, mostEntries);
  return allow.length === 0 ? {} : { allow };
}

/** Tells people of entries of the settings that an alert's order finds no room for. */
export function entriesLeftOut(settings: Settings, { allow = [] }: Asked): string[] {
  const left = settings.allow.map(entryText).filter((text) => !allow.includes(text));
  if (left.length === 0) return [];
  const why = `since this case has ${allow.length} entries already, and an alert takes none away`;
  return [`left out of the setting allow, ${why}: ${left.join('; ')}`];
}

function alertHandler(text: string): string[] {
  try {
    return [cidr(parseHandler(text))];
  } catch {
    return [];
  }
}

/**
 * What is asked of a host that was contained without us: an operator used the batch script, so an alert must be able
 * neither to lift that later nor to take the handlers away whom it lets in. A network wider than a handler's is none.
 */
export function takeOver(asked: Asked, letIn: readonly Address[]): Asked {
  if (asked.requestedBy === 'operator') return asked;
  const kept = letIn.map(cidr).filter((text) => readBack(text).length > 0);
  const room = Math.max(0, mostHandlers - asked.handlers.length);
  const others = kept.filter((text) => !asked.handlers.includes(text)).slice(0, room);
  return { ...asked, requestedBy: 'operator', handlers: [...asked.handlers, ...others] };
}

/** What those who asked are to get. */
export function allowListOf({ servers, needsDns }: AgentServers, asked: Asked): AllowList {
  const entries = (asked.allow ?? []).map(parseEntryText).flatMap((entry) => ('refused' in entry ? [] : [entry]));
  return { servers, needsDns, handlers: handlersOf(asked), ...(entries.length === 0 ? {} : { entries }) };
}

export function handlersOf({ handlers }: Asked): Address[] {
  return handlers.flatMap(readBack);
}

/** From the journal back to an address; the prefix was judged when it was written. */
function readBack(text: string): Address[] {
  const address = parseNetwork(text, 24, 64);
  return isRefusal(address) ? [] : [address];
}

function unique(texts: readonly string[]): string[] {
  return [...new Set(texts)];
}
