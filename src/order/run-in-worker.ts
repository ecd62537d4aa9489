import { spawn } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import type { Host } from '../host';
import { exitCodes } from '../outcome/exit-codes';
import { asEndOf, type Outcome } from '../outcome/outcome';
import { errorText } from '../process/error-code';
import { type Started, whenStarted } from '../process/started';
import type { Request } from '../request/request';
import { stateFolderOf } from '../state/folder';
import { othersIn, type Place, takePlace } from '../state/queue';
import { workerFlag } from './worker-flag';

const longestResult = 1024 * 1024;

/**
 * Has a worker carry out the request, and waits a bounded time for its outcome. The agent waits for this process
 * without limit on the thread that receives orders, so the work itself runs in a process of its own that outlives this
 * one and holds none of the agent's handles.
 */
export async function runInWorker(host: Host, request: Request): Promise<Outcome> {
  const started = whenStarted();
  const place = enterQueue(host, request, started);
  const { told, outcome } = await askWorker(host, request, { started, place });
  place?.leave();
  // A worker records the outcome that it tells. Where it told none, we record one: agents ignore exit codes, so without
  // this line the server would never hear of it.
  if (!told) await (await import('./carry-out')).recordFor(host, { request, started }, outcome);
  return outcome;
}

/**
 * Takes a place in the queue before the worker runs, so that the older of two orders is seen to wait. The worker closes
 * the folder to others, or refuses it.
 */
function enterQueue(host: Host, { requestedBy }: Request, { key }: Started): Place | undefined {
  const folder = stateFolderOf(host);
  try {
    mkdirSync(folder, { recursive: true, mode: 0o700 });
  } catch {
    return undefined;
  }
  return takePlace(folder, { key, requestedBy });
}

interface Given {
  readonly started: Started;
  readonly place: Place | undefined;
}

interface Answer {
  /** False where the worker told nothing; then the outcome is what we conclude from that. */
  readonly told: boolean;
  readonly outcome: Outcome;
}

function askWorker(host: Host, request: Request, { started, place }: Given): Promise<Answer> {
  return new Promise((resolve) => {
    let worker: ReturnType<typeof startWorker>;
    try {
      worker = startWorker(host, request, started);
    } catch (error) {
      // Node throws where it has no event, such as for a start that Windows forbids.
      return resolve({ told: false, outcome: notStarted(request, error) });
    }
    let end: (() => void) | undefined;
    let isSettled = false;
    const { stdin } = worker;
    // Loaded only now: the worker's Node starts meanwhile.
    if (stdin !== null)
      void import('./begin-early').then(({ beginEarly }) => {
        const isAlone = (): boolean => place !== undefined && othersIn(stateFolderOf(host), started).length === 0;
        if (!isSettled) end = beginEarly(host, request, { worker: stdin, isAlone });
      });
    let result = '';
    const settle = (answer: Answer): void => {
      clearTimeout(timer);
      isSettled = true;
      end?.();
      worker.stdout?.destroy();
      worker.unref();
      resolve(answer);
    };
    const settleUntold = (outcome: Outcome): void => settle({ told: false, outcome });
    const timer = setTimeout(() => settleUntold(stillAtWork(request)), host.timeouts.worker);
    worker.stdout?.setEncoding('utf8').on('data', (text: string) => {
      if (result.length < longestResult) result += text;
      // Node ends only after its look-ups. With a dead name server that takes half a minute, though the order is done.
      const outcome = text.endsWith('}') ? parseOutcome(result) : undefined;
      if (outcome !== undefined) settle({ told: true, outcome });
    });
    worker.on('error', (error) => settleUntold(notStarted(request, error)));
    worker.on('close', () => {
      const outcome = parseOutcome(result);
      if (outcome === undefined) settleUntold(endedSilently(request));
      else settle({ told: true, outcome });
    });
  });
}

function startWorker({ command, platform, env }: Host, request: Request, started: Started) {
  const [executable, ...args] = command;
  const input = platform === 'windows' ? 'pipe' : 'ignore';
  return spawn(executable, [...args, workerFlag, JSON.stringify(request), JSON.stringify(started), input], {
    stdio: [input, 'pipe', 'ignore'],
    detached: true,
    windowsHide: true,
    cwd: platform === 'windows' ? env.SystemRoot : '/',
    env: withoutNodeVariables(env),
  });
}

/** Variables that steer Node itself are somebody else's; they have no business in a process that runs as SYSTEM. */
function withoutNodeVariables(env: Host['env']): NodeJS.ProcessEnv {
  return Object.fromEntries(Object.entries(env).filter(([name]) => !name.toUpperCase().startsWith('NODE_')));
}

function parseOutcome(text: string): Outcome | undefined {
  try {
    return JSON.parse(text) as Outcome;
  } catch {
    return undefined;
  }
}

function stillAtWork({ action }: Request): Outcome {
  return {
    exitCode: exitCodes.busy,
    message:
      'The order is still being carried out, in the background; its outcome will be in the logs. Nothing is claimed yet. Follow it with: contain-host status --follow',
    status: action === 'add' ? 'add-started' : 'delete-failed',
    words: ['still-at-work'],
  };
}

function notStarted({ action }: Request, error: unknown): Outcome {
  return {
    exitCode: exitCodes.unable,
    message: `The program could not start its worker, so nothing was changed: ${errorText(error)}.`,
    status: `${action}-failed`,
    words: ['worker-not-started'],
  };
}

function endedSilently(request: Request): Outcome {
  return asEndOf(request, {
    exitCode: exitCodes.uncertain,
    message:
      'The worker process ended without an outcome, so the state of the host is uncertain. Run "contain-host status"; the next ADD or DELETE puts it right.',
    status: `${request.action}-failed`,
    words: ['worker-died'],
  });
}
