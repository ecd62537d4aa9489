import type { Firewall } from '../../src/firewall/firewall';
import { Failure } from '../../src/outcome/failure';
import type { Judgement } from '../../src/outcome/states';
import { type Address, cidr } from '../../src/policy/address';
import type { AllowList } from '../../src/policy/allow-list';
import type { OpenCase } from '../../src/state/journal';
import type { TestHost } from './test-host';

/** A firewall at its simplest, in memory: what the scenarios mean, without any operating system. */
export class MemoryHost implements TestHost {
  private inForce: AllowList | undefined;
  private isOpenToAll = false;

  open(openCase: OpenCase | undefined): Firewall {
    return {
      containSteps: async () => [{ step: 'load', command: null }],
      releaseSteps: () => [{ step: 'unload', command: null }],
      begin: () => {},
      preflight: async () => ({ warnings: [], contained: this.inForce !== undefined }),
      judge: async (allowList) => this.judge(allowList),
      judgePlan: async () => ({ state: 'contained', gaps: [] }),
      inspect: async () => ({}),
      contain: async (asked, requestedBy, recorder) => {
        const allowList = requestedBy === 'alert' ? withHandlers(asked, this.inForce?.handlers ?? []) : asked;
        if (this.judge(allowList).state !== 'contained')
          await recorder.act({ step: 'load', command: null }, async () => this.load(allowList));
        return this.judge(allowList);
      },
      undo: async (_recorder, why) => {
        this.liftByHand();
        throw new Failure('rolled-back', why);
      },
      release: async (recorder) => {
        if (this.inForce === undefined) {
          return { was: openCase === undefined ? 'not-contained' : 'restored-already', differences: [] };
        }
        await recorder.act({ step: 'unload', command: null }, async () => this.liftByHand());
        return { was: 'contained', differences: [] };
      },
    };
  }

  fingerprint(): string {
    return JSON.stringify([this.inForce, this.isOpenToAll]);
  }

  liftByHand(): void {
    this.inForce = undefined;
    this.isOpenToAll = false;
  }

  openToAll(): void {
    this.isOpenToAll = true;
  }

  remove(): void {}

  private load(allowList: AllowList): void {
    this.inForce = allowList;
    this.isOpenToAll = false;
  }

  private judge(allowList: AllowList | undefined): Judgement {
    if (this.inForce === undefined) return { state: 'not-contained', gaps: [] };
    if (this.isOpenToAll)
      return { state: 'ineffective', gaps: [{ code: 'open-foreign-rule', detail: 'Everybody is let through' }] };
    if (allowList === undefined || JSON.stringify(allowList) === JSON.stringify(this.inForce))
      return { state: 'contained', gaps: [] };
    return { state: 'degraded', gaps: [{ code: 'foreign-rule', detail: 'Others are let in' }] };
  }
}

function withHandlers(allowList: AllowList, also: readonly Address[]): AllowList {
  const handlers = new Map([...allowList.handlers, ...also].map((handler) => [cidr(handler), handler]));
  return { ...allowList, handlers: [...handlers.values()] };
}
