import { setTimeout as wait } from 'node:timers/promises';
import { Endpoint } from '../../fixtures/endpoint';
import type { Fault } from '../../fixtures/standin/faults';
import { typicalHost } from '../../fixtures/standin/hosts';

let endpoint: Endpoint;
beforeEach(() => {
  endpoint = new Endpoint(typicalHost());
});
afterEach(() => endpoint.remove());

const isRunning = (match: string): boolean =>
  endpoint.machine.calls().some(({ argv, exitCode }) => exitCode === undefined && argv.join(' ').includes(match));

/** The caller's two pipes are closed by then too: nobody who goes on holds them. */
const order = (verb: 'ADD' | 'DELETE') =>
  endpoint.call({
    args: [verb, '-', '192.0.2.50'],
    patience: { worker: 2500, netsh: 15_000, script: 15_000, reg: 15_000 },
  });

const steps: [verb: 'ADD' | 'DELETE', match: string, fault: Fault][] = [
  ['ADD', 'FirewallPolicy', { kind: 'hang', tool: 'reg', match: 'FirewallPolicy', nth: 1 }],
  ['ADD', 'advfirewall export', { kind: 'hang', tool: 'netsh', match: 'export', nth: 1 }],
  ['ADD', '-f ', { kind: 'hang', match: 'script', nth: 1 }],
  ['ADD', 'state on', { kind: 'hang', match: 'allprofiles state', nth: 1 }],
  ['ADD', 'blockinbound,blockoutbound', { kind: 'hang', match: 'policy', nth: 1 }],
  ['DELETE', 'advfirewall export', { kind: 'hang', tool: 'netsh', match: 'export', nth: 1 }],
  ['DELETE', 'advfirewall import', { kind: 'slow', ms: 15_000, match: 'import', nth: 1 }],
];

test.each(steps)(
  '%s with a tool that hangs at "%s": the caller has control back while the work goes on, and its outcome is in the log',
  async (verb, match, fault) => {
    if (verb === 'DELETE') await endpoint.run('ADD', '-', '192.0.2.50');
    endpoint.machine.setFaults(fault);
    const { exitCode, output } = await order(verb);
    expect([exitCode, output]).toEqual([8, expect.stringContaining('goes on in the background')]);
    expect(isRunning(match)).toBe(true);
    const last = (): string | undefined => endpoint.statuses().at(-1);
    while (last() !== verb.toLowerCase()) await wait(200);
    expect((await endpoint.run('status')).output).toMatch(verb === 'ADD' ? /CONTAINED/ : /not contained/);
  },
  180_000,
);
