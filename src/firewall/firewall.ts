import type { Host } from '../host';
import type { Judgement, ServiceState } from '../outcome/states';
import type { Address } from '../policy/address';
import type { AllowList } from '../policy/allow-list';
import type { SealWhen } from '../policy/seal';
import type { RequestedBy } from '../request/request';
import type { OpenCase } from '../state/journal';
import type { Recorder, Step } from '../state/step';

export type { Recorder, Step };

/** Where a firewall works, and on which case. */
export interface Context {
  readonly host: Host;
  /** The agent's folder; undefined when a release finds none. */
  readonly home: string | undefined;
  readonly stateFolder: string;
  /** The lock's open file, for every process that changes something. Absent: nothing may be changed. */
  readonly lockFd?: number;
  /** The case that the journal holds open, if any. */
  readonly openCase?: OpenCase;
  /** When block rules close the doors that a policy leaves open; absent: where there are any. Windows only. */
  readonly seal?: SealWhen;
  /** Aborted at the end of the order: readings that it began and does not need any more end then. */
  readonly over?: AbortSignal;
  /** Gives up a part of the reserve where the disk has too little room; true where it gave one up. */
  readonly makeRoom?: () => boolean;
  /** Readings that run beside the order; the order ends only after them. */
  readonly readings?: Promise<unknown>[];
}

/** What a containment would come to while one profile is in force. */
export interface Outlook {
  /** As Windows calls it. */
  readonly profile: string;
  /** `sealed`: by block rules, which close what a policy opens. */
  readonly comesTo: 'contained' | 'sealed' | 'open';
  /** Why it stays open, and what to change. */
  readonly why?: string;
}

/** What was found before the first change. */
export interface Preflight {
  /** Checks that could not be made, and other things for people to know. */
  readonly warnings: readonly string[];
  /** The live policy is a containment already, whoever made it. */
  readonly contained: boolean;
  /** Whom it lets in as handlers, as far as that is known. Windows only, where the batch script may have made it. */
  readonly letIn?: readonly Address[];
}

/** How a release ended when it did not fail. */
export interface Release {
  readonly was: 'contained' | 'not-contained' | 'restored-already' | 'given-back-by-others';
  /** What differs from the policy before containment although it was given back, for people. */
  readonly differences: readonly string[];
}

/** The backup from which a release would give the host back. */
export interface Backup {
  readonly file: string;
  /** Absent where the file does not say. */
  readonly madeAt?: Date;
  /** Why it is of no use; absent: every check was passed. */
  readonly bad?: string;
}

/** What a containment rests on, besides the rules. Each part is absent where this firewall has no such thing. */
export interface Health {
  readonly services?: readonly { readonly name: string; readonly state: ServiceState }[];
  readonly backup?: Backup;
  /** Of a containment that is saved; where one is not, its judgement has the gap `not-saved`. */
  readonly survivesRestart?: boolean;
}

/**
 * A firewall that can hold a host contained. The commands above it know only this; each operating system has one folder
 * beside this file. All methods throw `Failure` and nothing else.
 */
export interface Firewall {
  /**
   * The steps that contain a host which is not contained yet: what `plan` prints. `isHere`: what is in force here may
   * be read.
   */
  containSteps(allowList: AllowList, isHere: boolean): Promise<Step[]>;
  releaseSteps(): Step[];
  /**
   * Begins early what an ADD will need and what takes its time. Changes nothing; what is not used leaves nothing
   * behind. A second call does nothing.
   */
  begin(): void;
  /**
   * Refuses, before anything changes, where containment cannot work, or where the server would be lost and that is not
   * wanted.
   */
  preflight(allowList: AllowList, whenServerLost: 'refuse' | 'contain'): Promise<Preflight>;
  /** What is in force now. With a policy, also whether all it allows is there. */
  judge(allowList?: AllowList): Promise<Judgement>;
  /** What would be in force once the plan is carried out: who would be lost, and what would stay open. */
  judgePlan(allowList: AllowList): Promise<Judgement>;
  /** What it would come to in each network profile; absent where there are none. */
  outlook?(allowList: AllowList): Promise<Outlook[]>;
  inspect(): Promise<Health>;
  /**
   * Brings the host to the policy, whether it is contained already or not, and judges what is in force afterwards. An
   * alert's order removes no handler. What is right already is not touched.
   */
  contain(allowList: AllowList, requestedBy: RequestedBy, recorder: Recorder): Promise<Judgement>;
  /** Gives the host back after a containment that turned out to be of no use, and says in its failure how that went. */
  undo(recorder: Recorder, why: string): Promise<never>;
  /** Gives the host back as it was. */
  release(recorder: Recorder): Promise<Release>;
}
