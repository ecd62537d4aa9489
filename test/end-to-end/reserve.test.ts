import { statSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { Endpoint } from '../../fixtures/endpoint';
import { typicalHost } from '../../fixtures/standin/hosts';
import { udpServer } from '../matrix/bench';

let endpoint: Endpoint;
beforeEach(() => {
  endpoint = new Endpoint(typicalHost(), udpServer);
});
afterEach(() => endpoint.remove());

const parts = ['reserve-1', 'reserve-2'];
const sizeOf = (name: string): number =>
  statSync(join(endpoint.stateFolder, name), { throwIfNoEntry: false })?.size ?? 0;

test('the first order makes the reserve once its outcome was told: each part has room for all files of an order', async () => {
  expect(await endpoint.run('ADD', '-', '192.0.2.50')).toMatchObject({ exitCode: 0 });
  const needed = 6 * statSync(endpoint.backup).size;
  while (parts.some((name) => sizeOf(name) < needed)) await wait(20);
});

test('it can be made by hand, as the installer does, large enough for the policy that is there', async () => {
  const made = await endpoint.run('reserve');
  expect(made).toMatchObject({ exitCode: 0, output: expect.stringMatching(/^The reserve is whole: \d+\.\d MiB in /) });
  const sizes = parts.map(sizeOf);
  expect(await endpoint.run('reserve')).toMatchObject({ exitCode: 0, output: made.output });
  await endpoint.run('ADD', '-', '192.0.2.50');
  for (const size of sizes) expect(size).toBeGreaterThanOrEqual(3 * statSync(endpoint.backup).size);
  expect(endpoint.stateFiles().filter((name) => name.startsWith('reading-'))).toEqual([]);
});

test('words behind it are refused, and nothing is made', async () => {
  expect(await endpoint.run('reserve', '4')).toMatchObject({ exitCode: 1 });
  expect(endpoint.stateFiles()).toEqual([]);
});
