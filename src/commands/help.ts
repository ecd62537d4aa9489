import { exitCodes } from '../outcome/exit-codes';
import { say } from '../outcome/output/say';
import { actionOf } from '../request/ossec';
import { isHelpWord, quote } from '../request/understood';
import type { Command } from './command';
import { refuseArguments } from './refuse';
import { commands, findCommand } from './table';

/** The batch script's own words. */
export const orderForm = 'contain-host (ADD|DELETE) user IP_Address';
export const orderExample = 'contain-host ADD - 192.0.2.50';

/** `help [COMMAND]`. Returns the exit code. */
export function help([name, ...more]: readonly string[]): number {
  if (name === undefined || isHelpWord(name) || actionOf(name) !== undefined) {
    say(usage());
    return exitCodes.done;
  }
  const command = findCommand(name);
  if (command === undefined || more.length > 0)
    return refuseArguments(`There is no command ${quote([name, ...more].join(' '))}.`, 'contain-host help [COMMAND]');
  say(helpOf(command));
  return exitCodes.done;
}

/** All commands on one screen. */
export function usage(): string {
  return `Usage: ${orderForm}
Example: ${orderExample}

ADD cuts this host off the network. The agent's servers, the incident handler at IP_Address and the handlers in the
settings are let through. DELETE gives the host back as it was; it uses neither user nor IP_Address, so "-" will do.

Commands:
${commands.flatMap(describe).join('\n')}

  contain-host COMMAND --help   explains one command, with examples
  contain-host --version
`;
}

function describe({ name, form, summary }: Command): string[] {
  return [`  contain-host ${[name, form].join(' ')}`, `      ${summary}`];
}

/** Everything about one command. */
export function helpOf({ name, form, summary, details, options, examples }: Command): string {
  return `${[
    `Usage: contain-host ${name} ${form}`.trimEnd(),
    '',
    `${summary[0]?.toUpperCase()}${summary.slice(1)}.`,
    ...details,
    ...(options.length === 0 ? [] : ['', 'Options:']),
    ...options.map((option) => {
      const values = option.values === undefined ? '' : `: ${option.values.join(', ')}`;
      return `  ${option.form.padEnd(18)} ${option.summary}${values}`;
    }),
    '',
    'Examples:',
    ...examples.flatMap((example) => [`  contain-host ${example.line}`, `      ${example.summary}`]),
  ].join('\n')}\n`;
}
