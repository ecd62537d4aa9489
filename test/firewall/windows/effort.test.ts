import { ruleChanges } from '../../../src/firewall/windows/changes';
import { judge } from '../../../src/firewall/windows/read/judge';
import { storedForm } from '../../../src/firewall/windows/read/rule';
import {
  type ProfileSettings,
  profileNames,
  type StoredPolicy,
} from '../../../src/firewall/windows/read/stored-policy';
import type { StoredRule } from '../../../src/firewall/windows/read/stored-rule';
import { allowedFlows, blockedFlows } from '../../../src/firewall/windows/seal-check';
import { isSealNeeded } from '../../../src/firewall/windows/sealing';
import type { AllowList } from '../../../src/policy/allow-list';
import { rulesOf } from '../../../src/policy/rules';
import { sealRules } from '../../../src/policy/seal';
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

  /** Counts how often the addresses and ports of rules are compared with others. */
  ofRanges(rules: readonly StoredRule[]): StoredRule[] {
    const ranges = <T>(items: readonly T[]): T[] => this.of(items as readonly (T & object)[]);
    return rules.map((rule) => ({
      ...rule,
      remoteAddresses: ranges(rule.remoteAddresses),
      localPorts: ranges(rule.localPorts),
      remotePorts: ranges(rule.remotePorts),
    }));
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

/** So many hosts in a row, with twenty ports each that are no other's. */
const withEntries = (count: number): AllowList => ({
  ...asked,
  entries: Array.from({ length: count }, (_, index) => ({
    ...{ address: address(`198.51.100.${index}`), direction: 'both', protocol: 'tcp' },
    ports: Array.from({ length: 20 }, (_, port) => ({
      first: 100 * index + 2 * port + 1,
      last: 100 * index + 2 * port + 1,
    })),
  })),
});

const around = { dhcpServers: [], resolvers: [] };

test('with twice the entries, of twenty ports each, twice as much of the seal is compared to judge it', () => {
  const readsWith = (count: number): number => {
    const reads = new Reads();
    const policy = withEntries(count);
    const seal = reads.ofRanges(sealRules(rulesOf(policy), around).map(storedForm));
    const local = contained(policy);
    const open = allowListOf('gpo', { DefaultOutboundAction: 0, DefaultInboundAction: 0 });
    const { state } = judge({ local: { ...local, rules: [...local.rules, ...seal] }, managed: [open] }, policy);
    expect(state).toBe('contained');
    return reads.count;
  };
  expect(readsWith(40)).toBeLessThan(2.5 * readsWith(20));
});

test('with twice the entries twice as much of the seal is compared to find what it would block', () => {
  const readsWith = (count: number): number => {
    const reads = new Reads();
    const allowed = rulesOf(withEntries(count));
    const seal = reads.ofRanges(sealRules(allowed, around).map(storedForm));
    expect(blockedFlows(seal, allowedFlows(allowed, around))).toEqual([]);
    return reads.count;
  };
  expect(readsWith(40)).toBeLessThan(2.5 * readsWith(20));
});

test('however many values may count or not, the rules are looked through a few times only', () => {
  const rules = Array.from(
    { length: 50 },
    (_, index) => `Action=Allow|Active=TRUE|Dir=In|Protocol=6|LPort=${index}|Name=R`,
  );
  const readsWith = (odd: ProfileSettings): number => {
    const reads = new Reads();
    const doubtful = <T extends StoredPolicy>(policy: T): T => ({
      ...policy,
      rules: reads.of(policy.rules),
      ...(Object.keys(odd).length === 0
        ? {}
        : { perhaps: Object.fromEntries(profileNames.map((name) => [name, odd])) }),
      odd: profileNames.flatMap((profile) =>
        Object.entries(odd).map(([setting, reading]) => ({ name: setting, profile, setting, reading })),
      ),
    });
    const managed = [
      allowListOf('gpo', { DefaultInboundAction: 0 }, rules),
      allowListOf('mdm', {}, rules),
      allowListOf('mdm'),
    ];
    judge({ local: doubtful(contained()), managed: managed.map(doubtful) }, asked);
    return reads.count;
  };
  const odd = { EnableFirewall: 0, DefaultOutboundAction: 0, AllowLocalPolicyMerge: 0, DoNotAllowExceptions: 1 };
  expect(readsWith(odd)).toBeLessThan(10 * readsWith({}));
});

test('whether a reading needs a seal is worked out once for each allow list', () => {
  const reads = new Reads();
  const web = allowListOf('gpo', {}, [
    'Action=Allow|Active=TRUE|Dir=Out|Protocol=6|RPort=443|RA4=198.51.100.7|Name=Web',
  ]);
  const sources = { local: contained(), managed: [{ ...web, rules: reads.of(web.rules) }] };
  expect(isSealNeeded('where-needed', sources, asked)).toBe(true);
  const once = reads.count;
  expect(isSealNeeded('where-needed', sources, { ...asked })).toBe(true);
  expect(reads.count).toBe(once);
  const withWeb = { ...asked, handlers: [...asked.handlers, address('198.51.100.7')] };
  expect(isSealNeeded('where-needed', sources, withWeb)).toBe(false);
});
