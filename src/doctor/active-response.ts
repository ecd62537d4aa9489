import { existsSync, lstatSync, statSync } from 'node:fs';
import { basename, join } from 'node:path';
import { type ActiveResponseConfiguration, readActiveResponse } from '../agent/active-response';
import { readAgentFile } from '../agent/agent-files';
import { lastStart, wasMissing } from '../agent/agent-log';
import { type Command, installedProgram, readCommands, usesArConf } from '../agent/ar-conf';
import { sharedFolder } from '../agent/home';
import { auditFileOf } from '../agent/response-log';
import type { Host } from '../host';
import { type Check, ok, type Patient, problem, warning } from './check';

const switchOn = '<active-response><disabled>no</disabled></active-response>';

/** Active responses that are off are dropped without a line in any log. */
export function checkSwitchedOn({ host, home }: Patient): Check[] {
  if (home === undefined) return [];
  const found = readActiveResponse(host.platform, home.home);
  const why = whyOff(found);
  return why === undefined
    ? [ok('active-response', 'Active responses are switched on.')]
    : [
        problem(
          'active-response',
          why,
          `Put ${switchOn} into ossec.conf, in the place of what stands in <active-response> there, and restart the agent.`,
        ),
      ];
}

function whyOff({ disabled, disabledInClient, disabledByDefault }: ActiveResponseConfiguration): string | undefined {
  if (disabledInClient) return 'The client section of ossec.conf switches active responses off.';
  if (disabled === undefined)
    return disabledByDefault ? 'Active responses are off: on Windows that is the default.' : undefined;
  if (disabled === 'no') return undefined;
  return disabled === 'yes'
    ? 'The first <disabled> in an <active-response> section of ossec.conf says yes, and no later one counts.'
    : 'The first <disabled> in an <active-response> section of ossec.conf says neither yes nor no, and with that the agent does not start.';
}

/** The server hears of an outcome only where the agent sends that log. */
export function checkAnswerLog({ host, home }: Patient): Check[] {
  if (home === undefined) return [];
  const file = auditFileOf(host.platform, home.home);
  const { locations } = readActiveResponse(host.platform, home.home);
  if (locations.some((location) => isAnswerLog(host.platform, location)) || isInSharedConfiguration(host, home.home))
    return existsSync(file)
      ? [ok('answer-log', `The agent sends ${file} to the server.`)]
      : [missingLog(host.platform, file)];
  const location = host.platform === 'windows' ? 'active-response\\active-responses.log' : file;
  return [
    warning(
      'answer-log',
      `The agent does not send ${file}, so the server never hears how an order ended.`,
      `Add to ossec.conf: <localfile><log_format>syslog</log_format><location>${location}</location></localfile>`,
    ),
  ];
}

/**
 * OSSEC's log reader looks a few times for a file that is not there. Then it looks no more until the agent is
 * restarted.
 */
function missingLog(platform: Host['platform'], file: string): Check {
  const how = platform === 'windows' ? 'Create it, empty' : "Create it, empty, owned by the agent's user and group";
  return warning(
    'answer-log',
    `${file} is not there. The agent's log reader gives it up after some minutes, and the server then hears of no order until the agent is restarted.`,
    `${how}, and restart the agent once.`,
  );
}

function isAnswerLog(platform: Host['platform'], location: string): boolean {
  const path = location.trim().replaceAll('\\', '/').toLowerCase();
  return platform === 'windows'
    ? path.endsWith('active-response/active-responses.log')
    : path.endsWith('logs/active-responses.log');
}

/** Looks into the file that a server pushes. It has another root and conditions, so only the log's name counts. */
function isInSharedConfiguration({ platform }: Host, home: string): boolean {
  try {
    return readAgentFile(home, `${sharedFolder[platform]}/agent.conf`, 1024 * 1024)
      .toString('latin1')
      .includes('active-responses.log');
  } catch {
    return false;
  }
}

/** An agent that was told to start a program before it was there never starts it until the agent is restarted. */
export function checkRestart({ host, home }: Patient): Check[] {
  const program = home === undefined ? '' : installedProgram(host.platform, home.home, 'contain-host');
  if (home === undefined || !existsSync(program) || !usesArConf(home.home)) return [];
  const started = lastStart(host.platform, home.home);
  if (started === undefined) {
    const found = 'It cannot be told when the agent was started: its log does not say.';
    return [warning('agent-restart', found, 'If this program is newer than that, restart the agent once.')];
  }
  const { birthtime, ctime } = statSync(program);
  const there = host.platform === 'windows' ? birthtime : ctime;
  if (started >= there)
    return [ok('agent-restart', `The agent was started at ${iso(started)}, after this program was put there.`)];
  const found = `The agent was started at ${iso(started)}, before this program was put there at ${iso(there)}.`;
  const advice = 'Restart the agent once.';
  // The agent reads ar.conf when a name is new to it. A program that is missing then is missing to the agent until the
  // agent is restarted.
  const knewOfIt =
    arConfIsOlder(host.platform, home.home, there) || wasMissing(host.platform, home.home, basename(program));
  return knewOfIt
    ? [problem('agent-restart', `${found} The agent takes this program for missing, and drops orders for it.`, advice)]
    : [
        warning(
          'agent-restart',
          `${found} If the server ordered it in between, the agent does not look for it again.`,
          advice,
        ),
      ];
}

/** Whether the server's commands came before the program did: then an order may have come too. */
function arConfIsOlder(platform: Host['platform'], home: string, there: Date): boolean {
  const isOurs = ({ file }: Command): boolean => file === basename(installedProgram(platform, home, 'contain-host'));
  try {
    return (
      lstatSync(join(home, sharedFolder[platform], 'ar.conf')).mtime < there &&
      readCommands(platform, home).some(isOurs)
    );
  } catch {
    return false;
  }
}

function iso(time: Date): string {
  return time.toISOString().replace(/\.\d+/, '');
}
