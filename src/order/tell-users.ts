import { closeSync, existsSync, lstatSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import type { Host } from '../host';
import { openAnonymousFile } from '../process/anonymous-file';
import { type RunResult, runProcess } from '../process/run';
import { systemTool, toolEnvironment } from '../windows/system-tool';

/** Milliseconds for one tool. `wall` gives each terminal its share of that. */
const limitMs = 5000;
const wallSeconds = '2';
/** So long a message stays on a Windows desktop where nobody closes it. */
const shownSeconds = 8 * 3600;

/** The programs that show a message on Linux, and the folder with one folder for each user who is logged on. */
export interface LinuxTools {
  readonly wall: string;
  readonly systemdRun: string;
  readonly notifySend: string;
  readonly users: string;
}

const linuxTools: LinuxTools = {
  ...{ wall: '/usr/bin/wall', systemdRun: '/usr/bin/systemd-run', notifySend: '/usr/bin/notify-send' },
  users: '/run/user',
};

/**
 * Shows a text to whoever is logged on. Returns, for our log, what each tool came to; none where this host has none.
 * Never throws, and ends within some seconds.
 */
export function tellUsers(host: Host, text: string, tools: LinuxTools = linuxTools): Promise<readonly RunResult[]> {
  const told = host.platform === 'windows' ? tellOnWindows(host, text) : tellOnLinux(text, tools);
  return Promise.all(told);
}

/** Where the tool is that shows messages. Windows Home has none. */
export const messageTool = (host: Host): string =>
  host.platform === 'windows' ? systemTool(host, 'msg.exe') : linuxTools.wall;

/**
 * Without a text msg reads its standard input; without a time the box stays for ever; with `/w` msg waits for it
 * (Microsoft, "msg" command reference). A quotation mark would have to be escaped.
 */
function tellOnWindows(host: Host, text: string): Promise<RunResult>[] {
  const msg = messageTool(host);
  if (!existsSync(msg)) return [];
  const args = ['*', `/TIME:${shownSeconds}`, text.replaceAll('"', "'")];
  return [runProcess(msg, args, { limitMs, env: toolEnvironment(host) })];
}

function tellOnLinux(text: string, tools: LinuxTools): Promise<RunResult>[] {
  const { wall, systemdRun, notifySend } = tools;
  const hasDesktops = existsSync(systemdRun) && existsSync(notifySend);
  return [
    ...(existsSync(wall) ? [writeToTerminals(wall, text)] : []),
    ...(hasDesktops ? desktopsIn(tools.users).map((uid) => notify(tools, uid, text)) : []),
  ];
}

/** By standard input: a single argument could be the name of a file. Without a locale wall escapes every umlaut. */
async function writeToTerminals(wall: string, text: string): Promise<RunResult> {
  const inputFd = openAnonymousFile(`${text}\n`, ['/dev/shm', '/run', '/tmp']);
  try {
    return await runProcess(wall, ['-t', wallSeconds], { limitMs, inputFd, env: { LANG: 'C.UTF-8' } });
  } finally {
    closeSync(inputFd);
  }
}

/** Accounts of people begin there (login.defs(5), UID_MIN). */
const firstPerson = 1000;
const mostDesktops = 20;

/** The users who have a message bus of their own. */
function desktopsIn(folder: string): string[] {
  try {
    const names = readdirSync(folder).filter((name) => /^\d{4,9}$/.test(name) && Number(name) >= firstPerson);
    return names.filter((name) => isSocket(join(folder, name, 'bus'))).slice(0, mostDesktops);
  } catch {
    return [];
  }
}

function isSocket(path: string): boolean {
  try {
    return lstatSync(path).isSocket();
  } catch {
    return false;
  }
}

/**
 * The user's own bus shows it, and the user may do what they like with a process of theirs. So it is none of ours:
 * systemd starts it as that user in a unit of its own, with nothing of ours open, few processes and little time. In the
 * agent's unit it could use up what the agent may have.
 */
function notify({ systemdRun, notifySend, users }: LinuxTools, uid: string, text: string): Promise<RunResult> {
  const bus = `DBUS_SESSION_BUS_ADDRESS=unix:path=${join(users, uid, 'bus')}`;
  const bounds = [
    'RuntimeMaxSec=10',
    'TasksMax=16',
    'NoNewPrivileges=yes',
    'StandardOutput=null',
    'StandardError=null',
  ];
  const unit = ['--quiet', '--no-block', '--collect', `--uid=${uid}`, `--setenv=${bus}`];
  // systemd puts variables into arguments.
  const words = ['--urgency=critical', '--app-name=contain-host', '--', text.replaceAll('$', '$$$$')];
  const args = [...unit, ...bounds.map((bound) => `--property=${bound}`), '--', notifySend, ...words];
  return runProcess(systemdRun, args, { limitMs, env: {} });
}
