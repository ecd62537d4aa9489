import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { Endpoint } from '../../fixtures/endpoint';
import { typicalHost } from '../../fixtures/standin/hosts';
import { checkBackup } from '../../src/firewall/windows/backup-file';
import { udpServer } from '../matrix/bench';

let endpoint: Endpoint;
beforeEach(() => {
  endpoint = new Endpoint(typicalHost(), udpServer);
});
afterEach(() => endpoint.remove());

const timeouts = { lock: 600_000, worker: 600_000, netsh: 60_000, reg: 60_000 };

test('32 orders at once are carried out one at a time, with one good backup a case, and the first policy comes back', async () => {
  const before = endpoint.machine.fingerprint();
  const orders = Array.from({ length: 32 }, (_, index) =>
    endpoint.call({
      args: index % 4 === 3 ? ['DELETE', '-', '-'] : ['ADD', '-', `192.0.2.${50 + index}`],
      timeouts,
    }),
  );
  for (const { exitCode, output } of await Promise.all(orders)) expect([exitCode, output]).toEqual([0, output]);
  const netsh = endpoint.machine.calls().filter(({ tool }) => tool === 'netsh');
  for (const [index, call] of netsh.entries())
    expect(call.startedAt).toBeGreaterThanOrEqual(netsh[index - 1]?.endedAt ?? 0);
  await endpoint.run('DELETE', '-', '-');
  expect(endpoint.machine.fingerprint()).toBe(before);
  const backups = readdirSync(endpoint.home).filter((name) => name.endsWith('.wfw'));
  const closedCases = endpoint.stateFiles().filter((name) => /^journal-.*\.jsonl$/.test(name));
  expect(backups).toHaveLength(closedCases.length);
  for (const name of backups) expect(checkBackup(join(endpoint.home, name))).not.toHaveProperty('bad');
}, 600_000);

test('who finds another instance at work is told so after a bounded time, and nothing is changed by it', async () => {
  endpoint.machine.setFaults({ kind: 'slow', ms: 6000, match: 'export', tool: 'netsh', nth: 1 });
  const first = endpoint.call({ args: ['ADD', '-', '192.0.2.50'], timeouts });
  while (!endpoint.machine.calls().some(({ argv }) => argv.includes('export')))
    await new Promise((resolve) => setTimeout(resolve, 20));
  const second = await endpoint.call({ args: ['ADD', '-', '192.0.2.51'], timeouts: { lock: 500 } });
  expect(second).toMatchObject({ exitCode: 8 });
  expect(second.output).toMatch(/Nothing was changed/);
  expect(await first).toMatchObject({ exitCode: 0 });
  expect(endpoint.audit().at(-2)).toMatch(/ add-failed - 192\.0\.2\.51 .* exit=8 busy$/);
}, 120_000);
