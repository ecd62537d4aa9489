import { type Fields, isFields } from '../json';
import { Failure } from '../outcome/failure';
import { findRepeatedKeys } from './json-keys';
import { isPair, readOperatorWords, splitWords } from './operator-words';
import { longestAddress, type OperatorWords, type Request } from './request';

/**
 * Reads the one line that a Wazuh agent writes to our standard input. Wazuh 4.2 to 4.14 send `add` and `delete` (wazuh
 * src/os_execd/execd.c); Wazuh 5 sends `enable` and `disable` in another shape.
 * Throws `Failure('bad-message')` for anything that is not clearly one of the two.
 */
export function parseWazuhMessage(line: string): Request {
  const request = readMessage(line);
  return { ...request, address: request.address.slice(0, longestAddress) };
}

function readMessage(line: string): Request {
  const message = parseObject(line);
  const repeated = findRepeatedKeys(line);
  const unambiguous = (...paths: string[]): void => {
    for (const path of paths) {
      if (repeated.has(path)) throw bad(`the key ${path} stands there twice, so nobody can tell which value counts`);
    }
  };
  unambiguous('version', 'command', 'parameters', 'wazuh');
  if (message.wazuh !== undefined) {
    unambiguous('wazuh.active_response', 'wazuh.active_response.extra_arguments');
    return readWazuh5(message);
  }
  if (message.version !== 1) throw bad('only version 1 of the Wazuh 4 message is known');
  unambiguous('parameters.extra_args', 'parameters.alert', 'parameters.alert.rule', 'parameters.alert.data');
  const request = readWazuh4(message);
  // An attacker can choose the keys in an alert's data: they must not keep the host from being contained.
  if (request.requestedBy === 'operator') unambiguous('parameters.alert.data.srcip');
  return request;
}

function readWazuh4({ command, parameters }: Fields): Request {
  if (command !== 'add' && command !== 'delete') throw bad('in version 1 the command is add or delete');
  if (!isFields(parameters)) throw bad('it has no parameters');
  const { extra_args: extraArgs = [], alert = {} } = parameters;
  if (!isFields(alert)) throw bad('parameters.alert is not an object');
  const shared = { action: command, dialect: 'wazuh' } as const;
  if (alert.rule !== undefined) {
    const answersStatus = alert.location === 'contain-host' || alert.location === 'command_contain-host';
    return {
      ...shared,
      requestedBy: 'alert',
      address: alertAddress(alert) ?? '-',
      ...readAlertId(alert),
      ...(answersStatus ? { answersStatus } : {}),
    };
  }
  if (!Array.isArray(extraArgs) || !extraArgs.every((word): word is string => typeof word === 'string')) {
    throw bad('parameters.extra_args is not a list of texts');
  }
  const words = extraArgs.flatMap(splitWords);
  // All that `agent_control -b` was given stands where an alert has its address.
  const given = splitWords(sourceAddress(alert) ?? '');
  const isNamed = words.some((word) => !isPair(word) && /[.:]/.test(word)) || !given.some((word) => !isPair(word));
  return {
    ...shared,
    requestedBy: 'operator',
    ...(isNamed ? readNamed([...words, ...given.slice(1)], words) : readNamed([...given, ...words], given.slice(0, 1))),
  };
}

/**
 * One handler among the words of an operator. `mayName`: those of them that can be the address. Where two can, or where
 * a word has signs that no note needs, nobody can tell what is meant: then all of them are the address, and that is
 * not valid.
 */
function readNamed(words: readonly string[], mayName: readonly string[]): Pick<Request, 'address'> & OperatorWords {
  const free = words.filter((word) => !isPair(word));
  const named = mayName.filter((word) => !isPair(word));
  const addresses = named.length === 1 ? named : named.filter((word) => /[.:]/.test(word));
  const [address] = addresses;
  const others = free.filter((word) => word !== address);
  if (address === undefined || addresses.length > 1 || others.some(isStrange))
    return { address: free.join(' ') || '-', ...readOperatorWords(words.filter(isPair)) };
  return { address, ...readOperatorWords(words.filter((word) => word !== address)) };
}

/** Whether a word is made of an address's characters, or has signs of a shell. */
function isStrange(word: string): boolean {
  return /^[\da-f:.]*[.:][\da-f:.]*$/i.test(word) || /[&|;<>^"'`$%\\]/.test(word);
}

/**
 * `source.ip` is the event's, so it is never let in; only what an administrator wrote into the response names a
 * handler.
 */
function readWazuh5({ command, wazuh }: Fields): Request {
  if (command !== 'enable' && command !== 'disable') throw bad('in Wazuh 5 the command is enable or disable');
  const response = isFields(wazuh) ? wazuh.active_response : undefined;
  if (!isFields(response)) throw bad('it has no wazuh.active_response');
  const text = response.extra_arguments ?? '';
  if (typeof text !== 'string') throw bad('wazuh.active_response.extra_arguments is not a text');
  const words = splitWords(text);
  return {
    action: command === 'enable' ? 'add' : 'delete',
    dialect: 'wazuh',
    requestedBy: words.every(isPair) ? 'alert' : 'operator',
    ...readNamed(words, words),
  };
}

function sourceAddress({ data }: Fields): string | undefined {
  return isFields(data) && typeof data.srcip === 'string' ? data.srcip : undefined;
}

/** The address, as Wazuh's own responses look for it, in their order (wazuh src/active-response/active_responses.c). */
function alertAddress(alert: Fields): string | undefined {
  const win = isFields(alert.data) ? alert.data.win : undefined;
  const event = isFields(win) && isFields(win.eventdata) ? win.eventdata : {};
  return [event.ipAddress, event.destinationIp].find((value) => typeof value === 'string') ?? sourceAddress(alert);
}

function readAlertId({ id, rule }: Fields): Pick<Request, 'alertId' | 'ruleId'> {
  const ruleId = isFields(rule) ? rule.id : undefined;
  return {
    ...(typeof id === 'string' && /^\d{1,12}\.\d{1,12}$/.test(id) ? { alertId: id } : {}),
    ...(typeof ruleId === 'string' && /^\d{1,9}$/.test(ruleId) ? { ruleId } : {}),
  };
}

function parseObject(line: string): Fields {
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch {
    throw bad('it is not JSON');
  }
  if (!isFields(value)) throw bad('it is not a JSON object');
  return value;
}

function bad(why: string): Failure {
  return new Failure(
    'bad-message',
    `The message on standard input was refused: ${why}. Nothing was changed. Mend the response on the manager and repeat the order.`,
  );
}
