import { spawnSync } from 'node:child_process';
import { join, resolve } from 'node:path';
import { version as nodeVersion, platforms } from '../scripts/package/node.json';
import type { Table } from './report';
import { interleave, ratio, type Samples, show, timed } from './samples';

const cache = resolve('node_modules', '.cache', 'contain-host');
const nodeOf = (platform: keyof typeof platforms): string =>
  join(cache, `${platforms[platform].package}-${nodeVersion}`, platforms[platform].executable);

/** What starts and ends at once: the program against the Node in it. */
export async function startUp(runs: number): Promise<Table> {
  const linux = await interleave(
    {
      bare: () => timed(() => execute(nodeOf('linux-x64'), ['-e', '0'])),
      ours: () => timed(() => execute(resolve('dist', 'contain-host'), ['--version'])),
    },
    runs,
  );
  const windows = await underWine(runs);
  return {
    title: 'Start-up',
    note: `Milliseconds from the start of the process to its end: Node ${nodeVersion} that runs nothing, and the program that says its version.`,
    columns: ['', 'bare Node', 'contain-host', 'x'],
    rows: [row('Linux', linux), row('Windows (Wine)', windows)],
  };
}

/** In the Windows that the tests for Wine have made (`npm run test:windows`). */
async function underWine(runs: number) {
  const env = { PATH: process.env.PATH, WINEPREFIX: join(cache, 'wine', 'prefix'), WINEDEBUG: '-all' };
  const wine = (...args: string[]) => timed(() => execute('wine', args, env));
  spawnSync('wineserver', ['--persistent'], { env, stdio: 'ignore' });
  try {
    return await interleave(
      {
        bare: () => wine(nodeOf('win32-x64'), '-e', '0'),
        ours: () => wine(resolve('dist', 'contain-host.exe'), '--version'),
      },
      runs,
    );
  } finally {
    spawnSync('wineserver', ['--kill'], { env, stdio: 'ignore' });
  }
}

const row = (name: string, { bare, ours }: Record<'bare' | 'ours', Samples>): string[] => [
  name,
  show(bare),
  show(ours),
  ratio(ours, bare),
];

function execute(program: string, args: readonly string[], env = process.env): void {
  const { status, error } = spawnSync(program, args, { env, stdio: 'ignore' });
  if (status !== 0) throw error ?? new Error(`${program} ended with ${status}`);
}
