import { longestAddress, type Request } from './request';

/**
 * Reads the arguments of the ossec dialect, `ADD|DELETE user IP [rest...]`, as OSSEC's execd builds them (ossec-hids
 * src/os_execd/win_execd.c, exec.c): on Windows the rest is one argument, on Linux it is split at blanks.
 * Returns undefined when this is not that dialect's form.
 */
export function parseOssecArguments(args: readonly string[]): Request | undefined {
  const [verb, user, address, ...more] = args;
  const action = actionOf(verb);
  if (action === undefined || user === undefined || address === undefined) return undefined;
  return { action, dialect: 'ossec', address: address.slice(0, longestAddress), ...readRest(more.join(' ')) };
}

/** `add` or `delete` in any case. */
export function actionOf(verb: string | undefined): Request['action'] | undefined {
  const lower = verb?.toLowerCase();
  return lower === 'add' || lower === 'delete' ? lower : undefined;
}

/** `agent_control` ends the rest so; a person at a prompt leaves it out. Words before it come from the operator's `-b`. */
const operatorRest = /^((?:[A-Za-z][A-Za-z0-9_-]*=\S+ +)*)\(from_the_server\) \(no_rule_id\)$/;

function readRest(rest: string): Pick<Request, 'requestedBy' | 'alertId' | 'ruleId' | 'caseNumber'> {
  if (rest === '') return { requestedBy: 'operator' };
  const operator = operatorRest.exec(rest);
  if (operator) return { requestedBy: 'operator', ...readCaseNumber((operator[1] ?? '').split(' ')) };
  const [alertId, ruleId] = rest.split(' ');
  return {
    requestedBy: 'alert',
    ...(alertId !== undefined && /^\d{1,12}\.\d{1,12}$/.test(alertId) ? { alertId } : {}),
    ...(ruleId !== undefined && /^\d{1,9}$/.test(ruleId) ? { ruleId } : {}),
  };
}

/** The first word `case=...` in the allowed form; every other word has no effect. */
export function readCaseNumber(words: readonly string[]): Pick<Request, 'caseNumber'> {
  for (const word of words) {
    const match = /^case=([A-Za-z0-9._-]{1,64})$/.exec(word);
    if (match?.[1] !== undefined) return { caseNumber: match[1] };
  }
  return {};
}
