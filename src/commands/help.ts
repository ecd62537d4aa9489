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

const whatOrdersDo =
  "ADD cuts this host off the network. The agent's servers, the incident handler at IP_Address and the handlers in the settings are let through. " +
  'DELETE gives the host back as it was; it uses neither user nor IP_Address, so "-" will do.';

/** In characters: a terminal as it opens on every system. */
const columns = 80;

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

${wrap(whatOrdersDo)}

Commands:
${commands.flatMap(describe).join('\n')}

  contain-host COMMAND --help   explains one command, with examples
  contain-host --version
`;
}

function describe({ name, form, summary }: Command): string[] {
  return [wrap(`  contain-host ${name} ${form}`.trimEnd(), 6), wrap(`      ${summary}`, 6)];
}

/** Everything about one command. */
export function helpOf({ name, form, summary, details, options, examples }: Command): string {
  return `${[
    wrap(`Usage: contain-host ${name} ${form}`.trimEnd(), 7),
    '',
    wrap(`${summary[0]?.toUpperCase()}${summary.slice(1)}.`),
    ...details.map((detail) => wrap(detail)),
    ...(options.length === 0 ? [] : ['', 'Options:']),
    ...options.map((option) => {
      const values = option.values === undefined ? '' : `: ${option.values.join(', ')}`;
      return wrap(`  ${option.form.padEnd(18)} ${option.summary}${values}`, 21);
    }),
    '',
    'Examples:',
    ...examples.flatMap((example) => [`  contain-host ${example.line}`, wrap(`      ${example.summary}`, 6)]),
  ].join('\n')}\n`;
}

/** Breaks a line at spaces, so that no part is longer than the terminal; the parts after the first are indented. */
function wrap(line: string, indent = 0): string {
  const widest = new RegExp(`^(.{0,${columns - 1}}\\S) +(?=\\S)`);
  const broken = line.length > columns ? widest.exec(line) : null;
  if (broken === null) return line;
  return `${broken[1]}\n${wrap(`${' '.repeat(indent)}${line.slice(broken[0].length)}`, indent)}`;
}
