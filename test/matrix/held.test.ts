import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { Endpoint } from '../../fixtures/endpoint';
import type { Call } from '../../fixtures/standin/calls';
import type { Fault } from '../../fixtures/standin/faults';
import { typicalHost } from '../../fixtures/standin/hosts';
import { udpServer } from './bench';

/** The caller's two pipes are closed by then too: nobody who goes on holds them. */
const order = (endpoint: Endpoint, verb: 'ADD' | 'DELETE') =>
  endpoint.call({
    args: [verb, '-', '192.0.2.50'],
    timeouts: { worker: 1500, netsh: 5000, script: 5000, reg: 5000 },
  });

/** The tools that the order starts, in the sequence in which it starts them. */
async function rehearse(verb: 'ADD' | 'DELETE'): Promise<Call[]> {
  const endpoint = await prepared(verb);
  await endpoint.run(verb, '-', '192.0.2.50');
  const calls = endpoint.machine.calls();
  endpoint.remove();
  return calls;
}

async function prepared(verb: 'ADD' | 'DELETE'): Promise<Endpoint> {
  const endpoint = new Endpoint(typicalHost(), udpServer);
  if (verb === 'DELETE') await endpoint.run('ADD', '-', '192.0.2.50');
  endpoint.machine.forgetCalls();
  return endpoint;
}

/** One that hangs for ever; an import is never given up, so it takes long instead. */
const faultAt = ({ tool, argv }: Call, nth: number): Fault =>
  argv.includes('import') ? { kind: 'slow', ms: 5000, tool, nth } : { kind: 'hang', tool, nth };

test.concurrent.each(['ADD', 'DELETE'] as const)(
  '%s with a tool that hangs at any call of netsh, or at the first of reg: the caller has control back while the work goes on, and its outcome is in the log',
  async (verb) => {
    const calls = await rehearse(verb);
    const ofTool = (tool: Call['tool']) => calls.filter((call) => call.tool === tool);
    const faults = [...ofTool('netsh'), ...ofTool('reg').slice(0, 1)].map((call) =>
      faultAt(call, ofTool(call.tool).indexOf(call) + 1),
    );
    // They wait at the same time, each for a tool of its own.
    await Promise.all(faults.map((fault) => holdAt(verb, fault)));
  },
  180_000,
);

test('the registry, asked where the agent is, hangs: the caller has control back all the same', async () => {
  const endpoint = await prepared('ADD');
  try {
    rmSync(join(endpoint.home, 'ossec.conf'));
    endpoint.machine.setFaults({ kind: 'hang', tool: 'reg' });
    const timeouts = { worker: 500, reg: 15_000 };
    expect(await endpoint.call({ args: ['ADD', '-', '192.0.2.50'], timeouts })).toMatchObject({ exitCode: 8 });
  } finally {
    endpoint.remove();
  }
}, 12_000);

async function holdAt(verb: 'ADD' | 'DELETE', fault: Fault): Promise<void> {
  const endpoint = await prepared(verb);
  endpoint.machine.setFaults(fault);
  const { exitCode, output } = await order(endpoint, verb);
  expect([exitCode, output]).toEqual([8, expect.stringContaining('still being carried out, in the background')]);
  expect(endpoint.statuses()).not.toContain(verb.toLowerCase());
  const last = (): string | undefined => endpoint.statuses().at(-1);
  while (last() !== verb.toLowerCase()) await wait(200);
  expect(endpoint.machine.calls().filter(({ faults }) => faults.length > 0)).toHaveLength(1);
  expect((await endpoint.run('status')).output).toMatch(verb === 'ADD' ? /CONTAINED/ : /not contained/);
  endpoint.remove();
}
