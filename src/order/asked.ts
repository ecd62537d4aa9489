import type { AgentServers } from '../agent/servers';
import { mostHandlers, type Settings } from '../agent/settings';
import { type Address, cidr, isRefusal, parseNetwork } from '../policy/address';
import type { AllowList } from '../policy/allow-list';
import type { Request } from '../request/request';
import type { Asked } from '../state/journal';
import { parseHandler } from './handler';

/**
 * Who asked, and who is let in now: always the configured handlers and the last operator's address. An alert takes nobody
 * away, and its own address comes in only where the settings say so and there is room: with each alert there may be one more.
 */
export function mergeAsked(
  request: Request,
  operator: Address | undefined,
  settings: Settings,
  before: Asked | undefined,
): Asked {
  const { alertId, ruleId, caseNumber } = request;
  const origin = {
    ...(alertId === undefined ? {} : { alertId }),
    ...(ruleId === undefined ? {} : { ruleId }),
    ...(caseNumber === undefined ? {} : { caseNumber }),
  };
  const configured = settings.handlers.map(cidr);
  if (operator !== undefined) {
    const own = cidr(operator);
    return { requestedBy: 'operator', ...origin, handlers: unique([...configured, own]), operatorAddress: own };
  }
  const others = unique([...(before?.handlers ?? []), ...configured]);
  const isAllowed = settings.alertAddress === 'allow' && others.length < mostHandlers;
  const handlers = unique([...others, ...(isAllowed ? alertHandler(request.address) : [])]);
  return before === undefined ? { requestedBy: 'alert', ...origin, handlers } : { ...before, handlers };
}

function alertHandler(text: string): string[] {
  try {
    return [cidr(parseHandler(text))];
  } catch {
    return [];
  }
}

/** What those who asked are to get. */
export function allowListOf({ servers, needsDns }: AgentServers, { handlers }: Asked): AllowList {
  return { servers, needsDns, handlers: handlers.flatMap(readBack) };
}

/** From the journal back to an address; the prefix was judged when it was written. */
function readBack(text: string): Address[] {
  const address = parseNetwork(text, 24, 64);
  return isRefusal(address) ? [] : [address];
}

function unique(texts: readonly string[]): string[] {
  return [...new Set(texts)];
}
