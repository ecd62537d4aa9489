import { readdirSync, readFileSync } from 'node:fs';
import { Endpoint } from '../../fixtures/endpoint';
import { typicalHost } from '../../fixtures/standin/hosts';
import { udpServer } from '../matrix/bench';

let endpoint: Endpoint;
beforeEach(() => {
  endpoint = new Endpoint(typicalHost(), udpServer);
});
afterEach(() => endpoint.remove());

/** The worker of this endpoint, and with it what it started and did not let go: on Windows its job does the same. */
function killWorker(): void {
  for (const pid of readdirSync('/proc').filter((name) => /^\d+$/.test(name))) {
    try {
      const command = readFileSync(`/proc/${pid}/cmdline`, 'utf8');
      if (command.includes('--worker') && command.includes(endpoint.folder)) process.kill(-Number(pid), 'SIGKILL');
    } catch {
      // It has ended already.
    }
  }
}

/** Waits until the stand-in has logged the call that hangs. */
async function untilHanging(match: string): Promise<void> {
  for (let tries = 0; tries < 600; tries++) {
    const hanging = endpoint.machine
      .calls()
      .some((call) => call.faults.length > 0 && call.argv.join(' ').includes(match));
    if (hanging) return;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  throw new Error(`no call hangs at ${match}`);
}

/**
 * Real processes, in the middle of a call; test/matrix has the moments before and after each one. The export begins as
 * one of the readings, before anything of a case was begun.
 */
const moments = [
  { match: 'export', kind: 'hang', told: /not contained|INTERRUPTED/ },
  { match: '-f', kind: 'hang-after', told: /INTERRUPTED/ },
  { match: 'firewallpolicy', kind: 'hang', told: /INTERRUPTED/ },
  { match: 'firewallpolicy', kind: 'hang-after', told: /INTERRUPTED/ },
] as const;

describe.each(moments)('killed at "$match" ($kind)', ({ match, kind, told }) => {
  let before = '';
  beforeEach(async () => {
    before = endpoint.machine.fingerprint();
    // A phase stands for the script, since its lines are targets of their own.
    endpoint.machine.setFaults({ kind, tool: 'netsh', match: match === '-f' ? 'script' : match });
    const order = endpoint.run('ADD', '-', '192.0.2.50');
    await untilHanging(match);
    killWorker();
    expect(await order).toMatchObject({ exitCode: 5 });
    endpoint.machine.setFaults();
    endpoint.machine.forgetCalls();
  });

  test('it is told, and DELETE gives the policy back', async () => {
    expect((await endpoint.run('status')).output).toMatch(told);
    expect(await endpoint.run('DELETE', '-', '-')).toMatchObject({ exitCode: 0 });
    expect(endpoint.machine.fingerprint()).toBe(before);
    expect((await endpoint.run('status')).output).toMatch(/not contained/);
  });

  test('ADD completes it, and the first policy is not lost', async () => {
    expect(await endpoint.run('ADD', '-', '192.0.2.50')).toMatchObject({ exitCode: 0 });
    expect((await endpoint.run('status')).output).toMatch(/CONTAINED/);
    expect(await endpoint.run('DELETE', '-', '-')).toMatchObject({ exitCode: 0 });
    expect(endpoint.machine.fingerprint()).toBe(before);
  });
});

test('a release that is killed was not completed, and the next one is', async () => {
  const before = endpoint.machine.fingerprint();
  expect(await endpoint.run('ADD', '-', '192.0.2.50')).toMatchObject({ exitCode: 0 });
  // A running import outlives the worker, and the next order waits for it.
  endpoint.machine.setFaults({ kind: 'held', match: 'import' });
  const release = endpoint.run('DELETE', '-', '-');
  await untilHanging('import');
  killWorker();
  const { exitCode, output } = await release;
  expect(exitCode).toBe(7);
  expect(output).toMatch(/Run "contain-host status" to see whether this host is contained, open or partial/);
  expect(endpoint.audit().at(-1)).toMatch(/ delete-failed .* exit=7 worker-died$/);
  endpoint.machine.setFaults();
  expect(await endpoint.run('DELETE', '-', '-')).toMatchObject({ exitCode: 0 });
  expect(endpoint.machine.fingerprint()).toBe(before);
});

test('an ADD that can do nothing does not forget what an interrupted one before it has changed', async () => {
  const before = endpoint.machine.fingerprint();
  // Every rule is disabled by then, and none of ours is there.
  endpoint.machine.setFaults({ kind: 'hang', line: 2 });
  const order = endpoint.run('ADD', '-', '192.0.2.50');
  await untilHanging('-f');
  killWorker();
  await order;
  endpoint.machine.setFaults({ kind: 'fail', tool: 'reg' });
  expect(await endpoint.run('ADD', '-', '192.0.2.50')).toMatchObject({ exitCode: 3 });
  endpoint.machine.setFaults();
  expect(await endpoint.run('DELETE', '-', '-')).toMatchObject({ exitCode: 0 });
  expect(endpoint.machine.fingerprint()).toBe(before);
});
