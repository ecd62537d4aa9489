import { isPair, readOperatorWords, splitWords } from './operator-words';
import { longestAddress, type Request } from './request';
import { help, isHelpWord, quote, refused, type Understood } from './understood';

/**
 * Reads the arguments of the ossec dialect, `ADD|DELETE user IP [rest...]`, as OSSEC's execd builds them (ossec-hids
 * src/os_execd/win_execd.c, exec.c): on Windows the rest is one argument, on Linux it is split at blanks. A person at a
 * prompt types the same. An alert is never refused for its words, and a person is never contained by a typing error.
 * Returns undefined when the first argument is no verb.
 */
export function parseOssecArguments(args: readonly string[]): Understood | undefined {
  const [verb, user = '', address = '', ...more] = args;
  const action = actionOf(verb);
  if (action === undefined) return undefined;
  const rest = more.join(' ').trim();
  const operator = operatorRest.exec(rest);
  if (operator !== null) return byAgentControl(action, address, splitWords(operator[1] ?? ''));
  if (isFromAlert(args.slice(1), rest)) return byAlert(action, address, rest);
  return byHand(action, [user, address, ...splitWords(rest)], args.length);
}

/** `add` or `delete` in any case. */
export function actionOf(verb: string | undefined): Request['action'] | undefined {
  const lower = verb?.toLowerCase();
  return lower === 'add' || lower === 'delete' ? lower : undefined;
}

/**
 * How `agent_control` ends the rest, behind whatever followed the address in its `-b`. An alert ends with the name of a
 * file, in which analysisd writes a backslash before each bracket (os_shell_escape, ossec-hids src/shared/string_op.c).
 */
const operatorRest = /^(?:([\s\S]*)\s)?\(from_the_server\)\s+\(no_rule_id\)$/;

/** With a blank before the address all words stand one place further right. */
function byAgentControl(action: Request['action'], address: string, words: readonly string[]): Understood {
  const [first = '', ...others] = address.trim() === '' ? words : [address.trim(), ...words];
  return order({ action, requestedBy: 'operator', address: first, ...readOperatorWords(others) });
}

/**
 * The id and the rule of an alert, `<epoch>.<n> <rule>`: analysisd always writes them (ossec-hids
 * src/analysisd/alerts/exec.c). A user name with blanks or a backslash moves them into another argument.
 */
const alertMark = /(?:^|[\s"])\d{9,12}\.\d+\s+\d{1,9}(?![\d.])/;

/**
 * Only an attacker sends so many words or bytes: OSSEC passes on 29 words and about 1,000 bytes, and cuts off what is
 * beyond.
 */
const fewestCutWords = 25;
const fewestCutBytes = 900;
/** An agent passes on no more than this. A message of nearly this size was cut before the rest. */
const mostBytesOfAgent = 1000;

function isFromAlert(words: readonly string[], rest: string): boolean {
  const whole = words.join(' ');
  const bytes = Buffer.byteLength(whole);
  return (
    alertMark.test(whole) ||
    splitWords(rest).length >= fewestCutWords ||
    Buffer.byteLength(rest) >= fewestCutBytes ||
    (bytes >= fewestCutBytes && bytes <= mostBytesOfAgent)
  );
}

function byAlert(action: Request['action'], address: string, rest: string): Understood {
  const [alertId = '', ruleId = ''] = splitWords(rest);
  return order({
    action,
    requestedBy: 'alert',
    address,
    ...(/^\d{1,12}\.\d{1,12}$/.test(alertId) ? { alertId } : {}),
    ...(/^\d{1,9}$/.test(ruleId) ? { ruleId } : {}),
    ...(ownStatus.test(rest) ? { answersStatus: true } : {}),
  });
}

/**
 * An alert about the output of the agents' command monitoring: `<epoch>.<n> <rule> (name) address->contain-host`, by
 * the names that the kits give the command. Only here, where analysisd writes it: what stands further on may be an
 * attacker's.
 */
const ownStatus = /^\d{1,12}\.\d{1,12} \d{1,9} \(\S+\) [^\s>]+->(?:command_)?contain-host(?: |$)/;

/** Every agent passes a rest, so a word for help in the last place is a person's. */
function byHand(action: Request['action'], words: readonly string[], length: number): Understood {
  const [user, address = '', ...more] = words;
  if (more.length === 0 ? [user, address].some(isHelpWord) : more.some(isHelpWord)) return help;
  const verb = action.toUpperCase();
  if (length < 3) return refused(`${verb} takes a user and an IP address; "-" stands for no user.`);
  const strange = more.find((word) => !isPair(word));
  if (strange !== undefined) return refused(why(verb, strange));
  const understood = order({ action, requestedBy: 'operator', address: address.trim(), ...readOperatorWords(more) });
  return { ...understood, byHand: true };
}

function why(verb: string, word: string): string {
  if (/^--?(dry-?run|n|what-?if|whatif|json|original|for)$/i.test(word))
    return `${verb} has no option ${quote(word)}; "contain-host plan" shows what would be done.`;
  if (/^--keep-my-session$/i.test(word)) return `${verb} has no option ${quote(word)}; "contain-host contain" has.`;
  if (word.startsWith('-')) return `${verb} has no option ${quote(word)}.`;
  if (/^[\da-f:.]*[:.][\da-f:.]*$/i.test(word))
    return `${quote(word)} is a second address, and one order names one handler: those in the settings are let in as well.`;
  return `${quote(word)} behind the address was not understood.`;
}

function order(request: Omit<Request, 'dialect'>): Understood & { readonly kind: 'order' } {
  return {
    kind: 'order',
    request: { ...request, dialect: 'ossec', address: request.address.slice(0, longestAddress) },
  };
}
