import { execFileSync } from 'node:child_process';
import { chmodSync, closeSync, constants, openSync, readFileSync, writeFileSync, writeSync } from 'node:fs';
import { Socket } from 'node:net';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as wait } from 'node:timers/promises';
import { CallLog, type Tool } from '../fixtures/standin/calls';
import type { Machine } from '../fixtures/standin/machine';
import { answerNeighbours } from '../fixtures/standin/neighbours';
import { NetshRun } from '../fixtures/standin/netsh-run';
import { runReg } from '../fixtures/standin/reg-run';
import { fileStore, type Store } from '../fixtures/standin/store';
import { errorCode } from '../src/process/error-code';

/**
 * Milliseconds that one call of each tool takes, from its start to its end, unless the work itself takes longer. An
 * import adds rule by rule, and may take longer than other calls.
 */
export type CallTimes = Readonly<Record<Tool | 'import', number>>;

/** Hands its arguments over, one a line, and ends as it is told. Starts within two or three milliseconds. */
const client = (tool: Tool, folder: string): string => `#!/bin/sh
run='${folder}'/run-$$
mkdir "$run" && mkfifo "$run/answer"
printf '%s\\n' "$@" > "$run/argv"
echo "${tool} $$" > '${folder}/orders'
read -r code < "$run/answer"
rm -r "$run"
exit "$code"
`;

/** A client that was killed in the meantime does not listen any more. */
function answer(fifo: string, exitCode: number): void {
  try {
    const fd = openSync(fifo, constants.O_WRONLY | constants.O_NONBLOCK);
    writeSync(fd, `${exitCode}\n`);
    closeSync(fd);
  } catch (error) {
    if (errorCode(error) !== 'ENXIO') throw error;
  }
}

/**
 * Has netsh and reg of a machine played by this process: to start a Node for each call would take as long as a real
 * netsh. What they do and what they log is the same. Returns what ends it.
 */
export function playTools({ stateFolder, system32 }: Machine, times: CallTimes): () => void {
  const player = new ToolPlayer(stateFolder, times);
  const orders = join(stateFolder, 'orders');
  execFileSync('mkfifo', [orders]);
  for (const tool of ['netsh', 'reg'] as const) {
    writeFileSync(join(system32, `${tool}.exe`), client(tool, stateFolder));
    chmodSync(join(system32, `${tool}.exe`), 0o755);
  }

  const carryOut = async (tool: Tool, id: string): Promise<void> => {
    const folder = join(stateFolder, `run-${id}`);
    const argv = readFileSync(join(folder, 'argv'), 'utf8').split('\n').slice(0, -1);
    answer(join(folder, 'answer'), await player.play(tool, argv));
  };

  // Opened for writing too, so that it does not end with each order.
  const stream = new Socket({ fd: openSync(orders, constants.O_RDWR | constants.O_NONBLOCK), writable: false });
  createInterface(stream).on('line', (line) => {
    const [tool, id] = line.split(' ');
    void carryOut(tool as Tool, String(id));
  });
  return () => stream.destroy();
}

/** Plays the tools of the machine in a folder, each call as long as `times` says. */
export class ToolPlayer {
  private readonly log: CallLog;
  private readonly store: Store;
  private last = 0;

  constructor(
    private readonly folder: string,
    private readonly times: CallTimes,
  ) {
    this.log = new CallLog(folder);
    this.store = fileStore(folder, 0);
  }

  /**
   * Carries out one call and returns its exit code. `here`: the path by which this process knows a file that an
   * argument names.
   */
  async play(tool: Tool, given: readonly string[], here = (argument: string): string => argument): Promise<number> {
    const { folder, log, times } = this;
    if (tool === 'netsh' && answerNeighbours(given) !== undefined) {
      await wait(times.netsh);
      return 0;
    }
    const startedAt = Date.now();
    const id = String(++this.last);
    const argv = given.map(here);
    log.append({ event: 'start', id, at: startedAt, tool, argv });
    const run = { folder, log, id, argv };
    const { exitCode, effect } = tool === 'reg' ? runReg(run) : new NetshRun(run, this.store).execute();
    await wait(startedAt + times[argv.includes('import') ? 'import' : tool] - Date.now());
    log.append({ event: 'end', id, at: Date.now(), exitCode, effect });
    return exitCode;
  }
}
