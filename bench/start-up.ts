import { spawnSync } from 'node:child_process';
import { join, resolve } from 'node:path';
import { cache, nodeForWine, nodeOf, nodeVersion } from './nodes';
import type { Table } from './report';
import { interleave, ratio, type Samples, show, timed } from './samples';
import { type WatchedOrder, watchOrder } from './watched';

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
    note: `Milliseconds from the start of the process to its end: Node ${nodeVersion} that runs nothing, and the program that says its version. Wine maps our executable into memory, as Windows does with each; that of Node it reads and copies, since its sections do not stand in whole pages of the file.`,
    columns: ['', 'bare Node', 'contain-host', 'x'],
    rows: [row('Linux', linux), row('Windows (Wine)', windows)],
  };
}

/** Where the time of an order goes until the firewall is asked for the first time. */
export async function orderBreakdown(runs: number): Promise<Table> {
  const { orders } = await interleave({ orders: () => watchOrder(300) }, runs);
  const between = (from: (order: WatchedOrder) => number, to: (order: WatchedOrder) => number): string =>
    show(orders.map((order) => to(order) - from(order)));
  const given = ({ givenAt }: WatchedOrder): number => givenAt;
  const begun = ({ front }: WatchedOrder): number => front.begun;
  const workerStarted = ({ front }: WatchedOrder): number => firstStart(front, '');
  const workerBegun = ({ worker }: WatchedOrder): number => worker.begun;
  const toolStarted = ({ worker }: WatchedOrder): number => firstStart(worker, '');
  const netshStarted = ({ worker }: WatchedOrder): number => firstStart(worker, 'netsh.exe');
  return {
    title: 'An order until its first netsh',
    note: 'Milliseconds, of the executable for Linux on the stand-in for Windows, with 300 rules.',
    columns: ['', 'time'],
    rows: [
      ['Load: Node starts', between(given, begun)],
      ['Parse: the program loads, reads the order, starts the worker', between(begun, workerStarted)],
      ['Worker: Node starts once more', between(workerStarted, workerBegun)],
      ['Its parse: the program loads, reads the order, starts a first tool', between(workerBegun, toolStarted)],
      ['First netsh: what is started before it', between(toolStarted, netshStarted)],
      ['All of it', between(given, netshStarted)],
    ],
  };
}

/** In the Windows that the tests for Wine share. */
async function underWine(runs: number) {
  const env = { PATH: process.env.PATH, WINEPREFIX: join(cache, 'wine', 'prefix'), WINEDEBUG: '-all' };
  const wine = (...args: string[]) => timed(() => execute(resolve('test', 'wine', 'wine.sh'), args, env));
  spawnSync('wineserver', ['--persistent'], { env, stdio: 'ignore' });
  try {
    return await interleave(
      {
        bare: () => wine(nodeForWine, '-e', '0'),
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

function firstStart({ started }: WatchedOrder['front'], program: string): number {
  const first = started.find((child) => child.program.endsWith(program));
  if (first === undefined) throw new Error(`${program} was not started`);
  return first.at;
}
