import type { Status } from '../../src/commands/status-report';
import { describeStatus } from '../../src/commands/status-text';
import { type Host, timeouts } from '../../src/host';

const host: Host = { platform: 'linux', env: {}, program: '', command: [''], name: 'contain-host', timeouts };
const contained: Status = {
  version: 1,
  state: 'contained',
  gaps: [],
  atWork: false,
  agent: { service: 'agentd and execd', running: true },
  unreadable: [],
};
const notSaved: Partial<Status> = { state: 'degraded', gaps: [{ code: 'not-saved', detail: 'There is no file' }] };

test.each<[string, Partial<Status>]>([
  ['a containment survives it', { survivesRestart: true }],
  ['LIFTS a containment: contain-host.service is not there or not enabled', { survivesRestart: false }],
  ['LIFTS a containment: see the gap not-saved', { ...notSaved, survivesRestart: false }],
])('of a restart it says: %s', (sentence, found) => {
  expect(describeStatus(host, { ...contained, ...found })).toContain(`Restart   ${sentence}`);
});

test('where no restart can lift a containment it says nothing of it', () => {
  expect(describeStatus(host, contained)).not.toContain('Restart');
});

test.each<[string, NonNullable<Status['heard']>]>([
  ['from its server 60 s ago', { at: '2026-11-25T03:17:00Z' }],
  ['from its server 60 s ago', { at: '2026-11-25T03:17:00Z', sinceCut: true }],
  ['NOT since the cut; last 60 s ago', { at: '2026-11-25T03:17:00Z', sinceCut: false }],
  ['from its server 60 s ago; whether since the cut is not known', { at: '2026-11-25T03:17:00Z', sinceCut: null }],
  ['not known: the agent has not noted it', { at: null }],
  ['not known: this agent notes that only now and then, and has not yet', { at: null, sinceCut: null }],
  ['NOT since the cut, nor before', { at: null, sinceCut: false }],
])('when the agent heard from its server: %s', (sentence, heard) => {
  jest.useFakeTimers({ now: Date.parse('2026-11-25T03:18:00Z') });
  expect(describeStatus(host, { ...contained, heard })).toContain(`Heard     ${sentence}`);
  jest.useRealTimers();
});

test('every time stands there in UTC, in the time of this host, and the case says how long ago', () => {
  const since = '2026-11-25T01:18:00.123Z';
  const times = { ordered: since, blockMs: 600, exposureMs: 0 };
  const backup = { file: 'C:\\b.wfw', madeAt: since, good: true };
  const here = new Date(since).toLocaleTimeString('en-GB');
  jest.useFakeTimers({ now: Date.parse('2026-11-25T03:18:00Z') });
  const text = describeStatus(host, { ...contained, since, requestedBy: 'operator', times, backup });
  jest.useRealTimers();
  expect(text).toContain(`Since     2026-11-25T01:18:00Z (${here} here), 1 h 59 min ago`);
  expect(text).toContain(`made 2026-11-25T01:18:00Z (${here} here)`);
  expect(text).toContain(`ordered 2026-11-25T01:18:00Z (${here} here), block in force 600 ms later`);
});
