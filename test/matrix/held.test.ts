import { setTimeout as wait } from 'node:timers/promises';
import { Endpoint } from '../../fixtures/endpoint';
import type { Fault } from '../../fixtures/standin/faults';
import { typicalHost } from '../../fixtures/standin/hosts';
import { udpServer } from './bench';

let endpoint: Endpoint;
beforeEach(() => {
  endpoint = new Endpoint(typicalHost(), udpServer);
});
afterEach(() => endpoint.remove());

/** The caller's two pipes are closed by then too: nobody who goes on holds them. */
const order = (verb: 'ADD' | 'DELETE') =>
  endpoint.call({
    args: [verb, '-', '192.0.2.50'],
    patience: { worker: 1500, netsh: 5000, script: 5000, reg: 5000 },
  });

const steps: [verb: 'ADD' | 'DELETE', match: string, fault: Fault][] = [
  ['ADD', 'FirewallPolicy', { kind: 'hang', tool: 'reg', match: 'FirewallPolicy', nth: 1 }],
  ['ADD', 'advfirewall export', { kind: 'hang', tool: 'netsh', match: 'export', nth: 1 }],
  ['ADD', '-f ', { kind: 'hang', match: 'script', nth: 1 }],
  ['ADD', 'blockinbound,blockoutbound', { kind: 'hang', match: 'policy', nth: 1 }],
  ['DELETE', 'advfirewall export', { kind: 'hang', tool: 'netsh', match: 'export', nth: 1 }],
  ['DELETE', 'advfirewall import', { kind: 'slow', ms: 5000, match: 'import', nth: 1 }],
];

test.each(steps)(
  '%s with a tool that hangs at "%s": the caller has control back while the work goes on, and its outcome is in the log',
  async (verb, _match, fault) => {
    if (verb === 'DELETE') await endpoint.run('ADD', '-', '192.0.2.50');
    endpoint.machine.setFaults(fault);
    const { exitCode, output } = await order(verb);
    expect([exitCode, output]).toEqual([8, expect.stringContaining('goes on in the background')]);
    expect(endpoint.statuses()).not.toContain(verb.toLowerCase());
    const last = (): string | undefined => endpoint.statuses().at(-1);
    while (last() !== verb.toLowerCase()) await wait(200);
    expect(endpoint.machine.calls().filter(({ faults }) => faults.length > 0)).toHaveLength(1);
    expect((await endpoint.run('status')).output).toMatch(verb === 'ADD' ? /CONTAINED/ : /not contained/);
  },
  180_000,
);
