import { spawnSync } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { Endpoint } from '../../fixtures/endpoint';
import { typicalHost } from '../../fixtures/standin/hosts';
import { checkBackup } from '../../src/firewall/windows/backup-file';
import { udpServer } from '../matrix/bench';

let endpoint: Endpoint;
beforeEach(() => {
  endpoint = new Endpoint(typicalHost(), udpServer);
});
afterEach(() => endpoint.remove());

const timeouts = { lock: 600_000, worker: 600_000, netsh: 60_000, reg: 60_000, regAside: 60_000 };

const alert = '1598432109.123456 5710 (pc) 10.0.0.9->/var/log/auth.log (null)';

/** Starts orders one right after another: their processes are in that order. */
const startAll = (orders: readonly (readonly string[])[]) =>
  Promise.all(orders.map((args) => endpoint.call({ args, timeouts })));

const superseded = { exitCode: 8, output: expect.stringMatching(/^Superseded:/) };

test('32 orders at once are carried out one at a time, the last order of an operator wins, and the first policy comes back', async () => {
  const before = endpoint.machine.fingerprint();
  const orders = Array.from({ length: 32 }, (_, index): string[] => {
    const rest = index % 3 === 0 ? [] : [alert];
    return index % 4 === 3 ? ['DELETE', '-', '-', ...rest] : ['ADD', '-', `192.0.2.${50 + index}`, ...rest];
  });
  const results = await startAll(orders);
  for (const [index, { exitCode, output }] of results.entries()) {
    const isByAlert = index % 3 !== 0;
    expect([exitCode, output]).toEqual([isByAlert || !output.startsWith('Superseded') ? 0 : 8, output]);
    if (isByAlert) expect(output).not.toContain('Superseded');
  }
  // The last of an operator, number 30, contains; the alert's behind it takes nothing away.
  expect(results[30]).toMatchObject({ exitCode: 0 });
  const status = JSON.parse((await endpoint.run('status', '--json')).output);
  expect(status).toMatchObject({ state: 'contained', requestedBy: 'operator', handlers: ['192.0.2.80/32'] });
  const netsh = endpoint.machine.calls().filter(({ tool }) => tool === 'netsh');
  for (const [index, call] of netsh.entries())
    expect(call.startedAt).toBeGreaterThanOrEqual(netsh[index - 1]?.endedAt ?? 0);
  await endpoint.run('DELETE', '-', '-');
  expect(endpoint.machine.fingerprint()).toBe(before);
  const backups = readdirSync(endpoint.home).filter((name) => name.endsWith('.wfw'));
  const closedCases = endpoint.stateFiles().filter((name) => /^journal-.*\.jsonl$/.test(name));
  expect(backups).toHaveLength(closedCases.length);
  for (const name of backups) expect(checkBackup(join(endpoint.home, name))).not.toHaveProperty('bad');
  expect(endpoint.stateFiles().filter((name) => name.startsWith('waiting-'))).toEqual([]);
}, 600_000);

test.each([
  ['contain, release, contain', ['ADD', 'DELETE', 'ADD'], 'contained'],
  ['release, contain, release', ['DELETE', 'ADD', 'DELETE'], 'not-contained'],
] as const)(
  'of %s, back to back, the last one wins',
  async (_, verbs, state) => {
    const results = await startAll(verbs.map((verb) => [verb, '-', verb === 'ADD' ? '192.0.2.50' : '-']));
    expect(results[2]).toMatchObject({ exitCode: 0 });
    expect(JSON.parse((await endpoint.run('status', '--json')).output)).toMatchObject({ state });
  },
  600_000,
);

test('an order whose program took the place of a shell counts from when it was given, not from when the shell began', async () => {
  const program = join(endpoint.home, 'active-response', 'bin', 'contain-host.js');
  const command = (words: string): string => `'${process.execPath}' '${program}' ${words}`;
  const env = { ...process.env, ...endpoint.environment(timeouts) };
  const script = `${command('contain 192.0.2.50')}; exec ${command('release')}`;
  const { status, stdout } = spawnSync('sh', ['-c', script], { env, encoding: 'utf8' });
  expect({ status, stdout }).toEqual({ status: 0, stdout: expect.stringMatching(/Contained\.[\s\S]*Released/) });
}, 120_000);

/** Starts an ADD that has its turn, and that waits for its script until the faults are taken back. */
async function startHeld(): Promise<{ order: ReturnType<Endpoint['call']> }> {
  endpoint.machine.setFaults({ kind: 'held', match: 'script', tool: 'netsh' });
  const order = endpoint.call({ args: ['ADD', '-', '192.0.2.50'], timeouts });
  while (!endpoint.machine.calls().some(({ faults }) => faults.length > 0)) await wait(20);
  return { order };
}

describe('while an order is at work', () => {
  let first: ReturnType<Endpoint['call']>;
  beforeEach(async () => {
    ({ order: first } = await startHeld());
  });

  test('those that wait are carried out in turn; a newer one of an operator supersedes his older one, an alert nobody', async () => {
    const waiting = startAll([
      ['DELETE', '-', '-'],
      ['ADD', '-', '203.0.113.9', alert],
      ['ADD', '-', '192.0.2.51'],
      ['DELETE', '-', '-', alert],
    ]);
    while (!endpoint.audit().some((line) => line.includes('superseded')) || endpoint.ordersInQueue() < 4)
      await wait(20);
    endpoint.machine.setFaults();
    const [release, byAlert, last, releaseByAlert] = await waiting;
    expect(await first).toMatchObject({ exitCode: 0 });
    expect(release).toMatchObject(superseded);
    expect(byAlert).toMatchObject({ exitCode: 0 });
    expect(last).toMatchObject({ exitCode: 0, output: expect.stringMatching(/NOT any more: 192\.0\.2\.50\/32/) });
    expect(releaseByAlert).toMatchObject({ exitCode: 0, output: expect.stringContaining('Held by operator') });
    const lines = endpoint
      .audit()
      .map((line) =>
        line.replace(/^.*contain-host.exe /, '').replace(/ [\d.]+ (0|5710)( block-ms=\d+)?( evidence=\S+)?/, ''),
      );
    expect(lines).toEqual([
      'add-started - 192.0.2.50',
      'delete-failed - - exit=8 superseded',
      'add - 192.0.2.50',
      'add - 203.0.113.9',
      'add-started - 192.0.2.51',
      'add - 192.0.2.51',
      'delete-failed - - held-by-operator',
    ]);
  }, 120_000);

  test('one that was killed while it waited holds up nobody', async () => {
    const killed = endpoint.call({ args: ['DELETE', '-', '-'], timeouts });
    const isWaiting = (): boolean => endpoint.stateFiles().filter((name) => name.startsWith('waiting-')).length >= 4;
    while (!isWaiting()) await wait(20);
    for (const name of endpoint
      .stateFiles()
      .filter((file) => file.startsWith('waiting-'))
      .sort()
      .slice(-2))
      process.kill(Number(name.split('-').at(-1)), 'SIGKILL');
    await killed;
    endpoint.machine.setFaults();
    expect(await endpoint.run('ADD', '-', '192.0.2.51')).toMatchObject({ exitCode: 0 });
    expect(await first).toMatchObject({ exitCode: 0 });
    expect(endpoint.stateFiles().filter((name) => name.startsWith('waiting-'))).toEqual([]);
  }, 120_000);
});

test('who finds another instance at work is told so after a bounded time, and nothing is changed by it', async () => {
  const { order: first } = await startHeld();
  const second = await endpoint.call({ args: ['ADD', '-', '192.0.2.51'], timeouts: { lock: 500 } });
  expect(second).toMatchObject({ exitCode: 8 });
  expect(second.output).toMatch(/Nothing was changed/);
  endpoint.machine.setFaults();
  expect(await first).toMatchObject({ exitCode: 0 });
  expect(endpoint.audit().at(-2)).toMatch(/ add-failed - 192\.0\.2\.51 .* exit=8 busy$/);
}, 120_000);
