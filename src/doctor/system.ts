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

/** A tool of Linux. */
interface Tool {
  readonly name: string;
  readonly places: readonly string[];
  /** The word with which it tells its version. */
  readonly version: string;
  readonly say: typeof problem;
  readonly advice: string;
}

const placesOf = (name: string): string[] => linuxToolFolders.map((folder) => `${folder}/${name}`);

/**
 * The tools that a containment starts, and where they must be: PATH is never searched. Without ip a host is contained
 * all the same, but what its network is like is not known.
 */
const tools: { readonly linux: readonly Tool[]; readonly windows: readonly string[] } = {
  linux: [
    {
      ...{ name: 'nft', places: placesOf('nft'), version: '--version' },
      ...{ say: problem, advice: 'Install the package nftables.' },
    },
    {
      ...{ name: 'flock', places: ['/usr/bin/flock'], version: '--version' },
      ...{ say: problem, advice: 'Install the package util-linux.' },
    },
    {
      ...{ name: 'ip', places: placesOf('ip'), version: '-Version' },
      ...{ say: warning, advice: 'Install the package iproute2 (Red Hat: iproute).' },
    },
  ],
  windows: ['netsh.exe', 'reg.exe'],
};

export async function checkTools({ host }: Patient): Promise<Check[]> {
  if (host.platform === 'linux') return Promise.all(tools.linux.map(checkLinuxTool));
  return tools.windows.map((name) => {
    const file = systemTool(host, name);
    const check = name.replace('.exe', '');
    return existsSync(file)
      ? ok(check, `${check} is ${file}.`)
      : problem(check, `${file} is missing.`, 'Repair Windows (sfc /scannow), or cut this host off by other means.');
  });
}

/** Each of these tools can tell its version: one that does not tell it cannot be run. */
async function checkLinuxTool({ name, places, version, say, advice }: Tool): Promise<Check> {
  const file = places.find((place) => existsSync(place));
  if (file === undefined) return say(name, `${name} is not in ${places.join(', ')}.`, advice);
  const { exitCode, startError, output } = await runProcess(file, [version], { limitMs: 5000 });
  const said = (startError ?? output.toString('latin1'))
    .replace(/[^\x20-\x7e]+/g, ' ')
    .trim()
    .slice(0, 200);
  return exitCode === 0
    ? ok(name, `${name} is ${file}: ${said}.`)
    : say(name, `${file} cannot be run: ${said || 'it did not end in time'}.`, advice);
}
