import { exitCodes } from '../outcome/exit-codes';
import { complain } from '../outcome/output/say';
import { errorCode } from '../process/error-code';
import { quote } from '../request/understood';
import { findCommand } from './table';

/** Says why a person's words were refused, then the right form. Returns the exit code. */
export function refuseArguments(reason: string, form: string): number {
  complain(`${reason} Nothing was changed.\nUsage: ${form}\n`);
  return exitCodes.refused;
}

/** The same for the options of a command. */
export function refuseOptions(command: string, reason: string): number {
  return refuseArguments(reason, formOf(command));
}

export function formOf(command: string): string {
  return `contain-host ${command} ${findCommand(command)?.form ?? ''}`.trimEnd();
}

/** What `parseArgs` found wrong, in our words: its own are for programmers. */
export function whatIsWrong(command: string, args: readonly string[], error: unknown): string {
  const known = findCommand(command)?.options.map(({ form }) => form.split(' ')[0]) ?? [];
  const strange = args.find((word) => /^-./.test(word) && !known.includes(word.split('=')[0]));
  if (strange !== undefined) return `${command} has no option ${quote(strange)}.`;
  if (errorCode(error) === 'ERR_PARSE_ARGS_UNEXPECTED_POSITIONAL') {
    const word = args.find((other) => !other.startsWith('-')) ?? '';
    return `${command} does not take ${quote(word)}.`;
  }
  const [bare] = args.filter((word, index) => lacksValue(command, word, args[index + 1]));
  return bare === undefined ? `An option of ${command} has one value too many.` : `${bare} lacks its value.`;
}

function lacksValue(command: string, word: string, next: string | undefined): boolean {
  const option = findCommand(command)?.options.find(({ form }) => form.startsWith(`${word} `));
  return option !== undefined && (next === undefined || next.startsWith('-'));
}
