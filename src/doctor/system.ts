import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { errorCode } from '../process/error-code';
import { linuxToolFolders } from '../process/linux-tool';
import { runProcess } from '../process/run';
import { systemTool } from '../windows/system-tool';
import { type Check, ok, type Patient, problem, warning } from './check';

const asAdministrator = 'Run this as an administrator, elevated. The agent needs nothing: its service has all rights.';

/** Whether this process may change the firewall. */
export function checkElevation({ host }: Patient): Check[] {
  if (host.platform === 'linux') {
    return process.getuid?.() === 0
      ? [ok('elevation', 'This runs as root.')]
      : [problem('elevation', 'This does not run as root.', 'Run it as root.')];
  }
  // Closed to everybody but the system and elevated administrators.
  const folder = join(host.env.SystemRoot ?? 'C:\\Windows', 'System32', 'config', 'systemprofile');
  try {
    readdirSync(folder);
    return [ok('elevation', 'This runs elevated.')];
  } catch (error) {
    if (['EACCES', 'EPERM'].includes(errorCode(error)))
      return [
        problem('elevation', 'This does not run elevated, so it sees little and can change nothing.', asAdministrator),
      ];
    return [warning('elevation', 'It cannot be told whether this runs elevated.', asAdministrator)];
  }
}

interface LinuxTool {
  readonly name: string;
  readonly places: readonly string[];
  /** Asks it for its version: a tool that does not tell it cannot be run. */
  readonly ask: '--version' | '-V';
  readonly advice: string;
  /** What to say where it is missing or cannot be run. */
  readonly without: typeof problem;
}

/** The package of each of these tools on Red Hat; elsewhere iproute2 has all three. */
const iproute2 = { ip: 'iproute', tc: 'iproute-tc', bridge: 'iproute' } as const;

const needed = { ask: '--version', without: problem } as const;

/** The tools that a containment starts, and where they must be: PATH is never searched. */
const linuxTools: readonly LinuxTool[] = [
  { ...needed, name: 'nft', places: placesOf('nft'), advice: 'Install the package nftables.' },
  { ...needed, name: 'flock', places: ['/usr/bin/flock'], advice: 'Install the package util-linux.' },
  ...Object.entries(iproute2).map(
    ([name, redHat]): LinuxTool => ({
      name,
      places: placesOf(name),
      ask: '-V',
      without: warning,
      advice: `Install the package iproute2 (${redHat} on Red Hat), or ways past the firewall may not be seen.`,
    }),
  ),
];

const windowsTools = ['netsh.exe', 'reg.exe'];

function placesOf(name: string): string[] {
  return linuxToolFolders.map((folder) => `${folder}/${name}`);
}

export async function checkTools({ host }: Patient): Promise<Check[]> {
  if (host.platform === 'linux') return Promise.all(linuxTools.map(checkLinuxTool));
  return windowsTools.map((name) => {
    const file = systemTool(host, name);
    const check = name.replace('.exe', '');
    return existsSync(file)
      ? ok(check, `${check} is ${file}.`)
      : problem(check, `${file} is missing.`, 'Repair Windows (sfc /scannow), or cut this host off by other means.');
  });
}

async function checkLinuxTool({ name, places, ask, advice, without }: LinuxTool): Promise<Check> {
  const file = places.find((place) => existsSync(place));
  if (file === undefined) return without(name, `${name} is not in ${places.join(', ')}.`, advice);
  const { exitCode, startError, output } = await runProcess(file, [ask], { limitMs: 5000 });
  const said = (startError ?? output.toString('latin1'))
    .replace(/[^\x20-\x7e]+/g, ' ')
    .trim()
    .slice(0, 200);
  return exitCode === 0
    ? ok(name, `${name} is ${file}: ${said}.`)
    : without(name, `${file} cannot be run: ${said || 'it did not end in time'}.`, advice);
}
