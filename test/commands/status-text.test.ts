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
