import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { anything, property, assert as propertyHolds } from 'fast-check';
import { natGaps, readFixedSurroundings } from '../../../src/firewall/linux/read-surroundings';
import {
  answerOf,
  findRewritten,
  type Rewritten,
  resetsOf,
  rewrites,
  rewrittenServer,
} from '../../../src/firewall/linux/rewriting';
import type { Server } from '../../../src/policy/allow-list';
import { address } from '../windows/read/policies';

/**
 * Rulesets as people and programs write them (`made`: commands, or a file for nft), and how nft 1.0.6 lists them after
 * iptables 1.8.9 or nft had loaded them (`nft -j list ruleset` in a network namespace).
 */
const recorded = JSON.parse(readFileSync(join(__dirname, '../../../fixtures/nat-at-output.json'), 'utf8')) as Readonly<
  Record<string, { readonly listed: unknown }>
>;
const server: Server = { address: address('10.96.0.10'), port: 1514, protocols: ['udp'] };
const listed = (name: string): unknown => recorded[name]?.listed;

const byNat: Readonly<Record<string, Rewritten>> = {
  'iptables: DNAT of its address and port': 'yes',
  'iptables: DNAT of everybody on its port': 'yes',
  'iptables: REDIRECT of all': 'yes',
  'iptables: NETMAP of its network': 'yes',
  'iptables: DNAT of its port among several': 'perhaps',
  'iptables: DNAT for one user, after another one is left out': 'yes',
  'iptables: a chain that all return from': 'yes',
  "iptables: kube-proxy's chains": 'yes',
  "iptables: kube-proxy's chains for others": 'no',
  "iptables: Docker's chains without a port": 'no',
  "iptables: Docker's chains with a port": 'no',
  "iptables: Docker's chains with the server's port": 'perhaps',
  'iptables: marks and logs': 'no',
  'iptables: IPv6 only': 'no',
  'dnat by chance': 'perhaps',
  'dnat by a hash': 'perhaps',
  'dnat by chance for its address': 'yes',
  'a map with its range': 'yes',
  'a map with its network': 'yes',
  'a named map with its network': 'yes',
  'a map with a range of others': 'no',
  'a map of addresses and ports': 'yes',
  'networks to networks': 'yes',
  'verdicts by network, a jump': 'yes',
  'verdicts by network, accepted': 'no',
  'verdicts by network, others': 'no',
  'verdicts with a default': 'yes',
  'verdicts with another default': 'yes',
  'verdicts by port': 'yes',
  'verdicts by protocol, others': 'no',
  'verdicts by device': 'perhaps',
  'a map with intervals of several fields': 'yes',
  'intervals of several fields, other ports': 'no',
  'intervals of several fields by goto': 'yes',
  'a comparison': 'perhaps',
  'all but local addresses': 'yes',
  'local addresses': 'no',
  'an exception for one user': 'yes',
  'a chain that returns': 'yes',
  'a chain gone to that returns': 'no',
  'all addresses but 127.0.0.0/8': 'yes',
  'a table for both families': 'yes',
  'a table for both families, IPv6': 'no',
};

test.each(Object.entries(byNat))('%s: %s', (name, expected) => {
  expect(rewrites(listed(name), server)).toBe(expected);
});

const bySetting: Readonly<Record<string, readonly string[]>> = {
  'an address set, packet by packet': ['192.0.2.10 1514'],
  'an address and a port set': ['192.0.2.10 15'],
  'an address set by a map': ['192.0.2.10 1514'],
  'an address set by chance': ['lost'],
  'an address set for one user': ['lost'],
  'an address set for others': [],
  'a mark set': [],
  'iptables: a mark set before the route': [],
  'another port set': [],
};

test.each(Object.entries(bySetting))('%s: %j', (name, expected) => {
  const { known, isLost } = resetsOf([listed(name)], server);
  const places = known.map(({ real }) => `${real.address.text} ${real.port}`);
  expect([...places, ...(isLost ? ['lost'] : [])]).toEqual(expected);
  expect(rewrites(listed(name), server)).toBe('no');
});

test('every recorded ruleset is in one of the tables', () => {
  expect([...Object.keys(byNat), ...Object.keys(bySetting)].sort()).toEqual(Object.keys(recorded).sort());
});

test('a rule for one protocol of a server says nothing about its other one', () => {
  const both: Server = { ...server, protocols: ['tcp', 'udp'] };
  expect(rewrites(listed('verdicts by protocol, others'), both)).toBe('yes');
  expect(rewrites(listed('verdicts by port'), { ...both, protocols: ['tcp'] })).toBe('no');
  expect(rewrites(listed('iptables: DNAT of everybody on its port'), both)).toBe('yes');
});

test("Docker's port of the server's number is doubtful: nft does not list for which addresses it is", () => {
  expect(answerOf(listed("iptables: Docker's chains with the server's port"), server)).toBe('doubtful');
  expect(answerOf(listed('iptables: DNAT of its port among several'), server)).toBe('perhaps');
});

test('what is found in the tables of a host', async () => {
  const limits = { change: 1000, listing: 1000, inOrder: 1000, beforeBlock: 1000 };
  const found = (name: string) => findRewritten({ limits, list: async () => ({ listed: listed(name) }) }, [server]);
  const none = { rewritten: [], reset: [], lost: [] };
  const nat = (rewritten: string) => ({ ...none, rewritten: [{ server, rewritten }] });
  expect(await found('iptables: DNAT of its address and port')).toEqual(nat('yes'));
  expect(await found('dnat by chance')).toEqual(nat('perhaps'));
  // Its rules are loaded and nothing is said: nearly always the port is not one of the server's.
  expect(await found("iptables: Docker's chains with the server's port")).toEqual(nat('unread'));
  expect(await found("iptables: Docker's chains with a port")).toEqual(none);
  const real = { address: address('192.0.2.10'), port: 1514, protocols: ['udp'] };
  expect(await found('an address set, packet by packet')).toEqual({ ...none, reset: [{ server, real }] });
  expect(await found('an address set by chance')).toEqual({ ...none, lost: [{ server, why: 'set' }] });
  const silent = { limits, list: async () => ({ unreadable: 'nft did not end in time' }) };
  expect(await findRewritten(silent, [server])).toMatchObject({ lost: [{ server, why: 'unread' }] });
});

/** A chain of type filter, as `nft -j -t list table` of 1.0.6 has it, with this rule. */
const filterChain = (hook: string, expr: unknown[], ...more: object[]): unknown => ({
  nftables: [
    { chain: { family: 'ip', table: 't', name: 'c', type: 'filter', hook, prio: 0 } },
    ...more,
    { rule: { family: 'ip', table: 't', chain: 'c', expr } },
  ],
});
const daddr = { payload: { protocol: 'ip', field: 'daddr' } };
const setTo = (value: unknown) => ({ mangle: { key: daddr, value } });
const whereTo = (...listings: unknown[]): string => {
  const { known, isLost } = resetsOf(listings, server);
  return isLost ? 'lost' : known.map(({ real }) => real.address.text).join(' ');
};

test.each([
  ['in a chain of type filter at output', filterChain('output', [setTo('192.0.2.10')]), '192.0.2.10'],
  ['the same at postrouting', filterChain('postrouting', [setTo('192.0.2.10')]), '192.0.2.10'],
  ['for others', filterChain('output', [{ match: { op: '==', left: daddr, right: '10.96.0.11' } }, setTo('::')]), ''],
  ['of what comes in', filterChain('input', [setTo('192.0.2.10')]), ''],
  [
    'for a named set, which is listed without its elements',
    filterChain('output', [inSet(), setTo('::')], theSet()),
    'lost',
  ],
  ['on a condition that nft has no JSON for', filterChain('output', ['xt match', setTo('192.0.2.10')]), 'lost'],
  ['behind something that is not known', filterChain('output', [{ new: {} }, setTo('192.0.2.10')]), 'lost'],
])('an address set %s', (_what, one, expected) => {
  expect(whereTo(one)).toBe(expected);
});

function inSet(): object {
  return { match: { op: '==', left: daddr, right: '@some' } };
}

function theSet(): object {
  return { set: { family: 'ip', table: 't', name: 'some', type: 'ipv4_addr' } };
}

test('addresses set by two chains, one after the other, are not followed', () => {
  const [first, second] = [
    filterChain('output', [setTo('192.0.2.10')]),
    filterChain('postrouting', [setTo('192.0.2.11')]),
  ];
  expect(whereTo(first, second)).toBe('lost');
});

const isTo = (right: string) => ({ match: { op: '==', left: daddr, right } });
const forOneUser = { match: { op: '==', left: { meta: { key: 'skuid' } }, right: 33 } };
const [real, another] = ['192.0.2.10', '192.0.2.11'];

test.each([
  ['a second rule about the address that the first one set', filterChain('postrouting', [isTo(real), setTo(another)])],
  ['a rule for one user besides', filterChain('postrouting', [forOneUser, setTo(another)])],
])('%s: the first address is let in, and the server may be lost', (_what, other) => {
  const { known, isLost } = resetsOf([filterChain('output', [isTo('10.96.0.10'), setTo(real)]), other], server);
  expect([known.map(({ real: { address: to } }) => to.text), isLost]).toEqual([[real], true]);
});

test('a rule of NAT that nft does not show whole is never one that meets no packet of the server', () => {
  const nat = (...rules: unknown[][]): unknown => ({
    nftables: [
      { chain: { family: 'ip', table: 'nat', name: 'c', type: 'nat', hook: 'output', prio: -100 } },
      ...rules.map((expr) => ({ rule: { family: 'ip', table: 'nat', chain: 'c', expr } })),
    ],
  });
  const dnat = { dnat: { addr: '192.0.2.10' } };
  expect(rewrites(nat(['xt match "new"', dnat]), server)).toBe('perhaps');
  expect(rewrites(nat(['xt target "DNAT"']), server)).toBe('perhaps');
  expect(rewrites(nat([{ new: {} }, { accept: null }], [dnat]), server)).toBe('yes');
  expect(rewrites(nat(['xt match "new"', { accept: null }], [dnat]), server)).toBe('yes');
});

test('an old iptables whose tables nothing can list is told like NAT that is not understood', () => {
  expect(rewrittenServer(server, 'no', null)).toEqual([{ server, rewritten: 'perhaps' }]);
  expect(rewrittenServer(server, 'no', undefined)).toEqual([]);
  expect(rewrittenServer(server, 'no', '-A OUTPUT -p tcp -j DNAT --to-destination 192.0.2.10')).toEqual([
    { server, rewritten: 'perhaps', isRough: true },
  ]);
});

test('a nft that does not tell targets from matches: the last one may be a target', () => {
  const old = (name: string): unknown =>
    JSON.parse(JSON.stringify(listed(name)).replace(/\{"xt":\{[^}]*\}\}/g, '{"xt":null}'));
  expect(rewrites(old('iptables: DNAT of its address and port'), server)).toBe('perhaps');
  expect(rewrites(old("iptables: kube-proxy's chains"), server)).toBe('perhaps');
  expect(rewrites(old("iptables: Docker's chains with a port"), server)).toBe('no');
});

test('what may be lost is told, and not for any NAT of the old iptables', () => {
  const around = readFixedSurroundings();
  const told = (rewritten: 'yes' | 'perhaps' | 'unread', isRough?: true) =>
    natGaps({ ...around, rewritten: [{ server, rewritten, ...(isRough ? { isRough } : {}) }] }).map(
      ({ detail }) => detail,
    );
  expect(told('yes')).toEqual([expect.stringMatching(/: 10\.96\.0\.10 port 1514$/)]);
  expect(told('perhaps')).toEqual([expect.stringMatching(/: 10\.96\.0\.10 port 1514 \(perhaps: /)]);
  expect([told('perhaps', true), told('unread')]).toEqual([[], []]);
  expect(natGaps({ ...around, lost: [{ server, why: 'set' }] })).toMatchObject([{ code: 'server-blocked' }]);
});

test('whatever nft lists in a chain of type route, there is an answer', () => {
  const chain = { name: 'output', type: 'route', hook: 'output' };
  const key = { payload: { protocol: 'ip', field: 'daddr' } };
  propertyHolds(
    property(anything(), anything(), (statement, value) => {
      const rule = { chain: 'output', expr: [statement, { mangle: { key, value } }] };
      expect(typeof resetsOf([{ nftables: [{ chain }, { rule }] }], server).isLost).toBe('boolean');
    }),
    // JSON may hold an object that cannot be made a text.
    { examples: [[{}, { toString: [] }]] },
  );
});
