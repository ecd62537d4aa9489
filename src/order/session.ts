import { setTimeout as wait } from 'node:timers/promises';
import { writeAudit } from '../agent/response-log';
import type { Context, Firewall } from '../firewall/firewall';
import { openFirewall } from '../firewall/open';
import type { Host } from '../host';
import { Failure } from '../outcome/failure';
import { Log } from '../outcome/output/log';
import type { SealWhen } from '../policy/seal';
import type { Started } from '../process/started';
import type { Request } from '../request/request';
import { prepareStateFolder, stateFolderOf } from '../state/folder';
import { Journal, type OpenCase } from '../state/journal';
import { CaseRecorder } from '../state/recorder';
import { Reserve } from '../state/reserve';
import { takeTurn } from '../state/turn';
import { removeReadings } from '../windows/registry';

/** Everything an order needs while it has the host to itself. */
export interface Session {
  readonly stateFolder: string;
  readonly openCase: OpenCase | undefined;
  readonly recorder: CaseRecorder;
  readonly firewall: Firewall;
  /** Makes a reading beside the order's work, which ends with the order at the latest. */
  beside<T>(read: (over: AbortSignal) => Promise<T>): Promise<T>;
  /** Ends what still runs, and releases the lock. */
  close(): Promise<void>;
}

/** One order that is carried out, and when the agent started the process for it. */
export interface Order {
  readonly request: Request;
  readonly started: Started;
}

/** Takes its turn and opens what the order works with. Throws `Failure`; nothing was changed then. */
export async function openSession(
  host: Host,
  home: string | undefined,
  { request, started }: Order,
  seal?: SealWhen,
): Promise<Session> {
  const warning = await prepareStateFolder(host);
  const stateFolder = stateFolderOf(host);
  const turn = { started, requestedBy: request.requestedBy, program: host.program };
  const lock = await takeTurn(stateFolder, turn, host.timeouts.lock);
  const log = new Log(stateFolder);
  log.holdBack();
  try {
    removeReadings(stateFolder);
    const reserve = host.platform === 'windows' ? new Reserve(stateFolder, host.smallestReserve) : undefined;
    reserve?.makeRoom();
    const journal = new Journal(stateFolder);
    const { action } = request;
    const openCase = readJournal(journal, log, request);
    const recorder = new CaseRecorder({
      journal,
      log,
      action,
      noted: openCase?.facts ?? {},
      onFirstStep: () => {
        if (action !== 'add' || home === undefined) return;
        const warning = writeAudit(host.platform, home, {
          status: 'add-started',
          request,
          words: [],
          orderedAt: new Date(started.at),
        });
        if (warning !== undefined) log.warn(warning);
      },
      goesOnWhenFull: host.platform === 'linux',
      makeRoom: () => reserve?.makeRoomForLine() === true,
    });
    if (openCase !== undefined && host.platform === 'windows') await waitUntilSettled(openCase, host.timeouts.settle);
    const over = new AbortController();
    const readings: Promise<unknown>[] = [];
    const context: Context = {
      host,
      home,
      stateFolder,
      lockFd: lock.fd,
      over: over.signal,
      readings,
      ...(reserve === undefined ? {} : { makeRoom: () => reserve.makeRoom() }),
      ...(openCase === undefined ? {} : { openCase }),
      ...(seal === undefined ? {} : { seal }),
    };
    if (warning !== undefined) recorder.warn(warning);
    const close = async (): Promise<void> => {
      over.abort();
      // Windows removes no file that a process has open.
      await Promise.allSettled(readings);
      removeReadings(stateFolder);
      log.prepare();
      lock.release();
    };
    const beside = <T>(read: (over: AbortSignal) => Promise<T>): Promise<T> => {
      const reading = read(over.signal);
      readings.push(reading);
      return reading;
    };
    return { stateFolder, openCase, recorder, firewall: await openFirewall(context), beside, close };
  } catch (error) {
    log.prepare();
    lock.release();
    throw error;
  }
}

/**
 * An operator's release goes on without the journal. A containment without one could not be undone by the next run, and
 * an alert may not lift what may be an operator's.
 */
function readJournal(journal: Journal, log: Log, request: Request): OpenCase | undefined {
  try {
    return journal.read();
  } catch (error) {
    if (request.action === 'add') {
      const message = 'The journal cannot be read, so nothing was changed. Look at the disk of the state folder.';
      throw new Failure('journal-unwritable', message, error);
    }
    if (request.requestedBy === 'alert') {
      const message =
        'The journal cannot be read, so nobody knows whether an operator asked for a containment, and an alert changes nothing. Run "contain-host status" to see whether this host is contained, open or partial; "contain-host release" at its own prompt releases it.';
      throw new Failure('not-released', message, error);
    }
    log.warn(`The journal cannot be read: ${String(error)}`);
    return undefined;
  }
}

/** What an interrupted run did last may not show in the registry yet, and the first look decides what is done. */
async function waitUntilSettled({ unfinished, lastAt }: OpenCase, settleMs: number): Promise<void> {
  const since = Date.now() - lastAt.getTime();
  if (unfinished.length > 0 && since >= 0 && since < settleMs) await wait(settleMs - since);
}
