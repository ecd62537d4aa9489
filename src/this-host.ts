import { basename, extname, resolve } from 'node:path';
import { isSea } from 'node:sea';
import { type Host, timeouts } from './host';

/** The machine this process runs on. */
export function thisHost(): Host {
  // As one executable there is no script; Node then repeats the executable's name where the script's would stand.
  const program = isSea() ? process.execPath : resolve(process.argv[1] ?? '');
  return {
    platform: process.platform === 'win32' ? 'windows' : 'linux',
    env: process.env,
    program,
    command: isSea() ? [process.execPath] : [process.execPath, program],
    // Only argv0 has the name of a symbolic link; where the agent cut argv0 short, only the program's path has it.
    name: [program, process.argv0].map(nameOf).find((name) => name === 'release-host') ?? nameOf(program),
    timeouts,
  };
}

function nameOf(file: string): string {
  return basename(file, extname(file)).toLowerCase();
}
