import { ruleChanges } from '../../../src/firewall/windows/changes';
import { judge } from '../../../src/firewall/windows/read/judge';
import { storedForm } from '../../../src/firewall/windows/read/rule';
import type { StoredPolicy } from '../../../src/firewall/windows/read/stored-policy';
import type { AllowList } from '../../../src/policy/allow-list';
import { rulesOf } from '../../../src/policy/rules';
import { address, allowListOf, asked, contained } from './read/policies';

/**
 * Counts how often something is read of the things it is given: to compare, to cut into fields, to write into a
 * command.
 */
class Reads {
  count = 0;

  of<T extends object>(things: readonly T[]): T[] {
    const get = (thing: T, key: PropertyKey): unknown => {
      this.count++;
      return Reflect.get(thing, key);
    };
    return things.map((thing) => new Proxy(thing, { get }));
  }
}

const withHandlers = (count: number, network: number): AllowList => ({
  ...asked,
  handlers: Array.from({ length: count }, (_, index) => address(`10.${network}.${index >> 8}.${index & 255}`)),
});

/**
 * What the rules are changed from: a store that is right, or one of other handlers, or one that is odd in several ways.
 */
const stores: [string, (policy: AllowList) => StoredPolicy][] = [
  ['all is right', (policy) => contained(policy)],
  ['other handlers are let in', ({ handlers }) => contained(withHandlers(handlers.length, 2))],
  ['other handlers are let in as well', (policy) => both(policy, withHandlers(policy.handlers.length, 2))],
  ['all are let in from one profile only as well', (policy) => both(policy, policy, 'Profile=Domain|')],
];

function both(policy: AllowList, other: AllowList, more = ''): StoredPolicy {
  const fields = rulesOf(other).map((rule) => `${storedForm(rule).raw.slice('v2.31|'.length)}${more}`.slice(0, -1));
  return contained(policy, fields);
}

test.each(stores)('with twice the handlers twice as much is read to find the changes: %s', (_, storeOf) => {
  const readsWith = (count: number): number => {
    const reads = new Reads();
    const policy = withHandlers(count, 1);
    const allowed = reads.of(rulesOf(policy));
    ruleChanges({ allowed, seal: [], letThrough: allowed }, reads.of(storeOf(policy).rules), false);
    return reads.count;
  };
  expect(readsWith(200)).toBeLessThan(2.1 * readsWith(100));
});

test.each(stores)('with twice the handlers twice as much is read to find the gaps: %s', (_, storeOf) => {
  const readsWith = (count: number): number => {
    const reads = new Reads();
    const policy = withHandlers(count, 1);
    const { rules, ...local } = storeOf(policy);
    const imposed = { ...allowListOf('gpo'), rules: reads.of(rules) };
    const sources = { local: { ...local, rules: reads.of(rules) }, managed: [imposed] };
    judge(sources, { ...policy, handlers: reads.of(policy.handlers) });
    return reads.count;
  };
  expect(readsWith(200)).toBeLessThan(2.1 * readsWith(100));
});
