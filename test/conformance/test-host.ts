import type { Firewall, Recorder } from '../../src/firewall/firewall';
import type { OpenCase } from '../../src/state/journal';

/** A host with one of the firewalls, as the scenarios need it. */
export interface TestHost {
  /** The firewall, as a fresh process of ours opens it. */
  open(openCase: OpenCase | undefined): Firewall;
  /** Everything that the firewall of this host says, ours and others'. */
  fingerprint(): string;
  /** Somebody else takes the containment away. */
  liftByHand(): void;
  /** Somebody else lets everybody through. */
  openToAll(): void;
  remove(): void;
}

/** A case in the hands of a recorder that keeps it in memory. */
export class CaseInHand implements Recorder {
  openCase: OpenCase | undefined;
  /** The steps since the last `forgetSteps`. */
  steps: string[] = [];

  act: Recorder['act'] = ({ step }, work) => {
    this.steps.push(step);
    this.openCase = { ...(this.openCase ?? begun()) };
    return work();
  };

  note(facts: OpenCase['facts']): void {
    const { facts: before, ...rest } = this.openCase ?? begun();
    this.openCase = { ...rest, facts: { ...before, ...facts } };
  }

  get facts(): OpenCase['facts'] {
    return this.openCase?.facts ?? {};
  }

  warn(): void {}
}

const begun = (): OpenCase => ({
  since: new Date(0),
  lastAt: new Date(0),
  asked: { requestedBy: 'operator', handlers: [] },
  facts: {},
  unfinished: [],
});
