import { anything, property, assert as propertyHolds } from 'fast-check';
import { type Rewritten, rewrites } from '../../../src/firewall/linux/rewriting';
import type { Server } from '../../../src/policy/allow-list';
import { address } from '../windows/read/policies';

const server: Server = { address: address('10.96.0.10'), port: 1514, protocols: ['udp'] };
type Rule = readonly unknown[];

/** A table as nft lists it: rules of its chain at output, and of others by their names. */
const table = (
  output: readonly Rule[],
  others: Readonly<Record<string, readonly Rule[]>> = {},
  more: unknown[] = [],
) => ({
  nftables: [
    { chain: { name: 'OUTPUT', type: 'nat', hook: 'output' } },
    ...Object.entries({ OUTPUT: output, ...others }).flatMap(([chain, rules]) =>
      rules.map((expr) => ({ rule: { chain, expr } })),
    ),
    ...more,
  ],
});
const is = (protocol: string, field: string, right: unknown, op = '==') => ({
  match: { op, left: { payload: { protocol, field } }, right },
});
const to = (text: string) => is('ip', 'daddr', text);
const udp = { match: { op: '==', left: { meta: { key: 'l4proto' } }, right: 'udp' } };
const chance = { match: { op: '<', left: { numgen: { mode: 'random', mod: 2 } }, right: 1 } };
const local = { match: { op: '==', left: { fib: { result: 'type', flags: ['daddr'] } }, right: 'local' } };
const jump = (target: string) => ({ jump: { target } });
const dnat = { dnat: { addr: '192.0.2.10' } };
const field = (protocol: string, name: string) => ({ payload: { protocol, field: name } });
const addressProtocolPort = { concat: [field('ip', 'daddr'), { meta: { key: 'l4proto' } }, field('th', 'dport')] };
const verdicts = (...pairs: unknown[]) => ({ vmap: { key: addressProtocolPort, data: { set: pairs } } });
const entry = (...key: unknown[]) => [{ concat: key }, jump('svc')];

test.each<[string, Rewritten, unknown]>([
  ['a rule for its address and port', 'yes', table([[to('10.96.0.10'), is('th', 'dport', 1514), dnat]])],
  ['a rule for its network', 'yes', table([[is('ip', 'daddr', { prefix: { addr: '10.96.0.0', len: 12 } }), dnat]])],
  ['a rule for everybody on its port', 'yes', table([[is('udp', 'dport', { range: [1500, 1600] }), dnat]])],
  ['a redirection', 'yes', table([[udp, { redirect: { port: 15140 } }]])],
  [
    "kube-proxy's chains, one of its real servers by chance",
    'yes',
    table([[jump('KUBE-SERVICES')]], {
      'KUBE-SERVICES': [[to('10.96.0.10'), udp, { xt: null }, jump('KUBE-SVC')]],
      'KUBE-SVC': [[to('10.96.0.10'), chance, jump('KUBE-SEP')], [jump('KUBE-SEP')]],
      'KUBE-SEP': [[udp, dnat]],
    }),
  ],
  [
    "kube-proxy's map",
    'yes',
    table([[verdicts(entry('10.96.0.11', 'udp', 1514), entry('10.96.0.10', 'udp', 1514))]], { svc: [[dnat]] }),
  ],
  ['a condition that is not understood', 'perhaps', table([[chance, dnat]])],
  ['another address', 'no', table([[to('10.96.0.11'), dnat]])],
  ['all but its address', 'no', table([[is('ip', 'daddr', '10.96.0.10', '!='), dnat]])],
  ['another port', 'no', table([[is('udp', 'dport', 53), dnat]])],
  ['another protocol', 'no', table([[is('tcp', 'dport', 1514), dnat]])],
  [
    "Docker's chain for this host's own addresses",
    'no',
    table([[is('ip', 'daddr', { prefix: { addr: '127.0.0.0', len: 8 } }, '!='), local, jump('DOCKER')]], {
      DOCKER: [[dnat]],
    }),
  ],
  ['a map of others', 'no', table([[verdicts(entry('10.96.0.11', 'udp', 1514))]], { svc: [[dnat]] })],
  ['an exception before it', 'no', table([[to('10.96.0.10'), { return: null }], [dnat]])],
  [
    'a map of addresses in which it is not',
    'no',
    table([[{ dnat: { addr: { map: { key: field('ip', 'daddr'), data: '@real' } } } }]], {}, [
      { map: { name: 'real', elem: [['10.96.0.11', '192.0.2.10']] } },
    ]),
  ],
  [
    'nothing at output',
    'no',
    { nftables: [{ chain: { name: 'x', type: 'nat', hook: 'prerouting' } }, { rule: { chain: 'x', expr: [dnat] } }] },
  ],
  ['no table at all', 'no', null],
])('%s: %s', (_what, expected, listed) => {
  expect(rewrites(listed, server)).toBe(expected);
});

test('chains that call each other in a circle end the search', () => {
  const circle = table([[jump('a')]], { a: [[jump('b')]], b: [[jump('a')]] });
  expect(['no', 'perhaps']).toContain(rewrites(circle, server));
});

test('whatever nft lists, there is an answer', () => {
  propertyHolds(
    property(anything(), anything(), (statement, right) => {
      const listed = table([[statement, is('ip', 'daddr', right), dnat]]);
      expect(['yes', 'perhaps', 'no']).toContain(rewrites(listed, server));
    }),
  );
});
