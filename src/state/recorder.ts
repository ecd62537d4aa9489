import { Failure } from '../outcome/failure';
import { escapeOutput, type Log } from '../outcome/output/log';
import type { Judgement } from '../outcome/states';
import { isFull } from '../process/error-code';
import type { RunResult } from '../process/run';
import type { Request } from '../request/request';
import type { Asked, Facts, Journal, JournalEvent } from './journal';
import { caseFiles, removeOldCases } from './old-cases';
import type { Recorder, Step } from './step';
import { takesNothing } from './unusable';

/** The measured times of a containment, in milliseconds; `orderedAt` counts from 1970. */
export type CaseTimes = Readonly<{ orderedAt: number; blockMs: number; exposureMs: number }>;

/** What is recorded, and where. */
interface Given {
  readonly journal: Journal;
  readonly log: Log;
  readonly action: Request['action'];
  /** The facts that earlier runs noted of the case. */
  readonly noted: Facts;
  /** Runs once, before the first step. */
  readonly onFirstStep: () => void;
  /**
   * True for a firewall that needs no backup: a disk that takes nothing, as any user can bring about, stops nothing.
   */
  readonly goesOnWhenFull: boolean;
  /** Makes room on a full disk for a line; false where it cannot. */
  readonly makeRoom: () => boolean;
}

/** Work that takes longer than this waits for a tool. */
const prepareAfterMs = 10;

/** Writes what is done in a case into the journal and the log. */
export class CaseRecorder implements Recorder {
  /** True once a step has begun. */
  acted = false;
  /** True once a line could not be put on disk: later runs then know less of this case. */
  isJournalLost = false;
  private readonly times: { readonly step: string; readonly begun: number; readonly ended: number }[] = [];
  /**
   * True from the first step that changes the firewall on, and always for a release: then a journal that cannot be
   * written does not stop us.
   */
  private changing: boolean;
  private askedAnew: Asked | undefined;
  private beforeStep: ((step: string) => void) | undefined;

  private noted: Facts;
  private readonly log: Log;
  private readonly journal: Journal;

  constructor(private readonly given: Given) {
    this.journal = given.journal;
    this.log = given.log;
    this.noted = given.noted;
    this.changing = given.action === 'delete';
  }

  async act<T>(step: Step, work: () => Promise<T>): Promise<T> {
    if (!this.acted) {
      this.acted = true;
      this.given.onFirstStep();
    }
    if (changes(step)) {
      this.beforeStep?.(step.step);
      this.appendWithAsked({ event: 'step', ...step });
      this.changing = true;
    } else this.append({ event: 'step', ...step });
    const begun = performance.now();
    const at = Date.now();
    try {
      const result = await this.besidePreparing(work());
      this.times.push({ step: step.step, begun: at, ended: Date.now() });
      this.log.info(step.step, { ...describe(step, begun), ...(isRunResult(result) ? describeRun(result) : {}) });
      return result;
    } catch (error) {
      this.log.warn(step.step, { ...describe(step, begun), error: String(error) });
      throw error;
    }
  }

  /** Prepares the log beside work that takes long enough for that; the end of short work is not seen late for it. */
  private async besidePreparing<T>(working: Promise<T>): Promise<T> {
    const soon = setTimeout(() => this.log.prepare(), prepareAfterMs);
    return working.finally(() => clearTimeout(soon));
  }

  /** `work` is done right before each step that changes the firewall. */
  beforeChange(work: (step: string) => void): void {
    this.beforeStep = work;
  }

  /**
   * Takes what an order asks for in a case that is open already. It counts from the first change on or, where no change
   * is needed, from the judgement on.
   */
  askAnew(asked: Asked): void {
    this.askedAnew = asked;
  }

  /**
   * How long it took from the order to the block and, where the old rules were off before the block, how long no rules
   * held the host. `orderedAt`: milliseconds since 1970. Undefined where this order made no block, or where somebody
   * set the clock back in between.
   */
  timesOf(orderedAt: number): CaseTimes | undefined {
    const block = this.times.find(({ step }) => step === 'block' || step === 'load');
    if (block === undefined || block.ended < orderedAt) return undefined;
    const rules = this.times.find(({ step }) => step === 'rules' || step === 'rule');
    return {
      orderedAt: Math.round(orderedAt),
      blockMs: Math.round(block.ended - orderedAt),
      exposureMs: rules === undefined ? 0 : Math.max(0, block.ended - rules.begun),
    };
  }

  judged(judgement: Judgement): void {
    this.appendWithAsked({ event: 'judged', ...judgement });
  }

  private appendWithAsked(event: Extract<JournalEvent, { readonly event: 'step' | 'judged' }>): void {
    const { askedAnew } = this;
    const isOnDisk = this.append(askedAnew === undefined ? event : { ...event, asked: askedAnew });
    if (isOnDisk) this.askedAnew = undefined;
  }

  note(facts: Facts): void {
    this.append({ event: 'noted', facts });
    this.noted = { ...this.noted, ...facts };
  }

  get facts(): Facts {
    return this.noted;
  }

  warn(message: string): void {
    this.log.warn(message);
  }

  /**
   * Closes the case. Where nothing of that can be put on disk, the next order finds the case open, looks at the host,
   * and closes it.
   */
  closeCase(how: 'released' | 'rolled-back' | 'nothing-changed'): void {
    try {
      this.journal.close(how);
      removeOldCases(this.journal.folder, caseFiles);
    } catch (error) {
      this.log.error('The journal could not be closed as it should be', { error: String(error) });
    }
  }

  /**
   * Appends a line to the journal; false where it is not on disk. Before the first change a journal that cannot be
   * written stops us; after it, to stop would be worse.
   */
  append(event: JournalEvent): boolean {
    try {
      this.appendWithRoom(event);
      return true;
    } catch (error) {
      if (!this.changing && !(this.given.goesOnWhenFull && takesNothing(error))) {
        const message = 'The journal cannot be written, so nothing was changed. Look at the disk of the state folder.';
        throw new Failure('journal-unwritable', message, error);
      }
      this.isJournalLost = true;
      this.log.error('The journal cannot be written', { error: String(error) });
      return false;
    }
  }

  private appendWithRoom(event: JournalEvent): void {
    try {
      this.journal.append(event, !this.changing);
    } catch (error) {
      if (!isFull(error) || !this.given.makeRoom()) throw error;
      this.journal.append(event, !this.changing);
    }
  }
}

/** True for a step that changes the firewall. To read, to back up and to pin names do not. */
function changes({ step }: Step): boolean {
  return !step.startsWith('read') && step !== 'backup' && step !== 'pin-names';
}

function describe({ command }: Step, begun: number): object {
  return { command, durationMs: Math.round(performance.now() - begun) };
}

function isRunResult(result: unknown): result is RunResult {
  return typeof result === 'object' && result !== null && 'exitCode' in result && 'output' in result;
}

function describeRun({ exitCode, signal, timedOut, startError, output, durationMs }: RunResult): object {
  return { exitCode, signal, timedOut, startError, durationMs, output: escapeOutput(output) };
}
