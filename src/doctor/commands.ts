import { existsSync } from 'node:fs';
import { basename } from 'node:path';
import { type Command, installedProgram, readCommands, usesArConf } from '../agent/ar-conf';
import type { Host } from '../host';
import { errorCode } from '../process/error-code';
import { type Check, ok, type Patient, problem, warning } from './check';

const onTheServer =
  'Define the command and its active response on the server, with this agent among their locations. Restart the server, then this agent: the server drops orders, without a word, until it has heard from the agent again (up to 10 minutes).';

const noArConf =
  'The server has sent no commands yet: there is no ar.conf. A new agent may lack it for minutes: restart the agent, and wait a minute.';

/** Whether the server has told the agent of our program, and of its second name, which releases. */
export function checkCommands({ host, home }: Patient): Check[] {
  if (home === undefined) return [];
  if (!usesArConf(home.home)) return checkPrograms(host, home.home);
  let commands: readonly Command[];
  try {
    commands = readCommands(host.platform, home.home);
  } catch (error) {
    if (errorCode(error) !== 'ENOENT') throw error;
    return [problem('commands', noArConf, onTheServer)];
  }
  const pathOf = (program: string): string => installedProgram(host.platform, home.home, program);
  return [
    ...checkCommand(pathOf('contain-host'), commands, (found) => problem('commands', found, onTheServer)),
    ...checkCommand(pathOf('release-host'), commands, (found) =>
      warning('commands', `${found} Without it only a timeout or somebody at this host can release.`, onTheServer),
    ),
  ];
}

/** For agents whose orders name the program itself: it only has to be there. */
function checkPrograms({ platform }: Host, home: string): Check[] {
  return ['contain-host', 'release-host'].map((program) => {
    const file = installedProgram(platform, home, program);
    return existsSync(file)
      ? ok('commands', `${file} is there.`)
      : problem('commands', `${file} is not there.`, 'Install this program for the agent.');
  });
}

/** `path`: where the program has to be. */
function checkCommand(path: string, commands: readonly Command[], isMissing: (found: string) => Check): Check[] {
  const file = basename(path);
  // One list goes to Windows and Linux agents; what is not in this agent's folder is for the others.
  const own = commands.filter((command) => command.file.toLowerCase() === file);
  if (own.length === 0) return [isMissing(`ar.conf names no command for ${file}.`)];
  if (!existsSync(path)) {
    const found = `ar.conf names ${file}, which is not in active-response/bin.`;
    return [problem('commands', found, 'Put it there, then restart the agent: it does not look a second time.')];
  }
  const names = own.map(({ name, timeout }) => (timeout === 0 ? name : `${name} (undone after ${timeout} s)`));
  return [ok('commands', `The server can order ${file} as ${names.join(', ')}.`)];
}
