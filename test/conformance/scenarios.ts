import type { AllowList } from '../../src/policy/allow-list';
import type { RequestedBy } from '../../src/request/request';
import { policyFor } from './policies';
import { CaseInHand, type TestHost } from './test-host';

const first = '192.0.2.50';
const second = '192.0.2.51';

const contained = { state: 'contained', gaps: [] };

/** What holds of every firewall, whatever is below it. */
export function describeFirewall(name: string, makeHost: () => TestHost): void {
  describe(`every firewall: ${name}`, () => {
    let host: TestHost;
    let inHand: CaseInHand;
    let before: string;
    beforeEach(() => {
      host = makeHost();
      inHand = new CaseInHand();
      before = host.fingerprint();
    });
    afterEach(() => host.remove());

    const open = () => host.open(inHand.openCase);
    /** As an ADD does it. */
    const contain = async (allowList: AllowList, by: RequestedBy = 'operator') => {
      const firewall = open();
      await firewall.preflight(allowList, 'refuse');
      return firewall.contain(allowList, by, inHand);
    };

    test('nothing is changed by looking, planning, or a release that has nothing to give back', async () => {
      const firewall = open();
      expect(await firewall.preflight(policyFor(first), 'refuse')).toMatchObject({ contained: false });
      expect((await firewall.containSteps(policyFor(first), true)).length).toBeGreaterThan(0);
      expect(firewall.releaseSteps().length).toBeGreaterThan(0);
      expect(await firewall.judge(policyFor(first))).toMatchObject({ state: 'not-contained' });
      expect(await open().release(inHand)).toEqual({ was: 'not-contained', differences: [] });
      expect(inHand.steps).toEqual([]);
      expect(host.fingerprint()).toBe(before);
    });

    test('contained, contained again without a change, and given back as it was', async () => {
      expect(await contain(policyFor(first))).toMatchObject(contained);
      expect(await open().judge(policyFor(first))).toMatchObject(contained);
      expect(await open().preflight(policyFor(first), 'refuse')).toMatchObject({ contained: true });
      const during = host.fingerprint();
      expect(during).not.toBe(before);
      expect(await contain(policyFor(first))).toMatchObject(contained);
      expect(host.fingerprint()).toBe(during);
      expect(await open().release(inHand)).toEqual({ was: 'contained', differences: [] });
      expect(host.fingerprint()).toBe(before);
    });

    test("an operator's handler takes the place of the one before, an alert's order takes nobody's", async () => {
      await contain(policyFor(first));
      expect(await contain(policyFor(second))).toMatchObject(contained);
      expect(await open().judge(policyFor(first, second))).not.toMatchObject({ state: 'contained' });
      // Who was let in before may count as a stranger to this order.
      expect(['contained', 'degraded']).toContain((await contain(policyFor(), 'alert')).state);
      expect(await open().judge(policyFor(second))).toMatchObject(contained);
      await open().release(inHand);
      expect(host.fingerprint()).toBe(before);
    });

    test('what others did to a contained host is told, and the next order puts it right', async () => {
      await contain(policyFor(first));
      host.openToAll();
      const opened = await open().judge(policyFor(first));
      expect(['degraded', 'ineffective']).toContain(opened.state);
      expect(opened.gaps.length).toBeGreaterThan(0);
      expect(await contain(policyFor(first))).toMatchObject(contained);
      host.liftByHand();
      expect(await open().judge(policyFor(first))).toMatchObject({ state: 'not-contained' });
      expect(await contain(policyFor(first))).toMatchObject(contained);
      await open().release(inHand);
      expect(host.fingerprint()).toBe(before);
    });

    test('what others undo between the look before and the containment is done again', async () => {
      await contain(policyFor(first));
      const firewall = open();
      expect(await firewall.preflight(policyFor(first), 'refuse')).toMatchObject({ contained: true });
      host.liftByHand();
      expect(await firewall.contain(policyFor(first), 'operator', inHand)).toMatchObject(contained);
      expect(await open().judge(policyFor(first))).toMatchObject(contained);
      await open().release(inHand);
      expect(host.fingerprint()).toBe(before);
    });

    test('a release after somebody else gave the host back changes nothing', async () => {
      await contain(policyFor(first));
      host.liftByHand();
      expect(await open().release(inHand)).toEqual({ was: 'restored-already', differences: [] });
      expect(host.fingerprint()).toBe(before);
    });

    test('a containment of no use is undone, and that is said', async () => {
      await contain(policyFor(first));
      await expect(open().undo(inHand, 'no server answers')).rejects.toMatchObject({
        code: 'rolled-back',
        message: expect.stringContaining('no server answers') as string,
      });
      expect(host.fingerprint()).toBe(before);
    });
  });
}
