import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { codeOf } from '../../../src/outcome/gaps';
import { type Address, isRefusal, parseNetwork } from '../../../src/policy/address';
import type { AllowList } from '../../../src/policy/allow-list';
import type { OpenCase } from '../../../src/state/journal';
import { Kernel } from './kernel';

let kernel: Kernel;
beforeEach(() => {
  kernel = new Kernel();
});
afterEach(() => kernel.remove());

function address(text: string): Address {
  const parsed = parseNetwork(text, 24, 64);
  if (isRefusal(parsed)) throw new Error(parsed.refused);
  return parsed;
}

const policyFor = (...handlers: string[]): AllowList => ({
  servers: [{ address: address('10.0.0.5'), port: 1514, protocols: ['udp'] }],
  handlers: handlers.map(address),
  needsDns: false,
});
const openCase: OpenCase = {
  since: new Date(0),
  lastAt: new Date(0),
  asked: { requestedBy: 'operator', handlers: [] },
  facts: {},
  unfinished: [],
};
const contain = (allowList: AllowList, by: 'operator' | 'alert' = 'operator') =>
  kernel.firewall().contain(allowList, by, kernel.recorder);
const namesOfSteps = (): string[] => kernel.steps.map(({ step }) => step);
const somebodyElses = { family: 'ip', name: 'filter', chains: [], rules: [] };

test('a host is contained, saved for the next start, and is as it was after release', async () => {
  kernel.tables = [somebodyElses];
  expect(await contain(policyFor('192.0.2.50'))).toEqual({ state: 'contained', gaps: [] });
  expect(kernel.tables.flatMap(({ chains }) => chains.map(({ hook, policy }) => `${hook} ${policy}`))).toEqual([
    'input drop',
    'output drop',
    'forward drop',
    'postrouting drop',
    'forward drop',
  ]);
  expect(kernel.saved).toContain('add rule inet contain_host input ip saddr 10.0.0.5 udp sport 1514 accept');
  const release = await kernel.firewall(openCase).release(kernel.recorder);
  expect(release).toEqual({ was: 'contained', differences: [] });
  expect(kernel.tables).toEqual([somebodyElses]);
  expect(readdirSync(kernel.stateFolder)).toEqual([]);
  expect(namesOfSteps()).toEqual(['load', 'save', 'forget', 'delete-tables']);
});

test('an order that is in force already changes nothing', async () => {
  await contain(policyFor('192.0.2.50', '2001:db8:1::/64'));
  kernel.steps.length = 0;
  expect(await contain(policyFor('192.0.2.50', '2001:db8:1::/64'))).toMatchObject({ state: 'contained' });
  expect(kernel.steps).toEqual([]);
});

test('an operator replaces the handler, an alert takes nobody away', async () => {
  const peers = (): string[] =>
    kernel.tables.flatMap(({ rules }) => rules.filter(({ comment }) => comment === 'handler').map(peerOf));
  await contain(policyFor('192.0.2.50'));
  await contain(policyFor('192.0.2.51'));
  expect(new Set(peers())).toEqual(new Set(['192.0.2.51']));
  expect(await contain(policyFor('192.0.2.60'), 'alert')).toMatchObject({ state: 'contained' });
  expect(new Set(peers())).toEqual(new Set(['192.0.2.51', '192.0.2.60']));
});

function peerOf({ expr }: { expr: unknown[] }): string {
  return (expr[0] as { match: { right: string } }).match.right;
}

describe('what is in force is judged by its meaning', () => {
  const allowList = policyFor('192.0.2.50');
  let contained: Kernel['tables'];
  let saved: string | undefined;
  beforeAll(async () => {
    kernel = new Kernel();
    await contain(allowList);
    contained = kernel.tables;
    saved = kernel.saved;
    kernel.remove();
  });
  beforeEach(() => {
    kernel.tables = contained;
    kernel.saved = saved;
  });

  const accept = (...expr: unknown[]) => ({ chain: 'output', comment: 'x', expr: [...expr, { accept: null }] });
  const to = (right: unknown) => ({
    match: { op: '==', left: { payload: { protocol: 'ip', field: 'daddr' } }, right },
  });

  test.each([
    ['a rule for everybody', 'ineffective', 'open-foreign-rule', accept()],
    [
      'a rule for a wide network',
      'ineffective',
      'open-foreign-rule',
      accept(to({ prefix: { addr: '10.0.0.0', len: 8 } })),
    ],
    [
      'a rule for all but one',
      'ineffective',
      'open-foreign-rule',
      accept({ match: { ...to('10.0.0.9').match, op: '!=' } }),
    ],
    ['a jump', 'ineffective', 'open-foreign-rule', { chain: 'output', comment: '', expr: [{ jump: { target: 'y' } }] }],
    ['a rule for one host', 'degraded', 'foreign-rule', accept(to('203.0.113.66'))],
    ['a rule that drops', 'degraded', 'foreign-rule', { chain: 'output', comment: '', expr: [{ drop: null }] }],
  ])('%s: %s', async (_what, state, code, rule) => {
    kernel.meddle(({ rules }) => rules.push(rule));
    expect(await kernel.firewall().judge(allowList)).toMatchObject({ state, gaps: [{ code }] });
  });

  test.each([
    [
      'ineffective',
      'not-dropped-inet-output',
      (table: Kernel['tables'][0]) => Object.assign(table.chains[1] ?? {}, { policy: 'accept' }),
    ],
    ['ineffective', 'table-off-inet', (table: Kernel['tables'][0]) => Object.assign(table, { flags: 'contain_host' })],
    ['degraded', 'handler-blocked', (table: Kernel['tables'][0]) => drop(table, 'handler')],
    ['degraded', 'server-blocked', (table: Kernel['tables'][0]) => drop(table, 'server udp')],
    ['degraded', 'rule-missing', (table: Kernel['tables'][0]) => drop(table, 'DHCP udp')],
  ])('%s: %s', async (state, code, change) => {
    kernel.meddle(change);
    const judgement = await kernel.firewall().judge(allowList);
    expect([judgement.state, ...judgement.gaps.map(codeOf)]).toEqual([state, code]);
  });

  function drop(table: Kernel['tables'][0], comment: string): void {
    table.rules = table.rules.filter((rule) => rule.comment !== comment);
  }

  test('bridged guests that are not cut off are named', async () => {
    kernel.tables = kernel.tables.filter(({ family }) => family !== 'bridge');
    expect(await kernel.firewall().judge(allowList)).toMatchObject({
      state: 'degraded',
      gaps: [{ code: 'bridged-guests-open' }],
    });
  });

  test('a flush by somebody else shows', async () => {
    kernel.tables = [];
    expect(await kernel.firewall(openCase).judge(allowList)).toEqual({ state: 'not-contained', gaps: [] });
    expect(await kernel.firewall(openCase).release(kernel.recorder)).toMatchObject({ was: 'restored-already' });
    expect(kernel.saved).toBeUndefined();
  });

  test('rules that cannot be read are not called gone', async () => {
    kernel.setFault('no-kernel');
    expect(await kernel.firewall().judge()).toMatchObject({ state: 'uncertain', gaps: [{ code: 'rules-unreadable' }] });
  });

  test('the next order puts it right', async () => {
    kernel.meddle(({ rules }) => rules.push(accept()));
    expect(await contain(allowList)).toEqual({ state: 'contained', gaps: [] });
    expect(kernel.tables).toEqual(contained);
  });

  test('also where a chain of ours was made anew with another priority', async () => {
    kernel.meddle(({ chains, rules }) => {
      Object.assign(chains[0] ?? {}, { prio: 0 });
      rules.push(accept());
    });
    expect(await kernel.firewall(openCase).preflight(allowList, 'refuse')).toMatchObject({ contained: true });
    expect(await kernel.firewall(openCase).judgePlan(allowList)).toEqual({ state: 'contained', gaps: [] });
    expect(await contain(allowList)).toEqual({ state: 'contained', gaps: [] });
    expect(kernel.tables).toEqual(contained);
  });

  test('and where somebody had such a table before any case, on a kernel that filters no bridges too', async () => {
    const chain = { name: 'input', type: 'filter', hook: 'input', policy: 'accept', prio: 0 };
    kernel.tables = [{ family: 'inet', name: 'contain_host', chains: [chain], rules: [] }];
    kernel.setFault('no-bridge');
    await expect(kernel.firewall().preflight(allowList, 'refuse')).resolves.toMatchObject({ warnings: [] });
    expect(await contain(allowList)).toMatchObject({ state: 'degraded', gaps: [{ code: 'bridged-guests-open' }] });
  });

  test('a chain of somebody else in our table lets nobody through, so it does not count', async () => {
    kernel.meddle(({ rules }) => rules.push({ ...accept(), chain: 'theirs' }));
    expect(await kernel.firewall().judge(allowList)).toEqual({ state: 'contained', gaps: [] });
  });
});

describe('a listing that is not understood is no evidence against what was loaded', () => {
  const allowList = policyFor('192.0.2.50', '2001:db8:1::/64');
  const notRecognised = (state: string) => ({ state, gaps: [{ code: 'rules-not-recognised' }] });
  const peers = () => new Set(kernel.tables.flatMap(({ rules }) => rules.flatMap(peerIn)));

  test('an nft with other words for our rules lists them twice, and they are recognised', async () => {
    kernel.setFault('reads-otherwise');
    expect(await contain(allowList)).toEqual({ state: 'contained', gaps: [] });
    expect(await kernel.firewall().judge(allowList)).toEqual({ state: 'contained', gaps: [] });
    kernel.steps.length = 0;
    expect(await contain(allowList)).toEqual({ state: 'contained', gaps: [] });
    expect(kernel.steps).toEqual([]);
  });

  test.each(['reads-otherwise', 'garbage', 'not-json'])(
    '%s, where it cannot be tried out: contained with a gap, uncertain for status, and loaded again by the next order',
    async (fault) => {
      kernel.forbidNamespaces();
      kernel.setFault(fault);
      expect(await contain(allowList)).toMatchObject(notRecognised('degraded'));
      expect(kernel.saved).toContain('192.0.2.50');
      expect(namesOfSteps()).toEqual(['load', 'save']);
      expect(await kernel.firewall(openCase).judge(allowList)).toMatchObject(notRecognised('uncertain'));
      expect(await contain(policyFor('192.0.2.51'), 'alert')).toMatchObject(notRecognised('degraded'));
      expect(namesOfSteps()).toEqual(['load', 'save', 'load', 'save']);
      kernel.setFault('');
      expect(await kernel.firewall(openCase).release(kernel.recorder)).toMatchObject({ was: 'contained' });
    },
  );

  test("an alert's order takes no handler whose rule reads otherwise", async () => {
    kernel.forbidNamespaces();
    kernel.setFault('reads-otherwise');
    await contain(allowList);
    await contain(policyFor('192.0.2.51'), 'alert');
    expect(peers()).toEqual(new Set(['192.0.2.50', '2001:db8:1::/64', '192.0.2.51']));
  });

  test('of a listing that is not understood, a rule for everybody still shows', async () => {
    kernel.forbidNamespaces();
    kernel.setFault('reads-otherwise');
    await contain(allowList);
    kernel.meddle(({ rules }) => rules.push({ chain: 'output', comment: '', expr: [{ accept: null }] }));
    expect((await kernel.firewall().judge(allowList)).state).toBe('ineffective');
    kernel.meddle(({ chains }) => Object.assign(chains[1] ?? {}, { policy: 'accept' }));
    expect((await kernel.firewall().judge(allowList)).gaps.map(codeOf)).toContain('not-dropped-inet-output');
  });

  test('a host contained under one nft stays contained for the next, which has other words', async () => {
    await contain(allowList);
    const { tables } = kernel;
    kernel.meddle(({ rules }) => {
      for (const rule of rules) rule.expr = JSON.parse(JSON.stringify(rule.expr).replaceAll('"icmp"]', '"ICMP"]'));
    });
    expect(kernel.tables).not.toEqual(tables);
    kernel.setFault('reads-otherwise');
    expect(await kernel.firewall(openCase).judge(allowList)).toEqual({ state: 'contained', gaps: [] });
  });

  test('without any reading after it, what nft says that it loaded counts, and the host stays contained', async () => {
    kernel.setFault('mute-after-load');
    expect(await contain(allowList)).toMatchObject({
      state: 'degraded',
      gaps: [{ code: 'rules-unreadable' }, { code: 'unseen-path' }],
    });
    expect(kernel.saved).toContain('192.0.2.50');
    expect(kernel.tables).toMatchObject([{ family: 'inet' }, { family: 'bridge' }]);
  });

  test('where nft says that it failed, and what was in force before cannot be read back, nothing is claimed', async () => {
    await contain(allowList);
    kernel.setFault('mute-after-complaint');
    await expect(contain(policyFor('192.0.2.51'))).rejects.toMatchObject({ code: 'not-read-back', exitCode: 5 });
    expect(kernel.tables).toMatchObject([{ family: 'inet' }, { family: 'bridge' }]);
  });

  test('a release needs no listing', async () => {
    await contain(allowList);
    kernel.setFault('garbage');
    expect(await kernel.firewall(openCase).release(kernel.recorder)).toEqual({ was: 'contained', differences: [] });
    expect(kernel.tables).toEqual([]);
  });

  test('a contained host is never set free because an order for it fails, not even one for another server', async () => {
    await contain(allowList);
    const { tables } = kernel;
    kernel.setFault('load-fails');
    const elsewhere: AllowList = {
      ...allowList,
      servers: [{ address: address('10.0.0.9'), port: 1514, protocols: ['tcp'] }],
    };
    expect(await contain(elsewhere)).toMatchObject({ state: 'degraded' });
    expect(kernel.tables).toEqual(tables);
  });
});

test('a program that does nothing and says yes to everything is believed in nothing', async () => {
  const allowList = policyFor('192.0.2.50');
  const nft = join(kernel.tools, 'nft');
  const real = readFileSync(nft);
  const replace = (text: string | Buffer): void => writeFileSync(nft, text, { mode: 0o755 });
  replace('#!/bin/sh\nexit 0\n');
  await expect(kernel.firewall().preflight(allowList, 'refuse')).rejects.toMatchObject({
    exitCode: 2,
    message: expect.stringContaining('Repair the package nftables') as string,
  });
  expect((await kernel.firewall().judgePlan(allowList)).state).toBe('uncertain');
  replace(real);
  await contain(allowList);
  const { tables, saved } = kernel;
  replace('#!/bin/sh\necho garbage\n');
  expect((await kernel.firewall(openCase).judge(allowList)).state).toBe('uncertain');
  await expect(contain(allowList)).rejects.toMatchObject({ exitCode: 2 });
  await expect(kernel.firewall(openCase).release(kernel.recorder)).rejects.toMatchObject({ code: 'not-released' });
  replace(real);
  expect(kernel.tables).toEqual(tables);
  expect(await contain(allowList)).toEqual({ state: 'contained', gaps: [] });
  expect(kernel.saved).toBe(saved);
});

describe('nft that does not answer', () => {
  const allowList = policyFor('192.0.2.50');
  const inTime = (code: string) => ({ code, detail: expect.stringContaining('in time') as string });
  const others = { code: 'unseen-path', detail: expect.stringContaining('not listed by nft') as string };
  const unlisted = { state: 'degraded', gaps: [inTime('rules-unreadable'), inTime('server-blocked'), others] };
  beforeEach(() => {
    kernel.limits = { change: 30_000, listing: 500, inOrder: 400, beforeBlock: 300 };
  });

  test('to a listing, which an old one makes of 200,000 rules of others first: contained, and not known more', async () => {
    kernel.setFault('listing-hangs');
    expect(await contain(allowList)).toMatchObject(unlisted);
    expect(kernel.saved).toContain('192.0.2.50');
    expect(await kernel.firewall(openCase).judge(allowList)).toMatchObject({
      state: 'uncertain',
      gaps: [inTime('rules-unreadable')],
    });
    expect(await contain(policyFor('192.0.2.51'))).toMatchObject(unlisted);
    expect(kernel.saved).toContain('192.0.2.51');
    expect(await kernel.firewall(openCase).release(kernel.recorder)).toMatchObject({ was: 'contained' });
    expect(kernel.tables).toEqual([]);
  });

  test('about the rules of others: they are not waited for, what is in force is read all the same, and that is told', async () => {
    kernel.limits = { change: 30_000, listing: 30_000, inOrder: 30_000, beforeBlock: 4000 };
    kernel.setFault('nat-hangs');
    expect(await contain(allowList)).toMatchObject({ state: 'degraded', gaps: [inTime('server-blocked')] });
    expect(await kernel.firewall(openCase).judge(allowList)).toEqual({ state: 'contained', gaps: [] });
  });

  test('to anything, in the middle of a case: nothing changes, nothing is claimed, and the next order goes on', async () => {
    await contain(allowList);
    const { tables } = kernel;
    kernel.limits = { change: 300, listing: 300, inOrder: 300, beforeBlock: 300 };
    kernel.setFault('all-hangs');
    await expect(kernel.firewall(openCase).preflight(policyFor('192.0.2.51'), 'refuse')).rejects.toMatchObject({
      exitCode: 2,
    });
    await expect(kernel.firewall(openCase).release(kernel.recorder)).rejects.toMatchObject({ code: 'not-released' });
    expect(await kernel.firewall(openCase).judge(allowList)).toMatchObject({ state: 'uncertain' });
    expect(kernel.tables).toEqual(tables);
    kernel.limits = undefined;
    kernel.setFault('');
    expect(await contain(policyFor('192.0.2.51'))).toEqual({ state: 'contained', gaps: [] });
  });
});

/** The other side's address in a rule. */
function peerIn({ comment, expr }: { comment: string; expr: unknown[] }): string[] {
  const { right } = (expr[0] as { match: { right: string | { prefix: { addr: string; len: number } } } }).match;
  if (comment !== 'handler') return [];
  return [typeof right === 'string' ? right : `${right.prefix.addr}/${right.prefix.len}`];
}

describe('what the next start brings back', () => {
  const allowList = policyFor('192.0.2.50');
  const others = policyFor('192.0.2.51');
  const judge = () => kernel.firewall().judge(allowList);
  const notSaved = (detail: string) => ({
    state: 'degraded',
    gaps: [{ code: 'not-saved', detail: expect.stringContaining(detail) as string }],
  });
  const lifted = notSaved('a restart would lift the containment');

  test('an nft that does its work and complains is believed in nothing: what is in force is saved', async () => {
    kernel.setFault('load-complains');
    expect(await contain(allowList)).toEqual({ state: 'contained', gaps: [] });
    expect(kernel.saved).toContain('192.0.2.50');
    expect(await contain(others)).toEqual({ state: 'contained', gaps: [] });
    expect(kernel.saved).toContain('192.0.2.51');
    expect(kernel.saved).not.toContain('192.0.2.50');
  });

  test('the rules are saved as a kernel without them takes them, also where they had to be replaced', async () => {
    await contain(allowList);
    const { saved } = kernel;
    kernel.saved = undefined;
    kernel.meddle(({ chains }) => Object.assign(chains[0] ?? {}, { prio: 0, allowList: 'accept' }));
    kernel.setFault('load-complains');
    expect(await contain(allowList)).toEqual({ state: 'contained', gaps: [] });
    expect(kernel.saved).toBe(saved);
  });

  test.each(['load-fails', 'load-ignored'])(
    '%s: the rules of the earlier order stay, and stay saved',
    async (fault) => {
      await contain(allowList);
      const { saved } = kernel;
      kernel.setFault(fault);
      expect(await contain(others)).toMatchObject({ state: 'degraded' });
      expect(kernel.saved).toBe(saved);
      kernel.saved = undefined;
      expect((await contain(others)).gaps.map(({ code }) => code)).toContain('not-saved');
      expect(kernel.saved).toBeUndefined();
    },
  );

  test('rules that cannot be saved are a gap, for as long as that is so', async () => {
    kernel.blockSaving();
    expect(await contain(allowList)).toEqual(
      notSaved('could not be saved, so a restart would lift the containment: it is a folder'),
    );
    expect(await judge()).toEqual(lifted);
    expect(await contain(allowList, 'alert')).toEqual(lifted);
    kernel.unblockSaving();
    expect(await contain(allowList, 'alert')).toEqual({ state: 'contained', gaps: [] });
    expect(await judge()).toEqual({ state: 'contained', gaps: [] });
  });

  test('an earlier order that stays saved in their place is not called a lifted containment', async () => {
    await contain(others);
    const { saved } = kernel;
    kernel.blockSaving();
    expect(await contain(allowList)).toEqual(notSaved('may bring back the rules of an earlier order: it is a folder'));
    expect(kernel.saved).toBe(saved);
  });

  test('a file that somebody took away shows, and an order that changes nothing else puts it there', async () => {
    await contain(allowList);
    const { saved } = kernel;
    kernel.saved = undefined;
    expect(await judge()).toEqual(lifted);
    kernel.steps.length = 0;
    expect(await contain(allowList)).toEqual({ state: 'contained', gaps: [] });
    expect(namesOfSteps()).toEqual(['save']);
    expect(kernel.saved).toBe(saved);
  });

  test('without the unit nothing loads it, which is a gap in every containment', async () => {
    kernel.removeUnit();
    expect(await contain(allowList)).toEqual(notSaved('contain-host.service is not there or not enabled'));
    expect(await judge()).toEqual(notSaved('contain-host.service is not there or not enabled'));
  });

  test('a folder in its place is no file', async () => {
    await contain(allowList);
    kernel.saved = undefined;
    mkdirSync(join(kernel.stateFolder, 'contained.nft'));
    expect(await judge()).toEqual(lifted);
    expect(await contain(allowList)).toEqual(lifted);
  });

  test('of a host that is not contained, or of which that cannot be read, nothing has to be saved', async () => {
    expect(await judge()).toEqual({ state: 'not-contained', gaps: [] });
    kernel.setFault('no-kernel');
    expect(await judge()).toMatchObject({ state: 'uncertain', gaps: [{ code: 'rules-unreadable' }] });
  });
});

describe('failures', () => {
  const allowList = policyFor('192.0.2.50');

  test('without nft it says what to install', async () => {
    rmSync(join(kernel.tools, 'nft'));
    await expect(kernel.firewall().preflight(allowList, 'refuse')).rejects.toMatchObject({
      code: 'tool-missing',
      message: expect.stringContaining('Install the package nftables') as string,
    });
  });

  test('an nft that cannot answer with JSON is refused before anything changes', async () => {
    kernel.setFault('no-json');
    await expect(kernel.firewall().preflight(allowList, 'refuse')).rejects.toMatchObject({
      exitCode: 2,
      message: expect.stringContaining('nft with JSON') as string,
    });
    expect(kernel.tables).toEqual([]);
  });

  test('a kernel that filters no bridges is contained, and the gap is named', async () => {
    kernel.setFault('no-bridge');
    expect(await kernel.firewall().judgePlan(allowList)).toMatchObject({ gaps: [{ code: 'bridged-guests-open' }] });
    expect(await kernel.firewall().preflight(allowList, 'refuse')).toMatchObject({ contained: false });
    expect(await contain(allowList)).toMatchObject({ state: 'degraded', gaps: [{ code: 'bridged-guests-open' }] });
    expect(kernel.saved).not.toContain('bridge');
    await contain(allowList);
    expect(namesOfSteps()).toEqual(['load', 'save']);
    expect(await kernel.firewall(openCase).release(kernel.recorder)).toMatchObject({ was: 'contained' });
    expect(kernel.tables).toEqual([]);
  });

  test('a kernel whose nft cannot ask connection tracking is contained, without the rules for what NAT may do', async () => {
    const rule = { chain: 'OUTPUT', comment: '', expr: [{ xt: null }, { dnat: { addr: '192.0.2.10' } }] };
    const chain = {
      family: 'ip',
      table: 'nat',
      name: 'OUTPUT',
      type: 'nat',
      hook: 'output',
      policy: 'accept',
      prio: -100,
    };
    kernel.tables = [{ family: 'ip', name: 'nat', chains: [chain], rules: [rule] }];
    await contain(allowList);
    expect(kernel.saved).toContain('ct status dnat');
    await kernel.firewall(openCase).release(kernel.recorder);
    kernel.setFault('no-tracking');
    expect(await kernel.firewall().preflight(allowList, 'refuse')).toMatchObject({ contained: false });
    expect(await contain(allowList)).toEqual({ state: 'contained', gaps: [] });
    expect(kernel.saved).not.toContain('ct status');
  });

  test('rules that the kernel does not take are refused before anything changes', async () => {
    kernel.setFault('check-fails');
    await expect(kernel.firewall().preflight(allowList, 'refuse')).rejects.toMatchObject({ exitCode: 2 });
    expect(kernel.tables).toEqual([]);
  });

  test.each(['load-fails', 'load-ignored', 'server-lost'])('%s: tried twice, then taken back', async (fault) => {
    kernel.setFault(fault);
    await expect(contain(allowList)).rejects.toMatchObject({ code: 'rolled-back' });
    expect(kernel.tables).toEqual([]);
    expect(namesOfSteps().filter((step) => step === 'load')).toHaveLength(2);
    expect(kernel.saved).toBeUndefined();
  });

  test('a new handler who cannot be let in leaves the host contained as it was', async () => {
    await contain(allowList);
    const { saved, tables } = kernel;
    kernel.setFault('load-fails');
    expect(await contain(policyFor('192.0.2.51'))).toMatchObject({
      state: 'degraded',
      gaps: [{ code: 'foreign-rule' }, { code: 'handler-blocked' }],
    });
    expect(kernel.tables).toEqual(tables);
    expect(kernel.saved).toBe(saved);
  });

  test('tables that do not go are not called released', async () => {
    await contain(allowList);
    kernel.setFault('delete-ignored');
    await expect(kernel.firewall(openCase).release(kernel.recorder)).rejects.toMatchObject({
      code: 'not-released',
      message: expect.stringContaining('still CONTAINED') as string,
    });
  });

  test('a host that is not contained is not changed by a release', async () => {
    expect(await kernel.firewall().release(kernel.recorder)).toEqual({ was: 'not-contained', differences: [] });
    expect(kernel.steps).toEqual([]);
  });
});

test('the plan shows every rule that is loaded', async () => {
  const allowList = policyFor('192.0.2.50');
  const planned = await kernel.firewall().containSteps(allowList, true);
  await contain(allowList);
  const rules = planned.filter(({ step }) => step === 'rules').map(({ command }) => command?.slice(1).join(' '));
  expect(`${rules.join('\n')}\n`).toBe(kernel.saved);
});
